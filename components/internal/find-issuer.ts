import { X509Certificate } from "node:crypto";
import { certificateBlocks } from "./pem";
import { issuersOf, issuingUsage, type PkiMount } from "./pki-issuers";

/** An issuer that a PKI mount has to hold, with its key. */
export interface WantedIssuer {
  /** Names that it may have in the mount. Without any it is known by its certificate, the first of `chainPem`. */
  names: string[];
  /** PEM: the certificates that its chain ends with, up to the root. */
  chainPem: string;
}

/** What a mount holds of a wanted issuer. */
export interface FoundIssuer {
  issuerId: string;
  certificatePem: string;
  /** What it may be used for, in Vault's words. */
  usage: string[];
  /** Whether Vault has its key. */
  hasKey: boolean;
  /** Whether the mount knows its whole chain. */
  chainIsWhole: boolean;
  /** Whether Vault lets it sign certificates. */
  mayIssue: boolean;
}

/**
 * Looks for an issuer in a mount: the Vault provider neither reads what it imports nor what it has signed.
 *
 * @returns undefined when it is not there.
 * @throws Error when Vault does not answer, is sealed, or does not let the token read issuers.
 */
export async function findIssuer(mount: PkiMount, wanted: WantedIssuer): Promise<FoundIssuer | undefined> {
  const chain = fingerprints(wanted.chainPem);
  const issuer = (await issuersOf(mount)).find(({ name, certificatePem }) =>
    wanted.names.length > 0 ? wanted.names.includes(name) : fingerprints(certificatePem)[0] === chain[0],
  );
  if (!issuer) {
    return undefined;
  }
  const known = fingerprints(issuer.chainPem.join("\n"));
  return {
    issuerId: issuer.id,
    certificatePem: issuer.certificatePem,
    usage: issuer.usage,
    hasKey: issuer.keyId !== "",
    chainIsWhole: chain.every((fingerprint) => known.includes(fingerprint)),
    mayIssue: issuer.usage.includes(issuingUsage),
  };
}

/** SHA-256 fingerprints of the certificates in PEM text, in its order. */
export function fingerprints(pem: string): string[] {
  return certificateBlocks(pem).map((block) => new X509Certificate(block).fingerprint256);
}
