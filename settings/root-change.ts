import { CoreV1Api } from "@kubernetes/client-node";
import {
  isCertificate,
  isSignedBy,
  readCertificate,
  type CaCertificate,
} from "../components/internal/certificate";
import { loadKubeConfig, type KubeConfigSource } from "../components/internal/kubeconfig";
import { readPemBlocks } from "../components/internal/pem";
import { isSameAuthority } from "../components/internal/trusted-roots";
import { unlessMissing } from "../components/internal/unless-missing";
import type { PlainSettings } from "./table";

/** The CAs of this run, public, and where an earlier run has left its own. */
export interface AuthoritySettings extends Pick<
  PlainSettings,
  "vaultNamespace" | "podinfoNamespace" | "podinfoTlsSecretName"
> {
  /** PEM: what signs the certificate of Vault's listener; empty where a CA of its own does. */
  signingCertificatePem: string;
  /** PEM; empty where the root comes into being in the run. */
  rootCertificatePem: string;
  /** PEM: that root, then the additional ones. */
  trustedRootsPem: string;
}

/** What an earlier run has left in the cluster, PEM; empty where there is nothing. */
export interface ServedCertificates {
  /** Vault's listener: its certificate and those above it. */
  listener: string;
  /** The page, likewise. */
  page: string;
  /** What Vault's own tools trust: the intermediate and the roots. */
  trusted: string;
}

export interface AuthorityFindings {
  faults: string[];
  notes: string[];
}

/**
 * Whether the CAs can take the place of those of an earlier run.
 *
 * @throws Error when the cluster cannot be asked.
 */
export async function checkAuthorityChange(
  source: KubeConfigSource,
  settings: AuthoritySettings,
): Promise<AuthorityFindings> {
  if (settings.rootCertificatePem === "") {
    return { faults: [], notes: [] };
  }
  const loaded = loadKubeConfig(source);
  if (typeof loaded === "string") {
    return { faults: [loaded], notes: [] };
  }
  const api = loaded.config.makeApiClient(CoreV1Api);
  const read = async (namespace: string, name: string) => {
    const secret = await unlessMissing(api.readNamespacedSecret({ namespace, name }));
    return Buffer.from(secret?.data?.["tls.crt"] ?? "", "base64").toString();
  };
  const ofListener = (name: string) =>
    settings.signingCertificatePem === "" ? "" : read(settings.vaultNamespace, name);
  const [listener, page, trusted] = await Promise.all([
    ofListener("vault-ui-tls"),
    read(settings.podinfoNamespace, settings.podinfoTlsSecretName),
    ofListener("tls-ca"),
  ]);
  return authorityFindings({ listener, page, trusted }, settings);
}

/** What is wrong with these CAs where others are in use. */
export function authorityFindings(
  served: ServedCertificates,
  settings: AuthoritySettings,
): AuthorityFindings {
  const roots = certificatesIn(settings.trustedRootsPem);
  const [signer] = certificatesIn(settings.signingCertificatePem);
  const earlier = certificatesIn(served.trusted).filter(({ selfSigned }) => selfSigned);
  const earlierSigners = certificatesIn(served.listener).slice(1);
  const forks = [
    ...roots.flatMap((root) => earlier.map((other) => ({ one: root, other }))),
    ...(signer ? earlierSigners.map((other) => ({ one: signer, other })) : []),
  ].filter(({ one, other }) => isSameAuthority(one, other));
  const page = `the page (Secret ${settings.podinfoNamespace}/${settings.podinfoTlsSecretName})`;
  const faults = [
    ...untrusted("Vault's listener", served.listener, roots),
    ...untrusted(page, served.page, roots),
    ...forks.map(
      ({ one, other }) =>
        `caBundle: ${one.title} has name and key of the CA before it (serial ${other.x509.serialNumber}): Vault could not ` +
        "tell the two apart, and cert-manager refuses the forked chain. Make it with a key of its own",
    ),
  ];
  return { faults, notes: faults.length === 0 ? suddenNotes(roots, earlier) : [] };
}

function untrusted(what: string, pem: string, roots: CaCertificate[]): string[] {
  const top = certificatesIn(pem).at(-1);
  if (!top || roots.length === 0 || roots.some((root) => isBelow(top, root))) {
    return [];
  }
  return [
    `additionalRootCertificates: the certificate of ${what} is below the root "${top.issuer}", which is neither that of ` +
      "caBundle nor one of these: have it here until nothing needs it any more; the one in use so far is given by " +
      '"pulumi stack output rootCaPem | pulumi config set additionalRootCertificates" ' +
      '("Another root" in docs/certificate-authority.md)',
  ];
}

function isBelow(top: CaCertificate, root: CaCertificate): boolean {
  return (
    top.fingerprint === root.fingerprint || (top.issuer === root.subject && isSignedBy(top.x509, root.x509))
  );
}

/** Roots that take over without having been trusted before. */
function suddenNotes([root]: CaCertificate[], earlier: CaCertificate[]): string[] {
  if (!root || earlier.length === 0 || earlier.some(({ fingerprint }) => fingerprint === root.fingerprint)) {
    return [];
  }
  return [
    `caBundle: its root ${root.title} is new, and takes over before cert-manager and clients have learnt to trust it. ` +
      'Nobody notices if it is among additionalRootCertificates first ("Another root" in docs/certificate-authority.md)',
  ];
}

function certificatesIn(pem: string): CaCertificate[] {
  return readPemBlocks(pem)
    .blocks.filter(isCertificate)
    .map((block, index) => readCertificate(block, index + 1).certificate)
    .filter((certificate) => certificate !== undefined);
}
