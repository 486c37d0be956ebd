import { isSignedBy, type CaCertificate } from "./certificate";

/** One certificate of each CA, with what was left out and what cannot be. */
export interface ChosenCertificates {
  certificates: CaCertificate[];
  faults: string[];
  notes: string[];
}

/**
 * Chooses one of the certificates that the same CA has from several issuers: its own if it is a root, else the one that
 * the bundle's root has signed. Vault would take them all and hand every one of them on, but cert-manager takes only
 * what is one chain (https://github.com/cert-manager/cert-manager, pki.ParseSingleCertificateChain).
 */
export function chooseAmongCrossSigned(all: CaCertificate[]): ChosenCertificates {
  const faults: string[] = [];
  const notes: string[] = [];
  const roots = all.filter(({ selfSigned }) => selfSigned);
  const certificates = sameCa(all).flatMap((group) => {
    const own = group.filter(({ selfSigned }) => selfSigned);
    const signed = group.filter(({ x509 }) => roots.some((root) => isSignedBy(x509, root.x509)));
    const candidates = own.length > 0 ? own : signed;
    if (group.length === 1 || candidates.length === 0) {
      return group;
    }
    const issuers = [...new Set(candidates.map(({ issuer }) => issuer))];
    if (issuers.length > 1) {
      faults.push(
        `the intermediate ${candidates.map(({ title }) => title).join(", ")} is cross-signed, and so has two chains, of ` +
          "which cert-manager takes one only: give one of the roots, and the certificate that it has signed",
      );
    }
    const chosen = candidates.reduce((one, other) => (other.notAfter > one.notAfter ? other : one));
    for (const { title, issuer } of group.filter((certificate) => certificate !== chosen)) {
      notes.push(
        `the certificate ${title}, issued by "${issuer}", is another one of the same CA as ${chosen.title} and is left ` +
          "out, because cert-manager takes one chain only: only clients that trust the root of that one trust what comes of it",
      );
    }
    return [chosen];
  });
  return { certificates, faults, notes };
}

/** Certificates of one name and one key, in the order of the bundle. */
function sameCa(all: CaCertificate[]): CaCertificate[][] {
  const groups = new Map<string, CaCertificate[]>();
  for (const certificate of all) {
    const key = keyOf(certificate);
    const id = key === undefined ? certificate.fingerprint : `${certificate.subject} ${key}`;
    groups.set(id, [...(groups.get(id) ?? []), certificate]);
  }
  return [...groups.values()];
}

/** The public key; undefined where OpenSSL cannot read it, which is said elsewhere. */
function keyOf({ x509 }: CaCertificate): string | undefined {
  try {
    return x509.publicKey.export({ type: "spki", format: "der" }).toString("base64");
  } catch {
    return undefined;
  }
}
