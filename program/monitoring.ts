import * as pulumi from "@pulumi/pulumi";
import { CertificateMonitoring } from "../components";
import type { CaCertificates } from "../components/internal/ca-certificates";
import type { Settings } from "../config";
import { crlMountPaths } from "../settings/mount-paths";

/**
 * The alert rules for Prometheus, as objects of its operator or as a file, unless the settings want none.
 *
 * @param furtherIssuing Certificates of the issuing CAs beside the first one.
 * @param namespaces What makes the namespaces that the operator's objects go into.
 */
export function createMonitoring(
  settings: Settings,
  { root, parent, issuing }: CaCertificates<pulumi.Output<string>>,
  furtherIssuing: pulumi.Output<string>[],
  namespaces: pulumi.Resource[],
): CertificateMonitoring | undefined {
  if (settings.monitoring === "none") {
    return undefined;
  }
  return new CertificateMonitoring(
    "monitoring",
    {
      vaultNamespace: settings.vaultNamespace,
      vaultReplicas: settings.vaultReplicas,
      ...(settings.vaultExisting ? { watchVault: false } : {}),
      certManagerNamespace: settings.certManagerNamespace,
      clusterIssuerName: settings.clusterIssuerName,
      ...(settings.pkiHost ? { crlMountPaths: crlMountPaths(settings) } : {}),
      ...(settings.issuers.length > 0
        ? { furtherIssuers: settings.issuers.map(({ name, namespace }) => ({ name, namespace })) }
        : {}),
      rootCertificatePem: root,
      parentCertificatePem: parent,
      issuingCertificatePem: issuing,
      ...(furtherIssuing.length > 0 ? { furtherIssuingCertificatePems: furtherIssuing } : {}),
      expiryWarningPercent: settings.expiryWarningPercent,
      operatorObjects: settings.monitoring === "operator",
      labels: settings.monitoringLabels,
    },
    { dependsOn: namespaces },
  );
}
