import { parseCaBundle } from "../components/internal/ca-bundle";
import { durationSeconds } from "../components/internal/duration";
import type { NameConstraints } from "../components/internal/name-constraints";
import { parseRootBundle } from "../components/internal/root-bundle";
import { parseSignedCa } from "../components/internal/signed-ca";
import type { Kind } from "../components/internal/validate";
import type { SettingsReader } from "./reader";
import type { ReadableSettings } from "./rules";

/** Where the CA comes from; docs/certificate-authority.md. */
const origins = ["import", "import-root", "generate", "generate-in-vault", "offline"];

/** Those whose CA is in caBundle. */
const ofBundle = ["import", "import-root"];

export const caOrigin: Kind = {
  holds: (text) => origins.includes(text),
  wanted: `an origin of the CA: ${origins.join(", ")}`,
};

/** What certificates in the settings bound: they stand above all that Vault signs. */
export interface GivenChain {
  /** The setting that they are in. */
  setting: string;
  /** The one that ends first. */
  ends: { what: string; at: Date };
  nameConstraints: NameConstraints[];
  /** Whether the certificate of Vault's listener stands below them too. */
  signsListener: boolean;
}

/** The CA as the settings give it. */
export interface GivenCa {
  /** `caBundle` as it was given. Secret. */
  bundle: string;
  /** Secret. */
  passphrase: string;
  /** PEM: what signs the certificate of Vault's listener; empty where another CA does. */
  signingPem: string;
  /** PEM; empty where the root comes into being in the run. */
  rootPem: string;
  /** SHA-256 of the root that Vault is to hold; empty for other origins. */
  rootFingerprint: string;
  /** Whether the key of what is imported is there. */
  keyGiven: boolean;
  /** Absent where no certificate is given, or something is wrong with it. */
  chain?: GivenChain;
}

/** Reads the settings that the origin takes, faults those that it does not, and collects what is wrong. */
export function readGivenCa(
  reader: SettingsReader,
  { caOrigin: origin = "import", signedCaCertificate = "" }: ReadableSettings,
  now: Date,
): { ca: GivenCa; notes: string[] } {
  const passphrase = reader.secretText("caPassphrase") ?? "";
  const bundle = reader.secretText("caBundle") ?? "";
  const none = { bundle, passphrase, signingPem: "", rootPem: "", rootFingerprint: "", keyGiven: false };
  if (ofBundle.includes(origin) && bundle === "") {
    reader.fault("caBundle", 'is not set: "pulumi config set --secret caBundle < bundle.pem"');
  }
  if (!ofBundle.includes(origin) && bundle !== "") {
    reader.fault(
      "caBundle",
      `is set, and caOrigin is ${origin}, which makes its own key: "pulumi config rm caBundle", or caOrigin import`,
    );
  }
  if (origin !== "offline" && signedCaCertificate !== "") {
    reader.fault(
      "signedCaCertificate",
      `is set, and caOrigin is ${origin}, which takes none: "pulumi config rm signedCaCertificate", or caOrigin offline`,
    );
  }
  if (origin === "offline" && signedCaCertificate !== "") {
    return readSigned(reader, signedCaCertificate, none, now);
  }
  if (!ofBundle.includes(origin) || bundle === "") {
    return { ca: none, notes: [] };
  }
  return (origin === "import" ? readIntermediate : readRoot)(reader, none, now);
}

function readIntermediate(
  reader: SettingsReader,
  given: GivenCa,
  now: Date,
): { ca: GivenCa; notes: string[] } {
  const { bundle, faults, notes } = parseCaBundle(given.bundle, given.passphrase || undefined, now);
  faults.forEach((fault) => reader.fault("caBundle", fault));
  const chain: GivenChain | undefined = bundle && {
    setting: "caBundle",
    ends: firstEnd(
      bundle.intermediateSubject,
      bundle.intermediateNotAfter,
      bundle.rootSubject,
      bundle.rootNotAfter,
    ),
    nameConstraints: bundle.nameConstraints,
    signsListener: true,
  };
  return {
    ca: {
      ...given,
      signingPem: bundle?.intermediatePem ?? "",
      rootPem: bundle?.rootPem ?? "",
      keyGiven: true,
      chain,
    },
    notes: notes.map((note) => `caBundle: ${note}`),
  };
}

