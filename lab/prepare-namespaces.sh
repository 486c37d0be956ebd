#!/bin/sh
# Turns new, empty namespaces into the surroundings of a node. Run once, inside them, by namespaces.ts.
# Arguments: the lab's run directory, then the directories that must stay visible should they lie below /var.
set -eu
run=$1
shift

# /run starts empty at every boot; /var is the node's disk. The host's own stay untouched and unseen.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/cni /run/lab
mkdir -p "$run/var/lib/containerd" "$run/var/lib/etcd" "$run/var/lib/kubelet" "$run/var/lib/volumes" \
  "$run/var/log" "$run/var/tmp"
chmod 1777 "$run/var/tmp"
ln -sfn /run "$run/var/run"
ln -sfn /run/lock "$run/var/lock"
# Pod addresses belong to pods that died with the last boot: forgotten with it.
ln -sfn /run/cni "$run/var/lib/cni"
for directory in "$@"; do
  case $directory/ in
  /var/*)
    mkdir -p "$run$directory"
    mount --rbind "$directory" "$run$directory"
    ;;
  esac
done
mount --rbind "$run/var" /var

# A machine that is itself a Kubernetes node has credentials there that are not for the lab.
if [ -d /etc/kubernetes ]; then mount -t tmpfs tmpfs /etc/kubernetes; fi

# Names: the lab's own hosts file and the cluster's DNS, nothing of the host's.
mount --bind "$run/etc/hosts" /etc/hosts
resolver=$(readlink -m /etc/resolv.conf)
[ -e "$resolver" ] || { mkdir -p "$(dirname "$resolver")" && : >"$resolver"; }
mount --bind "$run/etc/resolv.conf" "$resolver"

# The kubelet sets these for the whole machine unless they already have its values: it is shown copies that do.
mkdir /run/sysctl
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  copy=/run/sysctl/$(basename "${setting%=*}")
  echo "${setting#*=}" >"$copy"
  mount --bind "$copy" "/proc/sys/${setting%=*}"
done

# One segment without an uplink. No default route: whatever is not in the lab fails at once instead of hanging.
ip link set lo up
ip link add "$LAB_INTERFACE" type bridge
ip address add "$LAB_NODE_ADDRESS/24" dev "$LAB_INTERFACE"
ip link set "$LAB_INTERFACE" up
ip route add "$LAB_SERVICE_NETWORK" dev "$LAB_INTERFACE"
echo 1 >/proc/sys/net/ipv4/ip_forward
if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
  echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
fi

: >/run/lab/prepared
