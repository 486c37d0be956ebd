import { PkiDistributionPoint } from "../components";
import type { Settings } from "../config";
import { crlMountPaths } from "../settings/mount-paths";
import type { Vault } from "./vault";

/** Where CA certificates and CRLs are served without TLS, if the settings have a host for it. */
export function createDistributionPoint(
  settings: Settings,
  { inCluster, namespace, clusterAddress, clusterCaPem }: Vault,
): PkiDistributionPoint | undefined {
  return settings.pkiHost
    ? new PkiDistributionPoint(
        "pki-distribution-point",
        {
          host: settings.pkiHost,
          namespace,
          mountPaths: crlMountPaths(settings),
          vaultAddress: clusterAddress,
          // The settings see to it that there is one.
          vaultCaPem: clusterCaPem ?? "",
          image: settings.pkiProxyImage,
          replicas: settings.vaultReplicas > 1 ? 2 : 1,
          ingressClassName: settings.ingressClassName,
          metrics: settings.monitoring !== "none",
        },
        { dependsOn: inCluster },
      )
    : undefined;
}
