import { isSameAuthority, readRoots } from "../components/internal/trusted-roots";
import type { ReadableSettings } from "./rules";
import type { PlainSettings } from "./table";

const name = "additionalRootCertificates";

/**
 * What is wrong with the roots that are trusted beside the CA's own.
 *
 * @param rootPem PEM: the CA's own root; empty where it comes into being in the run.
 */
export function rootFaults({ additionalRootCertificates }: ReadableSettings, rootPem: string): string[] {
  const { roots, faults } = readRoots(additionalRootCertificates ?? "");
  const own = readRoots(rootPem).roots;
  const forks = roots.filter((root) => own.some((other) => isSameAuthority(root, other)));
  return [
    ...faults,
    ...forks.map(
      ({ title }) =>
        `holds ${title}, which has name and key of caBundle's root: Vault cannot tell the two apart. ` +
        "Make the next root with a key of its own",
    ),
  ].map((fault) => `${name}: ${fault}`);
}

/** What the owner should know about them, although nothing is wrong. */
export function rootNotes(
  { additionalRootCertificates }: PlainSettings,
  rootPem: string,
  now: Date,
): string[] {
  const { roots } = readRoots(additionalRootCertificates);
  const own = readRoots(rootPem).roots[0];
  return roots.flatMap(({ title, notAfter, fingerprint }) => {
    if (fingerprint === own?.fingerprint) {
      return [`${name}: ${title} is the root of caBundle, which is trusted anyway`];
    }
    return notAfter < now
      ? [`${name}: ${title} has expired, and nothing needs it any more: take it out`]
      : [];
  });
}
