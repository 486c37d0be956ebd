import * as pulumi from "@pulumi/pulumi";
import { PkiDistributionPoint } from "../components";
import type { Settings } from "../config";
import { crlMountPaths } from "../settings/mount-paths";
import type { Vault } from "./vault";

/**
 * Where CA certificates and CRLs are served without TLS, if the settings have a host for it.
 *
 * @param caChainPem PEM: what the certificate of Vault's listener is checked against.
 */
export function createDistributionPoint(
  settings: Settings,
  { server }: Vault,
  caChainPem: pulumi.Output<string>,
): PkiDistributionPoint | undefined {
  return settings.pkiHost
    ? new PkiDistributionPoint(
        "pki-distribution-point",
        {
          host: settings.pkiHost,
          namespace: server.namespace,
          mountPaths: crlMountPaths(settings),
          vaultAddress: server.clusterAddress,
          vaultCaPem: caChainPem,
          image: settings.pkiProxyImage,
          replicas: settings.vaultReplicas > 1 ? 2 : 1,
          ingressClassName: settings.ingressClassName,
          metrics: settings.monitoring !== "none",
        },
        { dependsOn: server },
      )
    : undefined;
}
