import { watchedCertificate, type WatchedCertificate } from "./expiry";

const giveBundle = '"pulumi config set --secret caBundle < bundle.pem", then "pulumi up"';

/** The CAs above every leaf, with what to do about the end of each. None of them is renewed by itself. */
const authorities = {
  root: {
    what: "the root",
    remedy:
      "make a new root, have it sign a new intermediate, and have your clients trust both roots until the old one is " +
      `over: ${giveBundle}`,
  },
  parent: {
    what: "the intermediate above Vault",
    remedy: `have the root sign a new one: ${giveBundle}`,
  },
  issuing: {
    what: "the issuing CA",
    remedy: '"pulumi config set issuingCaGeneration NUMBER" with the next number, then "pulumi up"',
  },
};

/** Each of them, PEM. */
export type CaCertificates<Pem = string> = Record<keyof typeof authorities, Pem>;

/** One of them. */
export function watchedAuthority(which: keyof CaCertificates, pem: string): WatchedCertificate {
  const { what, remedy } = authorities[which];
  return watchedCertificate(what, pem, remedy);
}

/**
 * All of them, from the root down, each once: the root may be the one above the issuing CA.
 *
 * @param furtherIssuing PEM: issuing CAs beside the first one; another generation makes others of all of them.
 */
export function watchedAuthorities(
  { root, parent, issuing }: CaCertificates,
  furtherIssuing: string[],
): WatchedCertificate[] {
  return [
    watchedAuthority("root", root),
    ...(parent === root ? [] : [watchedAuthority("parent", parent)]),
    ...[issuing, ...furtherIssuing].map((pem) => watchedAuthority("issuing", pem)),
  ];
}
