import type * as pulumi from "@pulumi/pulumi";
import { CertManager } from "../components";
import type { Settings } from "../config";

/** The cert-manager that the issuers are for. */
export interface CertManagerInUse {
  namespace: pulumi.Input<string>;
  /** ServiceAccount of the controller. */
  serviceAccountName: pulumi.Input<string>;
  /** What has to be there before it can be used; empty for one that the stack has not made. */
  components: pulumi.Resource[];
}

/**
 * One of the stack's own, or with `certManagerExisting` the cluster's, which the preflight has looked at.
 *
 * @param before What has to be there before the stack's own is installed or changed.
 */
export function certManagerInUse(settings: Settings, before: pulumi.Resource[]): CertManagerInUse {
  if (settings.certManagerExisting) {
    return { namespace: settings.certManagerNamespace, serviceAccountName: "cert-manager", components: [] };
  }
  const certManager = new CertManager(
    "cert-manager",
    {
      namespace: settings.certManagerNamespace,
      chart: settings.certManagerChart,
      chartRepository: settings.certManagerChartRepository,
      chartVersion: settings.certManagerChartVersion,
      keepCrds: settings.certManagerKeepCrds,
      autoApproval: !settings.approverPolicy,
    },
    { dependsOn: before },
  );
  return {
    namespace: certManager.namespace,
    serviceAccountName: certManager.serviceAccountName,
    components: [certManager],
  };
}
