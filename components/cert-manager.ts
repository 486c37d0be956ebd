import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { repositoryOptions } from "./internal/helm-repository";

export interface CertManagerArgs {
  /** Namespace to make and install into. Default `cert-manager`. */
  namespace?: string;
  /** Chart: a name in `chartRepository`, a path, an archive or an `oci://` reference. Default jetstack's on quay.io. */
  chart?: pulumi.Input<string>;
  /** Chart repository; empty for a path, an archive or OCI. Default empty. */
  chartRepository?: string;
  /** Chart version. Default `v1.21.1`. */
  chartVersion?: pulumi.Input<string>;
  /** Whether the CRDs, and with them every Certificate of the cluster, outlive the release. Default false. */
  keepCrds?: boolean;
  /**
   * Whether cert-manager approves every request for one of its issuers itself. Default true. With false nothing is issued
   * until another approves it, such as an ApproverPolicy with its policies.
   */
  autoApproval?: boolean;
}

/**
 * cert-manager by its Helm chart, CRDs included. Done when its webhook answers, not merely when its pods run.
 *
 * @example
 * ```ts
 * const certManager = new CertManager("cert-manager", {});
 * ```
 */
export class CertManager extends pulumi.ComponentResource {
  /** Namespace, which is also where a ClusterIssuer's Secrets and ServiceAccount are looked up. */
  public readonly namespace: pulumi.Output<string>;
  /** ServiceAccount of the controller. */
  public readonly serviceAccountName: pulumi.Output<string>;

  constructor(name: string, args: CertManagerArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:CertManager", name, args, opts);

    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: args.namespace ?? "cert-manager" } },
      { parent: this },
    );
    const release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        // Also the name of the controller's ServiceAccount.
        name: "cert-manager",
        namespace: namespace.metadata.name,
        chart: args.chart ?? "oci://quay.io/jetstack/charts/cert-manager",
        version: args.chartVersion ?? "v1.21.1",
        ...repositoryOptions(args.chartRepository ?? ""),
        values: {
          crds: { enabled: true, keep: args.keepCrds ?? false },
          ...((args.autoApproval ?? true) ? {} : { disableAutoApproval: true }),
        },
        timeout: 300,
      },
      { parent: this },
    );

    this.namespace = release.status.apply((status) => status.namespace);
    this.serviceAccountName = release.status.apply((status) => status.name);
    this.registerOutputs({ namespace: this.namespace, serviceAccountName: this.serviceAccountName });
  }
}
