import * as pulumi from "@pulumi/pulumi";
import { joinRoots } from "./components/internal/trusted-roots";
import { isUnsealKey, type Kind } from "./components/internal/validate";
import { readGivenCa } from "./settings/ca-origin";
import { canaryDnsName, readIssuers } from "./settings/issuers";
import { keyNotes } from "./settings/key-rules";
import { rootFaults, rootNotes } from "./settings/root-rules";
import { readVaultToken } from "./settings/owners-vault-rules";
import { SettingsReader } from "./settings/reader";
import { ruleFaults, type ReadableSettings } from "./settings/rules";
import {
  booleanSettings,
  listSettings,
  numberSettings,
  settingNames,
  textSettings,
  type PlainSettings,
} from "./settings/table";

/** All settings of the stack, checked, and what follows from them. */
export interface Settings extends PlainSettings {
  caBundle: pulumi.Output<string>;
  caPassphrase: pulumi.Output<string>;
  vaultExistingUnsealKeys: pulumi.Output<string[]>;
  vaultExistingRootToken: pulumi.Output<string>;
  vaultToken: pulumi.Output<string>;
  /**
   * PEM: the certificate of the owner that signs Vault's listener; empty where another CA does, or the listener is that
   * of a Vault that is there.
   */
  signingCertificatePem: string;
  /** PEM: the root, public; empty where it comes into being in the run. */
  rootCertificatePem: string;
  /** PEM: that root and the additional ones. */
  trustedRootsPem: string;
  /** SHA-256 of the root that Vault is to hold itself; empty where it holds none of the owner's. */
  caRootFingerprint: string;
  /** Whether `caBundle` holds the key of what is imported. */
  caKeyGiven: boolean;
  /** Host whose certificate proves that the issuer works, below the first of `domains`. */
  canaryDnsName: string;
}

export interface ReadSettings {
  /** There exactly when there are no faults. */
  settings?: Settings;
  /** Settings that could be read, whatever is wrong with the others. */
  readable: ReadableSettings;
  /** All that is wrong, each beginning with the setting's name; no secrets. */
  faults: string[];
  /** What was put right; no secrets. */
  notes: string[];
}

/** Reads every setting of the stack and checks it, alone and with the others. Never throws. */
export function readSettings(now = new Date()): ReadSettings {
  const reader = new SettingsReader();
  const readable: ReadableSettings = readPlain(reader);
  const { ca, notes } = readGivenCa(reader, readable, now);
  const existing = readExistingKeys(reader, readable);
  const vaultToken = readVaultToken(reader, readable);
  reader.refuseUnknown(settingNames);
  const faults = [
    ...reader.faults,
    ...ruleFaults(readable, ca.chain, now),
    ...rootFaults(readable, ca.rootPem),
  ];
  if (faults.length > 0) {
    return { readable, faults, notes };
  }
  const plain = readable as PlainSettings;
  notes.push(...keyNotes(plain), ...rootNotes(plain, ca.rootPem, now));
  return {
    settings: {
      ...plain,
      vaultAutoUnseal: plain.vaultAutoUnseal && plain.vaultPgpKeys.length === 0,
      caBundle: pulumi.secret(ca.bundle),
      caPassphrase: pulumi.secret(ca.passphrase),
      vaultExistingUnsealKeys: pulumi.secret(existing.unsealKeys),
      vaultExistingRootToken: pulumi.secret(existing.rootToken),
      vaultToken: pulumi.secret(vaultToken),
      signingCertificatePem: plain.vaultExisting ? "" : ca.signingPem,
      rootCertificatePem: ca.rootPem,
      trustedRootsPem: joinRoots(ca.rootPem, plain.additionalRootCertificates),
      caRootFingerprint: ca.rootFingerprint,
      caKeyGiven: ca.keyGiven,
      canaryDnsName: canaryDnsName(plain.domains[0]!),
    },
    readable,
    faults,
    notes,
  };
}

function readPlain(reader: SettingsReader): ReadableSettings {
  const plain: ReadableSettings = {
    ...mapTable(textSettings, (name, kind: Kind) => reader.text(name, kind)),
    ...mapTable(listSettings, (name, kind: Kind) => reader.list(name, kind)),
    ...mapTable(numberSettings, (name, range: [number, number]) => reader.number(name, range)),
    ...Object.fromEntries(booleanSettings.map((name) => [name, reader.boolean(name)])),
  };
  return {
    ...plain,
    issuers: readIssuers(reader, { maxTtl: plain.issuingCaRoleMaxTtl, mount: plain.issuingCaMountPath }),
  };
}

function mapTable<Entry, Value>(
  table: Record<string, Entry>,
  read: (name: string, entry: Entry) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, read(name, entry)]));
}

/** Keys of a Vault that is initialised already, all that it takes to unseal it and to log in; or a new root token. */
function readExistingKeys(
  reader: SettingsReader,
  { vaultExisting, vaultKeyThreshold: threshold, vaultPgpKeys }: ReadableSettings,
): { unsealKeys: string[]; rootToken: string } {
  const unsealKeys = reader.secretList("vaultExistingUnsealKeys");
  const rootToken = reader.secretText("vaultExistingRootToken") ?? "";
  const given = unsealKeys?.length ?? 0;
  if (vaultExisting) {
    const names = [
      ...(given > 0 ? ["vaultExistingUnsealKeys"] : []),
      ...(rootToken ? ["vaultExistingRootToken"] : []),
    ];
    for (const name of names) {
      reader.fault(
        name,
        "is set, and is for a Vault that is installed here and that somebody has initialised, which there is none of with " +
          `vaultExisting: "pulumi config rm ${name}"; the token for vaultExisting is vaultToken`,
      );
    }
    return { unsealKeys: [], rootToken: "" };
  }
  if (unsealKeys?.some((key) => !isUnsealKey(key))) {
    reader.fault(
      "vaultExistingUnsealKeys",
      "holds something that is no unseal key: give them as Vault wrote them",
    );
  }
  if (new Set(unsealKeys).size < given) {
    reader.fault("vaultExistingUnsealKeys", "holds the same key twice: give different ones");
  }
  if (given > 0 && threshold !== undefined && given < threshold) {
    reader.fault(
      "vaultExistingUnsealKeys",
      `holds ${given} of the ${threshold} keys that vaultKeyThreshold asks for: give as many as it takes to unseal`,
    );
  }
  if (given > 0 && vaultPgpKeys && vaultPgpKeys.length > 0) {
    reader.fault(
      "vaultExistingUnsealKeys",
      "is set, and so is vaultPgpKeys, which is for a Vault whose keys are made by this program: give one of them",
    );
  }
  if (given > 0 && !rootToken) {
    reader.fault(
      "vaultExistingRootToken",
      "is not set, but vaultExistingUnsealKeys is: give the root token as well",
    );
  }
  if (/\s/.test(rootToken)) {
    reader.fault("vaultExistingRootToken", "holds white space: give the token alone, as Vault wrote it");
  }
  return { unsealKeys: unsealKeys ?? [], rootToken };
}