function readRoot(reader: SettingsReader, given: GivenCa, now: Date): { ca: GivenCa; notes: string[] } {
  const { bundle, faults, notes } = parseRootBundle(given.bundle, given.passphrase || undefined, now);
  faults.forEach((fault) => reader.fault("caBundle", fault));
  const chain: GivenChain | undefined = bundle && {
    setting: "caBundle",
    ends: { what: `root "${bundle.rootSubject}"`, at: bundle.rootNotAfter },
    nameConstraints: bundle.nameConstraints,
    signsListener: false,
  };
  return {
    ca: {
      ...given,
      rootPem: bundle?.rootPem ?? "",
      rootFingerprint: bundle?.fingerprint ?? "",
      keyGiven: bundle?.keyPem !== undefined,
      chain,
    },
    notes: notes.map((note) => `caBundle: ${note}`),
  };
}

function readSigned(
  reader: SettingsReader,
  pem: string,
  given: GivenCa,
  now: Date,
): { ca: GivenCa; notes: string[] } {
  const { signed, faults, notes } = parseSignedCa(pem, now);
  faults.forEach((fault) => reader.fault("signedCaCertificate", fault));
  const chain: GivenChain | undefined = signed && {
    setting: "signedCaCertificate",
    ends: firstEnd(signed.subject, signed.notAfter, signed.rootSubject, signed.rootNotAfter),
    nameConstraints: signed.nameConstraints,
    signsListener: false,
  };
  return {
    ca: { ...given, rootPem: signed?.rootPem ?? "", chain },
    notes: notes.map((note) => `signedCaCertificate: ${note}`),
  };
}

/** Nobody trusts what outlives the intermediate that signed it, or the root: which of them ends first, and when. */
function firstEnd(intermediate: string, end: Date, root: string, rootEnd: Date): GivenChain["ends"] {
  return rootEnd < end
    ? { what: `root "${root}"`, at: rootEnd }
    : { what: `intermediate "${intermediate}"`, at: end };
}

/** Hours that an own CA of Vault's listener lives. */
const listenerCaHours = 175_200;

/** What is wrong between the lives of a CA that the program makes and of what stands below it. */
export function originFaults(settings: ReadableSettings): string[] {
  const { caOrigin: origin, rootCaMaxTtl, parentCaMaxTtl, vaultListenerCertificateHours } = settings;
  const faults: string[] = [];
  const generated = origin === "generate" || origin === "generate-in-vault";
  if (!origin || !rootCaMaxTtl || !parentCaMaxTtl) {
    return faults;
  }
  // A generated intermediate ends a day before its root.
  const rootHours = Math.floor(durationSeconds(rootCaMaxTtl) / 3600) - (origin === "generate" ? 24 : 0);
  if (generated && durationSeconds(parentCaMaxTtl) > rootHours * 3600) {
    faults.push(
      `rootCaMaxTtl: ${rootCaMaxTtl} is no root's life for a CA that signs for ${parentCaMaxTtl} (parentCaMaxTtl): give more, ` +
        "in whole hours, a day more than that at least, or lower parentCaMaxTtl",
    );
  }
  const listenerHours = origin === "generate" ? rootHours : listenerCaHours;
  if (origin !== "import" && (vaultListenerCertificateHours ?? 0) > listenerHours) {
    faults.push(
      `vaultListenerCertificateHours: ${vaultListenerCertificateHours} is longer than the CA that signs that certificate ` +
        `lives: give at most ${listenerHours}`,
    );
  }
  return faults;
}
