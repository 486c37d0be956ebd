import type { X509Certificate } from "node:crypto";
import { endsSoon, type CertificateLife } from "../../components/internal/expiry";
import { LinkRole, type ChainLink } from "./report";

const day = 86_400_000;

/** Of the life of the page's certificate, what is left when cert-manager renews it. */
const renewalShareOfPage = 1 / 3;

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
  /** The issuing CAs of further mounts by Vault's word; without a certificate where it has none to tell. */
  furtherIssuing: { mount: string; certificate?: X509Certificate }[];
  /** Setting `vaultListenerRenewalHours`. */
  listenerRenewalHours: number;
  /** Setting `expiryWarningPercent`. */
  expiryWarningPercent: number;
}

/** The chain from the root down, each certificate with what is left of it. */
export function chainLinks(seen: SeenChains, now: Date): ChainLink[] {
  const { root, page, listener, expiryWarningPercent: percent } = seen;
  const isRoot = (certificate: X509Certificate) => certificate.fingerprint256 === root.fingerprint256;
  const below = (chain: SeenChain | undefined) => chain?.certificates.slice(1).filter((one) => !isRoot(one));
  // What is served is what clients go by; Vault's own word counts while nothing good is.
  const served = page?.fault ? [] : (below(page) ?? []);
  const [issuing, parent] = served.length > 0 ? served : seen.authorities.filter((one) => !isRoot(one));
  const caLink = (role: LinkRole, certificate: X509Certificate | undefined) =>
    link(role, certificate, now, (life) => (endsSoon(life, percent, now) ? "comes to its end" : undefined));
  return [
    caLink(LinkRole.Root, root),
    caLink(LinkRole.ParentCa, parent ?? below(listener)?.[0]),
    caLink(LinkRole.IssuingCa, issuing),
    ...seen.furtherIssuing.map(({ mount, certificate }) => ({
      ...caLink(LinkRole.IssuingCa, certificate),
      mount,
      ...(certificate ? {} : { problem: `not found in Vault's mount ${mount}` }),
    })),
    leafLink(LinkRole.Listener, listener, now, ({ notAfter }) =>
      notAfter.getTime() - now.getTime() < seen.listenerRenewalHours * 3600_000
        ? "is to be renewed by the next pulumi up"
        : undefined,
    ),
    ...(page
      ? [
          leafLink(LinkRole.Page, page, now, (life) =>
            endsSoon(renewedByCertManager(life), percent, now)
              ? "should have been renewed by now"
              : undefined,
          ),
        ]
      : []),
  ];
}

function renewedByCertManager({ notBefore, notAfter }: CertificateLife): CertificateLife {
  const [from, to] = [notBefore.getTime(), notAfter.getTime()];
  return { notBefore, notAfter, renewal: new Date(to - renewalShareOfPage * (to - from)) };
}

function leafLink(
  role: LinkRole,
  { certificates, fault }: SeenChain,
  now: Date,
  attention: (life: CertificateLife) => string | undefined,
): ChainLink {
  const found = link(role, certificates[0], now, attention);
  return fault && !found.problem ? { ...found, ok: false, problem: fault } : found;
}

function link(
  role: LinkRole,
  certificate: X509Certificate | undefined,
  now: Date,
  attention: (life: CertificateLife) => string | undefined,
): ChainLink {
  if (!certificate) {
    return { role, subject: "", ok: false };
  }
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const left = to.getTime() - now.getTime();
  const share = Math.min(1, Math.max(0, left / (to.getTime() - from.getTime())));
  const problem = left <= 0 ? "has ended" : attention({ notBefore: from, notAfter: to });
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
