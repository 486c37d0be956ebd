import { conditionOf, isReady, type CertManagerObject } from "../cluster";
import type { CertificatesStatus, IssuerStatus } from "./report";

/** How the Certificates of the cluster are. */
export function certificatesStatus(certificates: CertManagerObject[], now: Date): CertificatesStatus {
  const ready = certificates.filter(isReady);
  const failing = certificates.flatMap((certificate) => {
    const message = failure(certificate, now);
    return message === undefined ? [] : [{ ...nameOf(certificate), message }];
  });
  const renewals = ready
    .flatMap((certificate) => {
      const at = certificate.status?.renewalTime;
      return at ? [{ ...nameOf(certificate), at }] : [];
    })
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return {
    total: certificates.length,
    ready: ready.length,
    failing,
    ...(renewals[0] ? { nextRenewal: renewals[0] } : {}),
  };
}

export function issuerStatus(kind: string, issuer: CertManagerObject): IssuerStatus {
  const { name, namespace } = issuer.metadata;
  return {
    kind,
    ...(namespace ? { namespace } : {}),
    name,
    ready: isReady(issuer),
    message: conditionOf(issuer, "Ready")?.message ?? "cert-manager has not looked at it yet",
  };
}

/** Why a Certificate needs attention: not ready, ended, or a renewal that has failed while the old one is good still. */
export function failure(certificate: CertManagerObject, now: Date): string | undefined {
  const issuing = conditionOf(certificate, "Issuing");
  const { notAfter } = certificate.status ?? {};
  if (issuing?.status === "False" && issuing.reason === "Failed") {
    return issuing.message ?? "its issuance has failed";
  }
  if (notAfter && Date.parse(notAfter) <= now.getTime()) {
    return `has ended at ${notAfter}`;
  }
  return isReady(certificate)
    ? undefined
    : (conditionOf(certificate, "Ready")?.message ?? "cert-manager has not looked at it yet");
}

function nameOf({ metadata }: CertManagerObject): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}
