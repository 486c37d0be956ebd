import * as path from "node:path";
import {
  apiServerUrl,
  networkInterface,
  nodeAddress,
  nodeName,
  podNetwork,
  serviceNetwork,
} from "./addresses";
import type { Layout } from "./layout";

/** One process of the node. */
export interface Component {
  name: string;
  command: string[];
  environment?: Record<string, string>;
  /** Files whose change asks for a restart. */
  files?: string[];
  /** A command that succeeds, inside, once the component does its work. */
  ready: string[];
  /** Started again whenever it ends by itself. Default false. */
  respawn?: boolean;
}

/** The lab's own programs that run on the node, by path. `kube` is all of Kubernetes and etcd: see its first argument. */
export type NodePrograms = Record<"kube" | "kube-vip" | "volume-provisioner", string>;

/** The name by which StorageClasses ask for the lab's volumes. */
export const volumeProvisionerName = "lab.local/volumes";

const metricsPorts = { kubeVip: 2112, volumeProvisioner: 9810 };

/** The node's processes in the order in which they start. */
export function nodeComponents(layout: Layout, programs: NodePrograms): Component[] {
  const configuration = (name: string) => path.join(layout.configuration, name);
  const kubeconfig = (user: string) => configuration(`${user}.kubeconfig`);
  const kube = (name: string, ...flags: string[]) => [programs.kube, name, ...flags];
  return [
    {
      name: "containerd",
      command: ["containerd", "--config", configuration("containerd.toml")],
      files: [configuration("containerd.toml")],
      ready: ["ctr", "version"],
    },
    {
      name: "etcd",
      command: kube(
        "etcd",
        "--data-dir=/var/lib/etcd",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
      ),
      ready: answers("http://127.0.0.1:2379/readyz"),
    },
    {
      name: "kube-apiserver",
      command: kube("kube-apiserver", ...apiServerFlags(layout)),
      ready: [...answers(`${apiServerUrl}/readyz`), "--cacert", path.join(layout.pki, "ca.crt")],
    },
    {
      name: "kube-controller-manager",
      command: kube("kube-controller-manager", ...controllerManagerFlags(layout)),
      ready: [...answers("https://127.0.0.1:10257/healthz"), "--insecure"],
    },
    {
      name: "kube-scheduler",
      command: kube("kube-scheduler", ...clientFlags(kubeconfig("scheduler")), "--leader-elect=false"),
      ready: [...answers("https://127.0.0.1:10259/healthz"), "--insecure"],
    },
    {
      name: "kubelet",
      command: kube(
        "kubelet",
        `--config=${configuration("kubelet.yaml")}`,
        `--kubeconfig=${kubeconfig("kubelet")}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${nodeAddress}`,
      ),
      files: [configuration("kubelet.yaml")],
      ready: answers("http://127.0.0.1:10248/healthz"),
    },
    {
      name: "kube-proxy",
      command: kube(
        "kube-proxy",
        `--config=${configuration("kube-proxy.yaml")}`,
        `--hostname-override=${nodeName}`,
      ),
      files: [configuration("kube-proxy.yaml")],
      ready: answers("http://127.0.0.1:10256/healthz"),
    },
    {
      name: "kube-vip",
      command: [programs["kube-vip"], "manager", "--services", "--arp", "--interface", networkInterface],
      environment: {
        // It reads its kubeconfig from $HOME/.kube/config.
        HOME: configuration("kube-vip"),
        vip_arp: "true",
        svc_enable: "true",
        vip_interface: networkInterface,
        vip_subnet: "32",
        vip_nodename: nodeName,
        vip_leaderelection: "false",
      },
      ready: answers(`http://127.0.0.1:${metricsPorts.kubeVip}/metrics`),
      // It is made to be a pod: on a busy machine it loses its lease and ends, for somebody to start it again.
      respawn: true,
    },
    {
      name: "volume-provisioner",
      command: [
        programs["volume-provisioner"],
        `--kubeconfig=${kubeconfig("admin")}`,
        `--provisioner=${volumeProvisionerName}`,
        "--directory=/var/lib/volumes",
        `--node=${nodeName}`,
        `--metrics-port=${metricsPorts.volumeProvisioner}`,
      ],
      ready: answers(`http://127.0.0.1:${metricsPorts.volumeProvisioner}/metrics`),
    },
  ];
}

function answers(url: string): string[] {
  return ["curl", "--silent", "--show-error", "--fail", "--max-time", "5", "--output", "/dev/null", url];
}

function clientFlags(kubeconfig: string): string[] {
  return ["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"].map(
    (flag) => `--${flag}=${kubeconfig}`,
  );
}

function apiServerFlags(layout: Layout): string[] {
  const pki = (file: string) => path.join(layout.pki, file);
  return [
    "--etcd-servers=http://127.0.0.1:2379",
    `--advertise-address=${nodeAddress}`,
    "--secure-port=6443",
    `--service-cluster-ip-range=${serviceNetwork}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    `--client-ca-file=${pki("ca.crt")}`,
    `--tls-cert-file=${pki("apiserver.crt")}`,
    `--tls-private-key-file=${pki("apiserver.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${pki("service-account.crt")}`,
    `--service-account-signing-key-file=${pki("service-account.key")}`,
    "--kubelet-preferred-address-types=InternalIP",
    `--kubelet-certificate-authority=${pki("ca.crt")}`,
    `--kubelet-client-certificate=${pki("admin.crt")}`,
    `--kubelet-client-key=${pki("admin.key")}`,
    `--requestheader-client-ca-file=${pki("ca.crt")}`,
    "--requestheader-allowed-names=front-proxy",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    `--proxy-client-cert-file=${pki("front-proxy.crt")}`,
    `--proxy-client-key-file=${pki("front-proxy.key")}`,
  ];
}

function controllerManagerFlags(layout: Layout): string[] {
  const pki = (file: string) => path.join(layout.pki, file);
  return [
    ...clientFlags(path.join(layout.configuration, "controller-manager.kubeconfig")),
    `--cluster-cidr=${podNetwork}`,
    "--allocate-node-cidrs=false",
    "--use-service-account-credentials=true",
    "--leader-elect=false",
    `--root-ca-file=${pki("ca.crt")}`,
    `--service-account-private-key-file=${pki("service-account.key")}`,
    `--cluster-signing-cert-file=${pki("ca.crt")}`,
    `--cluster-signing-key-file=${pki("ca.key")}`,
    "--flex-volume-plugin-dir=/var/lib/kubelet/volume-plugins",
  ];
}
