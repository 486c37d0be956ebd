import * as pulumi from "@pulumi/pulumi";
import { TrustBundle, TrustManager } from "../components";
import type { Settings } from "../config";
import type { CertManagerInUse } from "./cert-manager-in-use";

/**
 * The roots in the namespaces of the cluster, where the settings name a bundle for them.
 *
 * @param trustedRootsPem PEM: the roots.
 * @param approvedBy What requests are approved by.
 */
export function createTrust(
  settings: Settings,
  certManager: CertManagerInUse,
  trustedRootsPem: pulumi.Output<string>,
  approvedBy: pulumi.Resource[],
): void {
  if (!settings.trustBundle) {
    return;
  }
  const trustManager = new TrustManager(
    "trust-manager",
    {
      namespace: certManager.namespace,
      chart: settings.trustManagerChart,
      chartRepository: settings.trustManagerChartRepository,
      chartVersion: settings.trustManagerChartVersion,
      keepCrds: settings.certManagerKeepCrds,
      deleteTlsSecret: settings.certManagerExisting,
    },
    // The certificate of its webhook is by an Issuer, and waits for approval as others do.
    { dependsOn: [...certManager.components, ...approvedBy] },
  );
  new TrustBundle(
    "trust-bundle",
    {
      bundleName: settings.trustBundle,
      rootsPem: [trustedRootsPem],
      namespaceLabels: settings.trustNamespaceLabels,
    },
    { dependsOn: trustManager },
  );
}
