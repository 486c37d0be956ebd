import { endsSoon } from "../../components/internal/expiry";
import { issuersOf } from "../../settings/issuers";
import type { PlainSettings } from "../../settings/table";
import { conditionOf, isReady, type CertManagerObject } from "../cluster";
import type { CertificatesStatus, IssuerStatus } from "./report";

/**
 * How the Certificates of the cluster are.
 *
 * @param expiryWarningPercent The setting.
 */
export function certificatesStatus(
  certificates: CertManagerObject[],
  expiryWarningPercent: number,
  now: Date,
): CertificatesStatus {
  const ready = certificates.filter(isReady);
  const failing = certificates.flatMap((certificate) => {
    const message = failure(certificate, expiryWarningPercent, now);
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

/** Those of the stack's own issuers that the cluster does not have. */
export function missingIssuers(
  settings: Pick<PlainSettings, "clusterIssuerName" | "issuers">,
  found: IssuerStatus[],
): IssuerStatus[] {
  return issuersOf(settings)
    .filter(
      ({ kind, namespace, name }) =>
        !found.some((one) => one.kind === kind && one.name === name && (one.namespace ?? "") === namespace),
    )
    .map(({ kind, namespace, name }) => ({
      kind,
      ...(namespace ? { namespace } : {}),
      name,
      ready: false,
      missing: true,
      message: "is not in the cluster",
    }));
}

/**
 * Why a Certificate needs attention: not ready, ended, a renewal that has failed while the old one is good still, or one
 * that is overdue when so little of its life is left that a run would warn of it.
 */
export function failure(
  certificate: CertManagerObject,
  expiryWarningPercent: number,
  now: Date,
): string | undefined {
  const issuing = conditionOf(certificate, "Issuing");
  const { notBefore, notAfter, renewalTime } = certificate.status ?? {};
  // Whether Vault has refused or an approver has denied it, which the reason tells.
  if (issuing?.status === "False") {
    return issuing.message ?? "its issuance has failed";
  }
  if (notAfter && Date.parse(notAfter) <= now.getTime()) {
    return `has ended at ${notAfter}`;
  }
  if (notBefore && notAfter && renewalTime) {
    const life = {
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
      renewal: new Date(renewalTime),
    };
    if (endsSoon(life, expiryWarningPercent, now)) {
      return `ends at ${notAfter}, and was to be renewed at ${renewalTime}`;
    }
  }
  return isReady(certificate)
    ? undefined
    : (conditionOf(certificate, "Ready")?.message ?? "cert-manager has not looked at it yet");
}

function nameOf({ metadata }: CertManagerObject): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}
