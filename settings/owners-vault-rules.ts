import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { readPemBlocks } from "../components/internal/pem";
import type { Kind } from "../components/internal/validate";
import type { SettingsReader } from "./reader";
import type { ReadableSettings } from "./rules";
import { isVaultUrl } from "./vault-endpoint";

/** The kind of vaultExisting, and of the addresses that go with it. */
export const urlOrNone: Kind = {
  holds: (text) => text === "" || isVaultUrl(text),
  wanted: 'an https:// URL without a path, such as https://vault.homelab.local:8200, or "" for none',
};

/**
 * Settings that promise something of the Vault that is installed here, with the value by which they promise nothing.
 * Those that only say how it is installed, such as its chart or its volumes' size, mean nothing with vaultExisting.
 */
export const promises = {
  vaultEndpoint: "auto",
  vaultReplicas: 1,
  vaultStorage: "",
  vaultSnapshotSchedule: "",
  vaultRetainData: false,
  vaultKeyShares: 1,
  vaultKeyThreshold: 1,
  vaultAutoUnseal: true,
  vaultPgpKeys: [],
  vaultRootToken: "keep",
  rotateToken: 0,
} satisfies ReadableSettings;

/** Settings that mean something with vaultExisting only, with the value by which they say nothing. */
const further = {
  vaultCaPem: "",
  vaultClusterAddress: "",
  vaultKubernetesHost: "",
  vaultAuthPath: "kubernetes",
} satisfies ReadableSettings;

/**
 * The settings without those of a Vault that is installed here, where a Vault of the owner's takes its place: whatever
 * they say is no fault between them then, and `ownersVaultFaults` has looked at them.
 */
export function withoutUnusedVault(settings: ReadableSettings): ReadableSettings {
  if (!settings.vaultExisting) {
    return settings;
  }
  return {
    ...settings,
    ...Object.fromEntries(Object.keys(promises).map((name) => [name, undefined])),
    vaultLoadBalancerIp: undefined,
    vaultStorageClass: undefined,
    vaultAuditLogMaxSize: undefined,
    vaultListenerCertificateHours: undefined,
    vaultListenerRenewalHours: undefined,
    vaultTokenPeriod: undefined,
  };
}

/** What is wrong between vaultExisting and the other settings. */
export function ownersVaultFaults(settings: ReadableSettings): string[] {
  if (settings.vaultExisting === undefined) {
    return [];
  }
  if (settings.vaultExisting === "") {
    return changed(settings, further).map(
      (name) =>
        `${name}: is set, and vaultExisting, which it goes with, is empty: give vaultExisting the address of your Vault, or ` +
        `"pulumi config rm ${name}"`,
    );
  }
  return [
    ...changed(settings, promises).map(
      (name) =>
        `${name}: is set, and is about a Vault that is installed here, which there is none of with vaultExisting: ` +
        `"pulumi config rm ${name}", or vaultExisting ""`,
    ),
    ...caFaults(settings),
    ...proxyFaults(settings),
  ];
}

function changed(settings: ReadableSettings, neutral: ReadableSettings): string[] {
  const names = Object.keys(neutral) as (keyof ReadableSettings)[];
  return names.filter(
    (name) =>
      settings[name] !== undefined && JSON.stringify(settings[name]) !== JSON.stringify(neutral[name]),
  );
}

function caFaults({ vaultCaPem, pkiHost }: ReadableSettings): string[] {
  if (vaultCaPem === undefined) {
    return [];
  }
  if (vaultCaPem.trim() === "") {
    return pkiHost
      ? [
          "pkiHost: the proxy behind it checks the certificate of your Vault against vaultCaPem, which is empty: give " +
            '"pulumi config set vaultCaPem < ca.pem", or pkiHost ""',
        ]
      : [];
  }
  const { blocks, faults } = readPemBlocks(vaultCaPem);
  const others = blocks.filter(({ label }) => label !== "CERTIFICATE");
  return [
    ...faults,
    // What is public is in the settings in clear.
    ...(others.length > 0 ? [`holds a ${others[0]!.label} as well: give certificates only`] : []),
    ...(blocks.some((block) => !others.includes(block) && !isReadable(block.pem))
      ? ["holds a certificate that cannot be read: give it as it was issued"]
      : []),
  ].map((fault) => `vaultCaPem: ${fault}`);
}

/** HAProxy looks for names in a certificate, and not for IP addresses. */
function proxyFaults({ vaultExisting, vaultClusterAddress, pkiHost }: ReadableSettings): string[] {
  const url = vaultClusterAddress || vaultExisting;
  if (!pkiHost || !url || isIP(new URL(url).hostname) === 0) {
    return [];
  }
  return [
    `pkiHost: the proxy behind it checks the certificate of your Vault by a host name, and ${url} has none: give ` +
      'vaultClusterAddress with a name that the cluster resolves and that certificate has, or pkiHost ""',
  ];
}

function isReadable(pem: string): boolean {
  try {
    return new X509Certificate(pem).publicKey.type === "public";
  } catch {
    return false;
  }
}

/** Reads vaultToken, and faults it where it is missing or of no use. */
export function readVaultToken(reader: SettingsReader, { vaultExisting }: ReadableSettings): string {
  const token = reader.secretText("vaultToken") ?? "";
  if (/\s/.test(token)) {
    reader.fault("vaultToken", "holds white space: give the token alone, as Vault wrote it");
  }
  if (vaultExisting && token === "") {
    reader.fault(
      "vaultToken",
      'is not set, and vaultExisting is: "pulumi config set --secret vaultToken" asks for the token that Pulumi is to work with',
    );
  }
  if (vaultExisting === "" && token !== "") {
    reader.fault(
      "vaultToken",
      "is set, and vaultExisting, which it goes with, is empty: give vaultExisting the address of your Vault, or " +
        '"pulumi config rm vaultToken"',
    );
  }
  return token;
}
