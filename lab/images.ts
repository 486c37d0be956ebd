import type { BinaryName } from "./programs";

/** One image of the node: a Containerfile below lab/images and what lies beside it when it is built. */
export interface Image {
  /** Name and tag under which charts and manifests ask for it. */
  reference: string;
  /** Its directory. */
  directory: string;
  /** Stage of the Containerfile, where that makes several images. */
  target?: string;
  /** Programs to copy. */
  programs: readonly BinaryName[];
  /** What was kept of a program's module, to copy under the same name. */
  kept?: readonly string[];
  /** Whether it takes this machine's static busybox, for a shell. */
  busybox?: boolean;
  /** Debian packages of the root file system that it takes as debian.tar. */
  debian?: { release: string; packages: readonly string[] };
}

const certManager = ["controller", "webhook", "cainjector", "startupapicheck"].map((command): Image => ({
  reference: `quay.io/jetstack/cert-manager-${command}:v1.21.1`,
  directory: "cert-manager",
  target: command,
  programs: ["cert-manager"],
}));

export const images: readonly Image[] = [
  { reference: "registry.k8s.io/pause:3.10", directory: "pause", programs: ["pause"] },
  { reference: "registry.k8s.io/coredns/coredns:v1.13.1", directory: "coredns", programs: ["coredns"] },
  {
    reference: "docker.io/haproxytech/kubernetes-ingress:1.11.12",
    directory: "haproxy-ingress",
    programs: ["haproxy-ingress"],
    kept: ["haproxy.cfg"],
    debian: { release: "trixie", packages: ["haproxy"] },
  },
  {
    reference: "docker.io/library/haproxy:3.0.11",
    directory: "haproxy",
    programs: [],
    debian: { release: "trixie", packages: ["haproxy"] },
  },
  { reference: "docker.io/hashicorp/vault:1.21.1", directory: "vault", programs: ["vault"], busybox: true },
  ...certManager,
  {
    reference: "quay.io/jetstack/cert-manager-approver-policy:v0.27.0",
    directory: "approver-policy",
    programs: ["approver-policy"],
  },
  {
    reference: "quay.io/jetstack/trust-manager:v0.24.0",
    directory: "trust-manager",
    programs: ["trust-manager"],
  },
  {
    reference: "ghcr.io/stefanprodan/podinfo:6.9.2",
    directory: "podinfo",
    programs: ["podinfo", "podcli"],
    kept: ["ui"],
    busybox: true,
  },
];
