import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as yaml from "js-yaml";
import { cgroupRoot } from "../cgroups";
import { apiServerUrl, clusterDnsAddress, podNetwork } from "./addresses";
import type { Layout } from "./layout";

/** The pod sandbox's image; built by the lab, named as the kubelet's defaults name it. */
export const pauseImage = "registry.k8s.io/pause:3.10";

const cniPlugins = "/usr/lib/cni";

/** Writes the configuration files of the node's components and the kubeconfigs with which they sign in. */
export function writeConfiguration(layout: Layout): void {
  for (const directory of ["cni", "kube-vip/.kube"]) {
    mkdirSync(path.join(layout.configuration, directory), { recursive: true, mode: 0o700 });
  }
  const write = (name: string, text: string) => writeIfChanged(path.join(layout.configuration, name), text);
  write("containerd.toml", containerd(layout));
  write("cni/10-lab.conflist", JSON.stringify(podNetworkPlugins, undefined, 2));
  write("kubelet.yaml", yaml.dump(kubelet(layout)));
  write("kube-proxy.yaml", yaml.dump(kubeProxy(layout)));
  for (const user of ["admin", "controller-manager", "scheduler", "kube-proxy", "kubelet"]) {
    write(`${user}.kubeconfig`, yaml.dump(kubeconfig(layout, user)));
  }
  write("kube-vip/.kube/config", yaml.dump(kubeconfig(layout, "admin")));
}

// kube-proxy ends as soon as its configuration file is written, even with the same text.
function writeIfChanged(file: string, text: string): void {
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text, { mode: 0o600 });
}

/** Certificates are embedded, so that the file can be copied anywhere. */
function kubeconfig(layout: Layout, user: string): object {
  const embedded = (file: string) => readFileSync(path.join(layout.pki, file)).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "lab", cluster: { server: apiServerUrl, "certificate-authority-data": embedded("ca.crt") } },
    ],
    users: [
      {
        name: user,
        user: {
          "client-certificate-data": embedded(`${user}.crt`),
          "client-key-data": embedded(`${user}.key`),
        },
      },
    ],
    contexts: [{ name: "lab", context: { cluster: "lab", user } }],
    "current-context": "lab",
  };
}

// restrict_oom_score_adj: without CAP_SYS_RESOURCE no score below the parent's can be set, and no sandbox starts.
// The opt plugin would otherwise create /opt/containerd on the machine.
function containerd(layout: Layout): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "${pauseImage}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniPlugins}"
    conf_dir = "${layout.configuration}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

const podNetworkPlugins = {
  cniVersion: "0.4.0",
  name: "lab",
  plugins: [
    {
      type: "bridge",
      bridge: "cni0",
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: { type: "host-local", ranges: [[{ subnet: podNetwork }]], routes: [{ dst: "0.0.0.0/0" }] },
    },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

function kubelet(layout: Layout): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: path.join(layout.pki, "ca.crt") },
    },
    authorization: { mode: "Webhook" },
    cgroupDriver: "cgroupfs",
    cgroupRoot: cgroupRoot(layout.runDirectory),
    failCgroupV1: false,
    clusterDNS: [clusterDnsAddress],
    clusterDomain: "cluster.local",
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    failSwapOn: false,
    // Pods get the cluster's DNS or none: nothing beyond the lab can be reached.
    resolvConf: "/dev/null",
    tlsCertFile: path.join(layout.pki, "kubelet.crt"),
    tlsPrivateKeyFile: path.join(layout.pki, "kubelet.key"),
    volumePluginDir: "/var/lib/kubelet/volume-plugins",
    oomScoreAdj: 0,
    // The disk is the machine's: its fill level says nothing about the lab. Images cannot be pulled again.
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
    imageGCHighThresholdPercent: 100,
    // Mounted Secrets follow a change within seconds instead of a minute.
    syncFrequency: "10s",
  };
}

function kubeProxy(layout: Layout): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig: path.join(layout.configuration, "kube-proxy.kubeconfig") },
    mode: "iptables",
    clusterCIDR: podNetwork,
    // The size of the connection tracking table belongs to the machine.
    conntrack: { maxPerCore: 0 },
    oomScoreAdj: 0,
  };
}
