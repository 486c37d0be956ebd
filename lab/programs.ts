import { readFileSync } from "node:fs";
import * as path from "node:path";
import { paths } from "./paths";

export type BinaryName =
  | "kube"
  | "kubectl"
  | "volume-provisioner"
  | "helm"
  | "pulumi"
  | "pulumi-language-nodejs"
  | "pulumi-resource-pulumi-nodejs"
  | "pulumi-resource-kubernetes"
  | "pulumi-resource-vault"
  | "pulumi-resource-tls"
  | "pulumi-resource-random"
  | "vault"
  | "cert-manager"
  | "approver-policy"
  | "trust-manager"
  | "coredns"
  | "haproxy-ingress"
  | "kube-vip"
  | "podinfo"
  | "podcli"
  | "pause";

/** A file or directory of a Go module: `directory` is the module's root, `to` is relative to where it is wanted. */
interface ModuleFile {
  module: string;
  file: string;
  to: string;
}

/** One Go module below lab/programs and what comes out of it. Its go.mod says which version of what it is. */
export interface Program {
  /** Its directory. */
  name: string;
  /** Binaries to compile and the packages they come from; "." is a main package of our own. */
  binaries: Partial<Record<BinaryName, string>>;
  /** Further names of a binary that looks at the name it is called by. */
  links?: Partial<Record<BinaryName, BinaryName>>;
  /** Scripts of the directory that are installed beside the binaries. */
  scripts?: readonly BinaryName[];
  /** String variables set by the linker, mostly versions. */
  variables?: Record<string, string>;
  /** What the source embeds from a module. */
  embeds?: readonly ModuleFile[];
  /** What is kept of a module besides its binaries. */
  keeps?: readonly ModuleFile[];
  /** Node.js packages whose API `extract.mjs` of the directory writes to surface.json before the build. */
  extracts?: readonly string[];
}

const kubernetesVersion = { major: "1", minor: "34", patch: "3" };
const { major, minor, patch } = kubernetesVersion;

/**
 * In the order in which they are built: neighbours share libraries, so the second finds them compiled. The large ones
 * come first, because downloads run ahead of the compiler.
 */
export const programs: readonly Program[] = [
  {
    name: "kube",
    binaries: { kube: "." },
    links: { kubectl: "kube" },
    variables: {
      "k8s.io/component-base/version.gitVersion": `v${major}.${minor}.${patch}`,
      "k8s.io/component-base/version.gitMajor": major,
      "k8s.io/component-base/version.gitMinor": minor,
    },
  },
  { name: "volume-provisioner", binaries: { "volume-provisioner": "." } },
  {
    name: "helm",
    binaries: { helm: "helm.sh/helm/v3/cmd/helm" },
    variables: {
      "helm.sh/helm/v3/internal/version.version": "v3.19.0",
      // Without these, `helm template` takes itself to be talking to Kubernetes 1.20.
      "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": major,
      "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": minor,
      "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor": major,
      "helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor": minor,
    },
  },
  {
    name: "pulumi-cli",
    binaries: { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
    variables: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v3.259.0" },
  },
  {
    name: "nodejs-host",
    binaries: {
      "pulumi-language-nodejs": "github.com/pulumi/pulumi/sdk/nodejs/cmd/pulumi-language-nodejs/v3",
    },
    scripts: ["pulumi-resource-pulumi-nodejs"],
  },
  {
    name: "kubernetes-plugin",
    binaries: { "pulumi-resource-kubernetes": "." },
    variables: { "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version": "4.25.0" },
    embeds: [
      {
        module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
        file: "cmd/pulumi-resource-kubernetes/schema.json",
        to: "schema.json",
      },
    ],
  },
  {
    name: "plugins",
    binaries: { "pulumi-resource-vault": "." },
    links: {
      "pulumi-resource-tls": "pulumi-resource-vault",
      "pulumi-resource-random": "pulumi-resource-vault",
    },
    extracts: ["@pulumi/vault", "@pulumi/tls", "@pulumi/random"],
  },
  { name: "vault", binaries: { vault: "github.com/hashicorp/vault" } },
  {
    name: "cert-manager",
    binaries: { "cert-manager": "." },
    variables: { "github.com/cert-manager/cert-manager/pkg/util.AppVersion": "v1.21.1" },
    keeps: [
      {
        module: "github.com/cert-manager/cert-manager",
        file: "deploy/charts/cert-manager",
        to: "chart",
      },
    ],
  },
  {
    name: "approver-policy",
    binaries: { "approver-policy": "github.com/cert-manager/approver-policy/cmd" },
    keeps: [
      {
        module: "github.com/cert-manager/approver-policy",
        file: "deploy/charts/approver-policy",
        to: "chart",
      },
    ],
  },
  {
    name: "trust-manager",
    binaries: { "trust-manager": "github.com/cert-manager/trust-manager/cmd/trust-manager" },
    keeps: [
      {
        module: "github.com/cert-manager/trust-manager",
        file: "deploy/charts/trust-manager",
        to: "chart",
      },
    ],
  },
  {
    name: "haproxy-ingress",
    binaries: { "haproxy-ingress": "github.com/haproxytech/kubernetes-ingress" },
    keeps: [
      {
        module: "github.com/haproxytech/kubernetes-ingress",
        file: "fs/usr/local/etc/haproxy/haproxy.cfg",
        to: "haproxy.cfg",
      },
    ],
  },
  { name: "kube-vip", binaries: { "kube-vip": "github.com/kube-vip/kube-vip" } },
  { name: "coredns", binaries: { coredns: "." } },
  {
    name: "podinfo",
    binaries: {
      podinfo: "github.com/stefanprodan/podinfo/cmd/podinfo",
      podcli: "github.com/stefanprodan/podinfo/cmd/podcli",
    },
    keeps: [
      { module: "github.com/stefanprodan/podinfo", file: "charts/podinfo", to: "chart" },
      { module: "github.com/stefanprodan/podinfo", file: "ui", to: "ui" },
    ],
  },
  { name: "pause", binaries: { pause: "." } },
];

/** The installed versions of the Node.js packages that a program's source is generated from. */
export function extractedVersions(program: Program): string[] {
  return (program.extracts ?? []).map((name) => {
    const file = path.join(paths.checkout, "node_modules", name, "package.json");
    const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
    return `${name}@${version}`;
  });
}
