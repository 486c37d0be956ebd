import { X509Certificate } from "node:crypto";
import { certificateBlocks } from "./pem";
import { callVault, type VaultEndpoint } from "./vault-client";

/** An issuer that a PKI mount has to hold, with its key. */
export interface WantedIssuer {
  /** Path of the mount. */
  mountPath: string;
  /** Names that it may have in the mount. Without any it is known by its certificate, the first of `chainPem`. */
  names: string[];
  /** PEM: the certificates that its chain ends with, up to the root. */
  chainPem: string;
}

/** What a mount holds of a wanted issuer. */
export interface FoundIssuer {
  /** Vault's ID of the issuer; absent when it is not in the mount. */
  issuerId?: string;
  /** Whether Vault has its key. */
  hasKey: boolean;
  /** Whether the mount knows its whole chain. */
  chainIsWhole: boolean;
}

/** https://developer.hashicorp.com/vault/api-docs/secret/pki#read-issuer */
interface IssuerAnswer {
  issuer_id: string;
  issuer_name: string;
  key_id: string;
  certificate: string;
  ca_chain: string[] | null;
}

const absent: FoundIssuer = { hasKey: false, chainIsWhole: false };

/**
 * Looks for an issuer in a mount: the Vault provider neither reads what it imports nor what it has signed.
 *
 * @throws Error when Vault does not answer, is sealed, or does not let the token read issuers.
 */
export async function findIssuer(
  endpoint: VaultEndpoint,
  token: string,
  wanted: WantedIssuer,
): Promise<FoundIssuer> {
  const chain = fingerprints(wanted.chainPem);
  const issuer = (await issuersOf(endpoint, token, wanted.mountPath)).find(({ issuer_name, certificate }) =>
    wanted.names.length > 0 ? wanted.names.includes(issuer_name) : fingerprints(certificate)[0] === chain[0],
  );
  if (!issuer) {
    return absent;
  }
  const known = fingerprints((issuer.ca_chain ?? []).join("\n"));
  return {
    issuerId: issuer.issuer_id,
    hasKey: issuer.key_id !== "",
    chainIsWhole: chain.every((fingerprint) => known.includes(fingerprint)),
  };
}

async function issuersOf(endpoint: VaultEndpoint, token: string, mountPath: string): Promise<IssuerAnswer[]> {
  const list = await read<{ keys: string[] }>(endpoint, token, `${mountPath}/issuers?list=true`);
  const issuers = await Promise.all(
    (list?.keys ?? []).map((id) => read<IssuerAnswer>(endpoint, token, `${mountPath}/issuer/${id}`)),
  );
  return issuers.filter((issuer) => issuer !== undefined);
}

/** The `data` of an answer; undefined when there is nothing at this path, or no mount. */
async function read<Data>(endpoint: VaultEndpoint, token: string, path: string): Promise<Data | undefined> {
  const { status, body } = await callVault(endpoint, { method: "GET", path, token });
  if (status === 404) {
    return undefined;
  }
  if (status !== 200) {
    const reasons = ((body as { errors?: string[] } | null)?.errors ?? []).join("; ");
    throw new Error(`Vault refused to read ${path}: ${status} ${reasons}`.trim());
  }
  return (body as { data: Data }).data;
}

/** SHA-256 fingerprints of the certificates in PEM text, in its order. */
function fingerprints(pem: string): string[] {
  return certificateBlocks(pem).map((block) => new X509Certificate(block).fingerprint256);
}
