import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AdmissionResource } from "./internal/admission-resource";
import { repositoryOptions } from "./internal/helm-repository";

export interface ApproverPolicyArgs {
  /** Namespace to install into, which is there already: cert-manager's. */
  namespace: pulumi.Input<string>;
  /** Chart: a name in `chartRepository`, a path, an archive or an `oci://` reference. Default jetstack's on quay.io. */
  chart?: pulumi.Input<string>;
  /** Chart repository; empty for a path, an archive or OCI. Default empty. */
  chartRepository?: string;
  /** Chart version. Default `v0.27.0`. */
  chartVersion?: pulumi.Input<string>;
  /** Whether the CRD, and with it every CertificateRequestPolicy of the cluster, outlives the release. Default false. */
  keepCrds?: boolean;
  /**
   * Kubeconfig, a path or its content, for asking the webhook. Default: the setting `kubernetes:kubeconfig`, then the
   * environment variable KUBECONFIG. Secret.
   */
  kubeconfig?: pulumi.Input<string>;
  /** Context in it. Default: the setting `kubernetes:context`, then the current one. */
  kubernetesContext?: pulumi.Input<string>;
}

/** The chart's own name, which its Deployment and its webhook's configuration have too. */
const releaseName = "cert-manager-approver-policy";

/**
 * cert-manager's approver-policy by its Helm chart, CRD included: it approves and denies requests for certificates by
 * CertificateRequestPolicies. Done when its webhook admits one. cert-manager has to be there.
 *
 * It has no effect until cert-manager's own approver, which approves everything, is switched off (`autoApproval` of
 * CertManager). From then on a request that no policy is for stays as it is, and nothing is issued for it.
 *
 * @example
 * ```ts
 * const approver = new ApproverPolicy(
 *   "approver-policy",
 *   { namespace: certManager.namespace },
 *   { dependsOn: certManager },
 * );
 * ```
 */
export class ApproverPolicy extends pulumi.ComponentResource {
  /** Namespace that it runs in. */
  public readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: ApproverPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:ApproverPolicy", name, args, opts);
    const chartVersion = args.chartVersion ?? "v0.27.0";

    const release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: releaseName,
        namespace: args.namespace,
        chart: args.chart ?? `oci://quay.io/jetstack/charts/${releaseName}`,
        version: chartVersion,
        ...repositoryOptions(args.chartRepository ?? ""),
        values: { crds: { enabled: true, keep: args.keepCrds ?? false } },
        timeout: 300,
      },
      { parent: this },
    );
    const admission = new AdmissionResource(
      `${name}-admission`,
      {
        webhook: releaseName,
        probe: {
          group: "policy.cert-manager.io",
          version: "v1alpha1",
          plural: "certificaterequestpolicies",
          kind: "CertificateRequestPolicy",
          spec: { selector: { issuerRef: {} } },
        },
        release: pulumi.interpolate`${release.status.name} ${chartVersion}`,
        kubeconfig: args.kubeconfig,
        context: args.kubernetesContext,
      },
      { parent: this },
    );

    this.namespace = pulumi.all([release.status, admission.id]).apply(([status]) => status.namespace);
    this.registerOutputs({ namespace: this.namespace });
  }
}
