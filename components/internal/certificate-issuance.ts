import type { CustomObjectsApi } from "@kubernetes/client-node";
import { unlessMissing } from "./unless-missing";

/** A Certificate of cert-manager. */
export interface CertificateName {
  namespace: string;
  name: string;
}

/** The parts of a Certificate that tell how its issuance goes; https://cert-manager.io/docs/reference/api-docs/ */
interface CertificateStatus {
  conditions?: Condition[];
  lastFailureTime?: string;
}

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

interface CertificateRequest {
  metadata: { name: string; annotations?: Record<string, string> };
  status?: { conditions?: Condition[] };
}

interface Certificate {
  metadata: { generation?: number };
  status?: CertificateStatus;
}

/** How the last issuance of a Certificate went. */
export interface Issuance {
  /** `failed` is for good: cert-manager tries again after an hour, then two, and so on up to 32. */
  state: "issued" | "running" | "failed";
  /** cert-manager's own words on a failure; empty otherwise. */
  reason: string;
}

const kind = { group: "cert-manager.io", version: "v1", plural: "certificates" };
const requestKind = { ...kind, plural: "certificaterequests" };

/** Asks how the last issuance went; undefined where there is no such Certificate, or cert-manager is not installed. */
export async function issuanceOf(
  api: CustomObjectsApi,
  certificate: CertificateName,
): Promise<Issuance | undefined> {
  const found = await read(api, certificate);
  return found && issuance(found);
}

/**
 * Makes cert-manager issue a failed Certificate anew at once, as `cmctl renew` does.
 *
 * @returns whether it had failed.
 */
export async function reissueFailed(api: CustomObjectsApi, certificate: CertificateName): Promise<boolean> {
  for (;;) {
    const found = await read(api, certificate);
    if (!found || issuance(found).state !== "failed") {
      return false;
    }
    await deleteDenied(api, certificate);
    try {
      // With the resource version that was read: refused when the Certificate has changed since.
      await api.replaceNamespacedCustomObjectStatus({ ...kind, ...certificate, body: triggered(found) });
      return true;
    } catch (error) {
      if (!hasCode(error, 409)) {
        throw error;
      }
    }
  }
}

/**
 * Deletes requests that an approver has denied. Unlike those that have failed, cert-manager lets them lie, and may take the
 * old denial for the answer to the new issuance.
 */
async function deleteDenied(api: CustomObjectsApi, { namespace, name }: CertificateName): Promise<void> {
  const list = (await api.listNamespacedCustomObject({ ...requestKind, namespace })) as {
    items: CertificateRequest[];
  };
  const denied = list.items.filter(
    ({ metadata, status }) =>
      metadata.annotations?.["cert-manager.io/certificate-name"] === name &&
      status?.conditions?.some(({ type, status: holds }) => type === "Denied" && holds === "True"),
  );
  for (const { metadata } of denied) {
    await unlessMissing(
      api.deleteNamespacedCustomObject({
        ...requestKind,
        namespace,
        name: metadata.name,
      }) as Promise<unknown>,
    );
  }
}

function triggered(found: Certificate): Certificate {
  const { conditions = [], lastFailureTime } = found.status ?? {};
  const issuing: Condition = {
    type: "Issuing",
    status: "True",
    reason: "ManuallyTriggered",
    message: "Certificate re-issuance manually triggered",
    lastTransitionTime: afterFailure(lastFailureTime, new Date()),
    observedGeneration: found.metadata.generation,
  };
  return {
    ...found,
    status: {
      ...found.status,
      conditions: [...conditions.filter(({ type }) => type !== "Issuing"), issuing],
    },
  };
}

function issuance({ status }: Certificate): Issuance {
  const issuing = status?.conditions?.find(({ type }) => type === "Issuing");
  if (issuing?.status === "True") {
    return { state: "running", reason: "" };
  }
  // The reason is the request's own: that of Vault's refusal, or of an approver that has denied it.
  if (issuing?.status === "False") {
    return { state: "failed", reason: issuing.message ?? "" };
  }
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return { state: ready?.status === "True" ? "issued" : "running", reason: "" };
}

// cert-manager drops a failed request only when it failed before the new issuance began, by the cluster's clock, which
// may be ahead of this machine's. Times are whole seconds.
function afterFailure(lastFailureTime: string | undefined, now: Date): string {
  const failed = lastFailureTime ? Date.parse(lastFailureTime) : 0;
  const time = new Date(Math.max(now.getTime(), failed + 1000));
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

async function read(api: CustomObjectsApi, certificate: CertificateName): Promise<Certificate | undefined> {
  try {
    return (await api.getNamespacedCustomObject({ ...kind, ...certificate })) as Certificate;
  } catch (error) {
    if (hasCode(error, 404)) {
      return undefined;
    }
    throw error;
  }
}

/** Whether the API server answered with this HTTP status. */
function hasCode(error: unknown, code: number): boolean {
  return (error as { code?: unknown }).code === code;
}
