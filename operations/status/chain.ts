import type { X509Certificate } from "node:crypto";
import { LinkRole, type ChainLink } from "./report";

const day = 86_400_000;

/** When a CA needs attention: with this much of its life left, or this many days if that is less. */
const lastShareOfCa = 0.1;
const lastDaysOfCa = 90;

/** cert-manager renews with a third of the life left; with less than this it has tried and failed. */
const lastShareOfPage = 0.25;

/** Certificates from a leaf up, as a server shows them, or why it shows none. */
export interface SeenChain {
  certificates: X509Certificate[];
  fault?: string;
}

export interface SeenChains {
  root: X509Certificate;
  /** Undefined for a stack without a page. */
  page?: SeenChain;
  listener: SeenChain;
  /** The issuing CA and the parent CA, by Vault's own word; empty when it does not answer. */
  authorities: X509Certificate[];
  /** Setting `vaultListenerRenewalHours`. */
  listenerRenewalHours: number;
}

/** The chain from the root down, each certificate with what is left of it. */
export function chainLinks(seen: SeenChains, now: Date): ChainLink[] {
  const { root, page, listener } = seen;
  const isRoot = (certificate: X509Certificate) => certificate.fingerprint256 === root.fingerprint256;
  const below = (chain: SeenChain | undefined) => chain?.certificates.slice(1).filter((one) => !isRoot(one));
  // What is served is what clients go by; Vault's own word counts while nothing good is.
  const served = page?.fault ? [] : (below(page) ?? []);
  const [issuing, parent] = served.length > 0 ? served : seen.authorities.filter((one) => !isRoot(one));
  return [
    caLink(LinkRole.Root, root, now),
    caLink(LinkRole.ParentCa, parent ?? below(listener)?.[0], now),
    caLink(LinkRole.IssuingCa, issuing, now),
    leafLink(LinkRole.Listener, listener, now, ({ hoursLeft }) =>
      hoursLeft < seen.listenerRenewalHours ? "is to be renewed by the next pulumi up" : undefined,
    ),
    ...(page
      ? [
          leafLink(LinkRole.Page, page, now, ({ share }) =>
            share < lastShareOfPage ? "should have been renewed by now" : undefined,
          ),
        ]
      : []),
  ];
}

interface Rest {
  hoursLeft: number;
  share: number;
}

function caLink(role: LinkRole, certificate: X509Certificate | undefined, now: Date): ChainLink {
  return link(role, certificate, now, ({ hoursLeft, share }) =>
    share < lastShareOfCa && hoursLeft < lastDaysOfCa * 24 ? "comes to its end" : undefined,
  );
}

function leafLink(
  role: LinkRole,
  { certificates, fault }: SeenChain,
  now: Date,
  attention: (rest: Rest) => string | undefined,
): ChainLink {
  const found = link(role, certificates[0], now, attention);
  return fault && !found.problem ? { ...found, ok: false, problem: fault } : found;
}

function link(
  role: LinkRole,
  certificate: X509Certificate | undefined,
  now: Date,
  attention: (rest: Rest) => string | undefined,
): ChainLink {
  if (!certificate) {
    return { role, subject: "", ok: false };
  }
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const left = to.getTime() - now.getTime();
  const share = Math.min(1, Math.max(0, left / (to.getTime() - from.getTime())));
  const problem = left <= 0 ? "has ended" : attention({ hoursLeft: left / 3600_000, share });
  return {
    role,
    subject: commonName(certificate),
    notBefore: from.toISOString(),
    notAfter: to.toISOString(),
    daysLeft: Math.floor(left / day),
    share,
    ok: problem === undefined,
    ...(problem ? { problem } : {}),
  };
}

function commonName({ subject }: X509Certificate): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.split("\n").join(", ");
}
