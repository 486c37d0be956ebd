import { X509Certificate } from "node:crypto";
import { issuingUsage, type PkiIssuer } from "./pki-issuers";

/** An issuer that signs no certificates any more, and is kept for what it has signed. */
export interface RetiredIssuer {
  /** Vault's ID of its key; empty without. */
  keyId: string;
  /** Its name in Vault, or its subject. */
  title: string;
  /** ISO time by which all that it has signed is over. */
  until: string;
}

/** What is known of a mount's former issuers. */
export interface Retirement {
  /** Vault's ID of the issuer that has taken the place of all others. */
  currentIssuerId: string;
  /** How long a certificate may live that the current issuer signs, seconds. */
  keepSeconds: number;
  /** ISO time until which one may live from when that was longer; empty where it never was. */
  keepUntil: string;
  /** By Vault's ID. */
  retired: Record<string, RetiredIssuer>;
}

/** What is to be so. */
export interface RetirementWish extends Pick<Retirement, "currentIssuerId" | "keepSeconds"> {
  /** How the names begin of issuers that were current once; empty where they have none. */
  namePrefix: string;
}

/** What there is to do. */
export interface RetirementPlan {
  /** Take from these the right to sign certificates. */
  retire: PkiIssuer[];
  /** Delete these and their keys, by Vault's ID. */
  remove: Record<string, RetiredIssuer>;
  /** What is known when that is done. */
  after: Retirement;
}

/**
 * Who of a mount's issuers is to retire, and who has been retired for long enough. An issuer is one of ours when it was
 * current in an earlier run, or has the name of one that was; all others are somebody else's and left alone.
 *
 * @param defaultIssuerId Vault's ID of the issuer that signs where none is named: never retired.
 */
export function planRetirement(
  before: Retirement,
  wish: RetirementWish,
  issuers: PkiIssuer[],
  defaultIssuerId: string | undefined,
  now: Date,
): RetirementPlan {
  const inUse = [wish.currentIssuerId, defaultIssuerId];
  const known = Object.entries(before.retired).filter(([id]) => !inUse.includes(id));
  const remove = Object.fromEntries(known.filter(([, { until }]) => new Date(until) <= now));
  const staying = Object.fromEntries(known.filter(([id]) => !(id in remove)));

  const wasOurs = ({ id, name }: PkiIssuer) =>
    id === before.currentIssuerId || (wish.namePrefix !== "" && name.startsWith(wish.namePrefix));
  const retire = issuers.filter(
    (issuer) =>
      !inUse.includes(issuer.id) &&
      !(issuer.id in remove) &&
      (issuer.id in staying ? issuer.usage.includes(issuingUsage) : wasOurs(issuer)),
  );
  const keepUntil = longestLife(before, wish, now);
  return {
    retire,
    remove,
    after: {
      currentIssuerId: wish.currentIssuerId,
      keepSeconds: wish.keepSeconds,
      keepUntil,
      retired: {
        ...staying,
        ...Object.fromEntries(retire.map((issuer) => [issuer.id, entry(issuer, wish, keepUntil, now)])),
      },
    },
  };
}

/** What was signed before a shorter life was set lives on by the longer one. */
function longestLife(before: Retirement, wish: RetirementWish, now: Date): string {
  const ends = [
    before.keepUntil,
    ...(before.keepSeconds > wish.keepSeconds ? [later(now, before.keepSeconds)] : []),
  ];
  return (
    ends
      .filter((end) => end > now.toISOString())
      .sort()
      .at(-1) ?? ""
  );
}

function entry(issuer: PkiIssuer, wish: RetirementWish, keepUntil: string, now: Date): RetiredIssuer {
  const certificate = new X509Certificate(issuer.certificatePem);
  const lastLeaf = [later(now, wish.keepSeconds), keepUntil].sort().at(-1)!;
  // Nothing outlives the CA that has signed it.
  const until = [lastLeaf, new Date(certificate.validTo).toISOString()].sort()[0]!;
  const subject = certificate.subject.split("\n").join(", ");
  return { keyId: issuer.keyId, title: issuer.name || `"${subject}"`, until };
}

function later(now: Date, seconds: number): string {
  return new Date(now.getTime() + seconds * 1000).toISOString();
}
