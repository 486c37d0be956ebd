import { X509Certificate } from "node:crypto";
import { eventually, inLab, kubectl, servedChain } from "./lab";

export const page = { namespace: "podinfo", name: "podinfo-wsp-cert" };
export const canary = { namespace: "cert-manager", name: "vault-issuer-canary" };

interface CertificateName {
  namespace: string;
  name: string;
}

/** A Certificate of cert-manager. */
export async function certificate({ namespace, name }: CertificateName): Promise<any> {
  return kubectl("-n", namespace, "get", "certificate", name);
}

/** Begins a renewal as `cmctl renew` does. */
export async function beginRenewal(which: CertificateName): Promise<void> {
  const found = await certificate(which);
  const issuing = {
    type: "Issuing",
    status: "True",
    reason: "ManuallyTriggered",
    message: "by a test",
    lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    observedGeneration: found.metadata.generation,
  };
  const others = found.status.conditions.filter(({ type }: any) => type !== "Issuing");
  found.status.conditions = [...others, issuing];
  await inLab(["kubectl", "replace", "--subresource=status", "-f", "-"], { input: JSON.stringify(found) });
}

/** Renews a Certificate and waits until cert-manager has stored the new one. */
export async function renew(which: CertificateName, seconds = 120): Promise<void> {
  const { revision } = (await certificate(which)).status;
  await beginRenewal(which);
  await eventually(`a new certificate in ${which.namespace}/${which.name}`, seconds, async () => {
    const { status } = await certificate(which);
    return status.revision > revision && isReady(status);
  });
}

export function isReady({ conditions }: any): boolean {
  return conditions.some(({ type, status }: any) => type === "Ready" && status === "True");
}

/** Serial number of the certificate that an address serves for a host name. */
export async function servedSerial(address: string, serverName: string): Promise<string> {
  const [leaf] = await servedChain(address, serverName);
  return new X509Certificate(leaf!).serialNumber;
}

/** Serial number of the page's certificate. */
export async function pageSerial(): Promise<string> {
  return servedSerial("192.168.1.241:443", "podinfo.wsp.local");
}
