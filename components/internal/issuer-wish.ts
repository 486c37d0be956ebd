import { X509Certificate } from "node:crypto";
import { fingerprints, type FoundIssuer } from "./find-issuer";
import { certificateBlocks } from "./pem";

/** What an issuer is made of whose key Vault makes: another wish is for another issuer. */
export interface IssuerWish {
  /** Another number wants another key. */
  generation: number;
  commonName: string;
  lifeSeconds: number;
}

/** What an issuer was made of. */
export interface MadeOf extends IssuerWish {
  /** SHA-256 fingerprint of the certificate of the CA that signed it. */
  parent: string;
}

/** @param chainPem PEM: the certificates of the parent and of those above it. */
export function madeOf(wish: IssuerWish, chainPem: string): MadeOf {
  const { generation, commonName, lifeSeconds } = wish;
  return { generation, commonName, lifeSeconds, parent: fingerprints(chainPem)[0]! };
}

/**
 * Why another issuer is to take the place of one that there is.
 *
 * @param earlier What it was made of; undefined in a state from before this was remembered, when its certificate tells.
 * @returns undefined when it is as wished.
 */
export function whyAnother(
  issuer: FoundIssuer,
  earlier: MadeOf | undefined,
  wish: IssuerWish,
  chainPem: string,
): string | undefined {
  const wanted = madeOf(wish, chainPem);
  const before = earlier ?? readFrom(issuer, wanted, chainPem);
  if (before.generation !== wanted.generation) {
    return `is to be of generation ${wanted.generation}`;
  }
  if (before.parent !== wanted.parent) {
    return "is to be signed by another CA";
  }
  if (before.lifeSeconds !== wanted.lifeSeconds) {
    return `is to live for ${wanted.lifeSeconds} seconds`;
  }
  if (before.commonName !== wanted.commonName) {
    return `is to be called ${wanted.commonName}`;
  }
  return undefined;
}

/** What a certificate tells of how it was made; what is as `wanted` within what Vault makes of it is taken for that. */
function readFrom({ certificatePem }: FoundIssuer, wanted: MadeOf, chainPem: string): MadeOf {
  const certificate = new X509Certificate(certificatePem);
  const parent = new X509Certificate(certificateBlocks(chainPem)[0]!);
  const life = (end: X509Certificate) =>
    Math.round((Date.parse(end.validTo) - Date.parse(certificate.validFrom)) / 1000);
  // Vault dates it back by 30 s, and lets it end no later than its parent.
  const expected = Math.min(wanted.lifeSeconds + 30, life(parent));
  const subject = certificate.toLegacyObject().subject as unknown as { CN?: string };
  return {
    generation: 1,
    commonName: subject.CN ?? "",
    lifeSeconds: Math.abs(life(certificate) - expected) <= 60 ? wanted.lifeSeconds : life(certificate),
    parent: certificate.verify(parent.publicKey) ? wanted.parent : "",
  };
}
