import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AdmissionResource } from "./internal/admission-resource";
import { CertificateSecretResource } from "./internal/certificate-secret-resource";
import { repositoryOptions } from "./internal/helm-repository";

export interface TrustManagerArgs {
  /** Namespace to install into, which is there already: cert-manager's. */
  namespace: pulumi.Input<string>;
  /** Chart: a name in `chartRepository`, a path, an archive or an `oci://` reference. Default jetstack's on quay.io. */
  chart?: pulumi.Input<string>;
  /** Chart repository; empty for a path, an archive or OCI. Default empty. */
  chartRepository?: string;
  /** Chart version. Default `v0.24.0`. */
  chartVersion?: pulumi.Input<string>;
  /** Whether the CRD, and with it every Bundle of the cluster, outlives the release. Default false. */
  keepCrds?: boolean;
  /** Whether the Secret of its webhook's certificate is deleted with it, and not with the namespace only. Default false. */
  deleteTlsSecret?: boolean;
  /**
   * Kubeconfig, a path or its content, for asking the webhook. Default: the setting `kubernetes:kubeconfig`, then the
   * environment variable KUBECONFIG. Secret.
   */
  kubeconfig?: pulumi.Input<string>;
  /** Context in it. Default: the setting `kubernetes:context`, then the current one. */
  kubernetesContext?: pulumi.Input<string>;
}

/**
 * trust-manager by its Helm chart, CRD included: it writes the certificates of a Bundle into ConfigMaps of namespaces.
 * Done when its webhook admits a Bundle. cert-manager, which issues the webhook's certificate, has to be there.
 *
 * It cannot write Secrets, and knows no public CAs: a Bundle holds what is given to it.
 *
 * @example
 * ```ts
 * const trustManager = new TrustManager(
 *   "trust-manager",
 *   { namespace: certManager.namespace },
 *   { dependsOn: certManager },
 * );
 * ```
 */
export class TrustManager extends pulumi.ComponentResource {
  /** Namespace that it runs in. */
  public readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: TrustManagerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:TrustManager", name, args, opts);
    const chartVersion = args.chartVersion ?? "v0.24.0";

    const tlsSecret = args.deleteTlsSecret
      ? [
          new CertificateSecretResource(
            `${name}-tls-secret`,
            {
              namespace: args.namespace,
              name: "trust-manager-tls",
              certificate: "trust-manager",
              kubeconfig: args.kubeconfig,
              context: args.kubernetesContext,
            },
            { parent: this },
          ),
        ]
      : [];
    const release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: "trust-manager",
        namespace: args.namespace,
        chart: args.chart ?? "oci://quay.io/jetstack/charts/trust-manager",
        version: chartVersion,
        ...repositoryOptions(args.chartRepository ?? ""),
        values: {
          crds: { enabled: true, keep: args.keepCrds ?? false },
          // The public CAs of Debian are an image of their own.
          defaultPackage: { enabled: false },
          secretTargets: { enabled: false },
          // Where it may read Secrets: no further than in its own namespace.
          app: { trust: { namespace: args.namespace } },
        },
        timeout: 300,
      },
      { parent: this, dependsOn: tlsSecret },
    );
    const admission = new AdmissionResource(
      `${name}-admission`,
      {
        webhook: "trust-manager",
        probe: {
          group: "trust.cert-manager.io",
          version: "v1alpha1",
          plural: "bundles",
          kind: "Bundle",
          spec: { sources: [{ inLine: "nothing" }], target: { configMap: { key: "ca.crt" } } },
        },
        release: pulumi.interpolate`${release.status.name} ${chartVersion}`,
        kubeconfig: args.kubeconfig,
        context: args.kubernetesContext,
      },
      // What it was called when it knew Bundles only.
      { parent: this, aliases: [{ type: "pulumi-nodejs:dynamic/cert-manager-vault:BundleAdmission" }] },
    );

    this.namespace = pulumi.all([release.status, admission.id]).apply(([status]) => status.namespace);
    this.registerOutputs({ namespace: this.namespace });
  }
}
