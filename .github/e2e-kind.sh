#!/usr/bin/env bash
# The program from an empty kind cluster to the page and back, with the official charts. Needs kubectl with that cluster
# as its context, docker, helm, openssl, curl and pulumi with a backend; leaves the cluster with what it put there itself.
set -euo pipefail
cd "$(dirname "$0")/.."

metallb=v0.15.2
traefik=37.1.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '\n== %s\n' "$*"; }

say "LoadBalancer addresses, from the network that kind's nodes are in"
subnet=$(docker network inspect kind --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' | grep --max-count=1 -F .)
prefix=$(cut -d. -f1-2 <<<"$subnet")
kubectl apply -f "https://raw.githubusercontent.com/metallb/metallb/$metallb/config/manifests/metallb-native.yaml"
kubectl -n metallb-system rollout status deployment/controller --timeout=180s
kubectl -n metallb-system rollout status daemonset/speaker --timeout=180s
kubectl apply -f - <<EOF
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: { name: pool, namespace: metallb-system }
spec: { addresses: ["$prefix.255.200-$prefix.255.210"] }
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: { name: pool, namespace: metallb-system }
EOF

say "an ingress controller"
helm upgrade --install traefik traefik --repo https://traefik.github.io/charts --version "$traefik" \
  --namespace traefik --create-namespace --wait --timeout 5m

say "an owner's offline CA"
openssl req -x509 -newkey rsa:3072 -noenc -days 7300 -subj "/CN=E2E Root" \
  -keyout "$work/root.key" -out "$work/root.pem" \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
openssl req -newkey rsa:3072 -passout pass:e2e -subj "/CN=E2E Intermediate" \
  -keyout "$work/intermediate.key" -out "$work/intermediate.csr"
openssl x509 -req -in "$work/intermediate.csr" -CA "$work/root.pem" -CAkey "$work/root.key" -days 3650 \
  -extfile <(printf '%s\n' basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign \
    subjectKeyIdentifier=hash authorityKeyIdentifier=keyid) \
  -out "$work/intermediate.pem"

say "the program"
pulumi stack init e2e
cat "$work"/{intermediate.pem,intermediate.key,root.pem} | pulumi config set --secret caBundle
printf e2e | pulumi config set --secret caPassphrase
pulumi config set vaultLoadBalancerIp "$prefix.255.201"
pulumi config set vaultStorageClass standard
pulumi up --yes --skip-preview

say "the page, for a client that trusts nothing but the root"
address=$(kubectl -n podinfo get ingress --output jsonpath='{.items[0].status.loadBalancer.ingress[0].ip}')
curl --fail --silent --show-error --cacert "$work/root.pem" \
  --resolve "podinfo.wsp.local:443:$address" https://podinfo.wsp.local/healthz

say "a second run has nothing to do"
pulumi preview --expect-no-changes

say "and all of it goes"
pulumi destroy --yes --skip-preview
for namespace in vault cert-manager podinfo; do
  if kubectl get namespace "$namespace" 2>/dev/null; then
    echo "namespace $namespace is left" >&2
    exit 1
  fi
done
pulumi stack rm --yes
