import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { durationSeconds } from "./internal/duration";
import { repositoryOptions } from "./internal/helm-repository";
import { IssuanceResource } from "./internal/issuance-resource";
import { ownMetadata } from "./internal/own-metadata";

export interface PodinfoArgs {
  /** Namespace to make and install into. Default `podinfo`. */
  namespace?: string;
  /** Name of the Helm release. Default `my-podinfo`. */
  releaseName?: string;
  /** Chart: a name in `chartRepository`, a path, an archive or an `oci://` reference. Default podinfo's on ghcr.io. */
  chart?: pulumi.Input<string>;
  /** Chart repository; empty for a path, an archive or OCI. Default empty. */
  chartRepository?: string;
  /** Chart version. Default `6.14.1`. */
  chartVersion?: pulumi.Input<string>;
  /** ClusterIssuer that the Ingress names. */
  issuerName: pulumi.Input<string>;
  /** Host of the page: the certificate's common name and the URL. */
  host: string;
  /** Further hosts of the Ingress and its certificate. Default none. */
  aliases?: string[];
  /** Secret that receives the certificate. */
  tlsSecretName: string;
  /** Ingress class; empty for the cluster's default class. Default empty. */
  ingressClassName?: string;
  /** Life of the certificate, as a duration of an hour or more. Default `24h`. */
  certificateDuration?: string;
  /**
   * Kubeconfig, a path or its content, for looking after the certificate. Default: the setting `kubernetes:kubeconfig`,
   * then the environment variable KUBECONFIG. Secret.
   */
  kubeconfig?: pulumi.Input<string>;
  /** Context in it. Default: the setting `kubernetes:context`, then the current one. */
  kubernetesContext?: pulumi.Input<string>;
}

/**
 * podinfo by its Helm chart, behind an Ingress that asks cert-manager for its certificate by annotations alone. The
 * Ingress is a resource of its own, so that a preview shows it and Pulumi waits for its address. A certificate whose
 * renewal has failed is issued anew by the next run; cert-manager would wait for hours.
 *
 * @example
 * ```ts
 * const podinfo = new Podinfo("podinfo", {
 *   issuerName: clusterIssuer.issuerName,
 *   host: "podinfo.wsp.local",
 *   aliases: ["podinfo"],
 *   tlsSecretName: "podinfo-wsp-cert",
 * });
 * ```
 */
export class Podinfo extends pulumi.ComponentResource {
  /** `https://host`. */
  public readonly url: pulumi.Output<string>;
  /** IP address, or host name where the load balancer has one, that the Ingress answers at. */
  public readonly address: pulumi.Output<string>;
  /** All hosts of the Ingress, `host` first. */
  public readonly hosts: pulumi.Output<string[]>;

  constructor(name: string, args: PodinfoArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:Podinfo", name, args, opts);
    const hosts = [args.host, ...(args.aliases ?? [])];
    const serviceName = args.releaseName ?? "my-podinfo";

    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: args.namespace ?? "podinfo" } },
      { parent: this },
    );
    const release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: serviceName,
        namespace: namespace.metadata.name,
        chart: args.chart ?? "oci://ghcr.io/stefanprodan/charts/podinfo",
        version: args.chartVersion ?? "6.14.1",
        ...repositoryOptions(args.chartRepository ?? ""),
        values: { fullnameOverride: serviceName, ingress: { enabled: false } },
      },
      { parent: this },
    );
    const issuance = new IssuanceResource(
      `${name}-certificate-issuance`,
      {
        namespace: namespace.metadata.name,
        // cert-manager names it after the Ingress's TLS Secret.
        name: args.tlsSecretName,
        kubeconfig: args.kubeconfig,
        context: args.kubernetesContext,
      },
      { parent: this },
    );
    const ingress = new k8s.networking.v1.Ingress(
      `${name}-ingress`,
      {
        metadata: ownMetadata({
          name: serviceName,
          namespace: namespace.metadata.name,
          annotations: certificateAnnotations(args),
        }),
        spec: {
          ...(args.ingressClassName ? { ingressClassName: args.ingressClassName } : {}),
          rules: hosts.map((host) => ({ host, http: { paths: [pathToService(serviceName)] } })),
          tls: [{ secretName: args.tlsSecretName, hosts }],
        },
      },
      { parent: this, dependsOn: release, customTimeouts: { create: "5m" } },
    );

    this.url = pulumi.output(`https://${args.host}`);
    this.address = pulumi.all([ingress.status, issuance.id]).apply(([status]) => {
      const point = status.loadBalancer.ingress[0];
      return point?.ip ?? point?.hostname ?? "";
    });
    this.hosts = pulumi.output(hosts);
    this.registerOutputs({ url: this.url, address: this.address, hosts: this.hosts });
  }
}

function pathToService(name: string): k8s.types.input.networking.v1.HTTPIngressPath {
  return { path: "/", pathType: "Prefix", backend: { service: { name, port: { name: "http" } } } };
}

/** https://cert-manager.io/docs/usage/ingress/#supported-annotations */
function certificateAnnotations(args: PodinfoArgs): Record<string, pulumi.Input<string>> {
  const seconds = durationSeconds(args.certificateDuration ?? "24h");
  return {
    "cert-manager.io/cluster-issuer": args.issuerName,
    "cert-manager.io/common-name": args.host,
    // Vault would cut a longer wish short; asking for what it gives keeps cert-manager's renewal time true.
    "cert-manager.io/duration": `${seconds}s`,
    "cert-manager.io/renew-before": `${Math.floor(seconds / 3)}s`,
  };
}
