import { X509Certificate } from "node:crypto";

/** From when to when a certificate is good. */
export interface CertificateLife {
  notBefore: Date;
  notAfter: Date;
  /** When somebody renews it by himself, cert-manager or a run; absent for one that only its owner can replace. */
  renewal?: Date;
}

/**
 * Of the time from its renewal to its end, what must be left of a certificate that is renewed by itself: a renewal takes
 * a moment, and one that has just become due is none that has failed.
 */
export const leftAfterRenewal = 0.9;

/**
 * How long before its end a certificate is warned of, in seconds.
 *
 * One that is renewed by itself lives well below any share for a while, so it has to be overdue as well.
 *
 * @param percent Share of its life; 0 for never.
 */
export function warningSeconds({ notBefore, notAfter, renewal }: CertificateLife, percent: number): number {
  const share = (percent / 100) * secondsBetween(notBefore, notAfter);
  if (renewal === undefined || renewal >= notAfter) {
    return share;
  }
  return Math.min(share, leftAfterRenewal * secondsBetween(renewal, notAfter));
}

/** Whether so little of its life is left that its owner has to be told. */
export function endsSoon(life: CertificateLife, percent: number, now: Date): boolean {
  return percent > 0 && secondsBetween(now, life.notAfter) < warningSeconds(life, percent);
}

/** A certificate, and what its owner can do about its end. */
export interface WatchedCertificate {
  /** Which one, with what tells it from others: `the root "CN=Root" (serial 4F)`. */
  title: string;
  life: CertificateLife;
  /** What to do, with the exact command or setting; reads on after a colon. */
  remedy: string;
}

/** The line that tells of a certificate whose end is near; none for one that has time. */
export function expiryWarning(
  { title, life, remedy }: WatchedCertificate,
  percent: number,
  now: Date,
): string | undefined {
  if (!endsSoon(life, percent, now)) {
    return undefined;
  }
  const end = life.notAfter.toISOString();
  const left = secondsBetween(now, life.notAfter);
  const when = left > 0 ? `ends at ${end}, in ${timeText(left)}` : `ended at ${end}`;
  const due = life.renewal ? `, and was to be renewed at ${life.renewal.toISOString()}` : "";
  return `${title} ${when}${due}: ${remedy}`;
}

/**
 * A certificate of which only the PEM text is known.
 *
 * @param what Which one it is: `the root`.
 */
export function watchedCertificate(what: string, pem: string, remedy: string): WatchedCertificate {
  const certificate = new X509Certificate(pem);
  return {
    title: `${what} "${certificate.subject.split("\n").join(", ")}" (serial ${certificate.serialNumber})`,
    life: { notBefore: new Date(certificate.validFrom), notAfter: new Date(certificate.validTo) },
    remedy,
  };
}

/** Whole days where there are some, hours and minutes of what is shorter. */
function timeText(seconds: number): string {
  const units: [name: string, seconds: number][] = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ];
  const [name, length] = units.find(([, length]) => seconds >= length) ?? ["second", 1];
  const count = Math.floor(seconds / length);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

function secondsBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 1000;
}
