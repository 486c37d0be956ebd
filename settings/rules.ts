import { isIP } from "node:net";
import { durationSeconds } from "../components/internal/duration";
import { listenerDnsNames } from "../components/internal/listener-names";
import { nameConstraintFaults, unusableConstraintFaults } from "../components/internal/name-constraints";
import { storageBytes } from "../components/internal/storage-size";
import { auditLogFiles } from "../components/internal/unsealer";
import { admits } from "../components/internal/validate";
import { approverFaults } from "./approver-rules";
import { originFaults, type GivenChain } from "./ca-origin";
import { withoutUnusedPage } from "./demo";
import { issuerFaults } from "./issuer-rules";
import { canaryDnsName, type ReadableIssuer } from "./issuers";
import { tokenFaults } from "./key-rules";
import { collide } from "./mount-paths";
import { ownersVaultFaults, withoutUnusedVault } from "./owners-vault-rules";
import { pkiHostFaults } from "./pki-host-rules";
import type { PlainSettings } from "./table";
import { trustFaults } from "./trust-rules";
import { endpointFaults, endpointHosts } from "./vault-endpoint";

/** Settings that could be read; those at fault by themselves are missing. */
export type ReadableSettings = {
  [K in keyof PlainSettings]?: K extends "issuers" ? ReadableIssuer[] : PlainSettings[K];
};

/** What is wrong between settings that are each right by themselves. */
export function ruleFaults(given: ReadableSettings, chain: GivenChain | undefined, now: Date): string[] {
  // The listener of a Vault that is there has its certificate already.
  const bundle = chain && { ...chain, signsListener: chain.signsListener && !given.vaultExisting };
  const settings = withoutUnusedVault(withoutUnusedPage(given));
  return [
    ...ownersVaultFaults(given),
    ...shareFaults(settings),
    ...endpointFaults(settings),
    ...tokenFaults(settings),
    ...originFaults(settings),
    ...storageFaults(settings),
    ...lifetimeFaults(settings, bundle, now),
    ...listenerFaults(settings, bundle, now),
    ...auditFaults(settings),
    ...hostFaults(settings),
    ...pkiHostFaults(settings),
    ...placeFaults(settings),
    ...issuerFaults(settings, bundle),
    ...approverFaults(settings),
    ...trustFaults(settings),
    ...(bundle ? constraintFaults(settings, bundle) : []),
  ];
}

function shareFaults({ vaultKeyShares, vaultKeyThreshold }: ReadableSettings): string[] {
  if (vaultKeyShares === undefined || vaultKeyThreshold === undefined) {
    return [];
  }
  if (vaultKeyThreshold > vaultKeyShares) {
    return [
      `vaultKeyThreshold: ${vaultKeyThreshold} of ${vaultKeyShares} keys could never be brought together: ` +
        `give at most vaultKeyShares (${vaultKeyShares}), or more shares`,
    ];
  }
  if (vaultKeyThreshold === 1 && vaultKeyShares > 1) {
    return [
      `vaultKeyThreshold: Vault refuses a threshold of 1 with ${vaultKeyShares} shares: give 2 or more, or 1 share`,
    ];
  }
  return [];
}

/** What Vault stores its data with, from two settings. */
export function vaultStorageOf(settings: Pick<PlainSettings, "vaultStorage" | "vaultReplicas">): string {
  return settings.vaultStorage || (settings.vaultReplicas > 1 ? "raft" : "file");
}

function storageFaults(settings: ReadableSettings): string[] {
  const { vaultReplicas, vaultStorage, vaultSnapshotSchedule, vaultPgpKeys } = settings;
  if (vaultReplicas === undefined || vaultStorage === undefined) {
    return [];
  }
  const faults: string[] = [];
  if (vaultReplicas % 2 === 0) {
    faults.push(
      `vaultReplicas: ${vaultReplicas} nodes can lose no more of them than ${vaultReplicas - 1} can: give 1, 3 or 5`,
    );
  }
  if (vaultReplicas > 1 && vaultStorage === "file") {
    faults.push(
      `vaultStorage: file storage belongs to one node, and vaultReplicas is ${vaultReplicas}: ` +
        'give "" or raft, or vaultReplicas 1',
    );
  }
  if (vaultReplicas > 1 && vaultPgpKeys?.length) {
    faults.push(
      `vaultReplicas: each of the ${vaultReplicas} nodes would have to be unsealed by the owners of vaultPgpKeys, and Vault's ` +
        "address leads to any of them: give vaultReplicas 1, or no vaultPgpKeys",
    );
  }
  if (vaultSnapshotSchedule && vaultStorageOf({ vaultReplicas, vaultStorage }) === "file") {
    faults.push(
      "vaultSnapshotSchedule: Vault takes snapshots of raft storage only, and this Vault has file storage: " +
        'give vaultStorage raft to a new Vault, or vaultSnapshotSchedule ""',
    );
  }
  return faults;
}

/** leaf ≤ issuing CA ≤ parent ≤ the imported certificate's own end */
function lifetimeFaults(settings: ReadableSettings, bundle: GivenChain | undefined, now: Date): string[] {
  const faults: string[] = [];
  const inOrder = (shorter: keyof typeof what, longer: keyof typeof what) => {
    const [short, long] = [settings[shorter], settings[longer]];
    if (short && long && durationSeconds(short) > durationSeconds(long)) {
      faults.push(
        `${shorter}: ${short}, ${what[shorter]}, is longer than ${longer} (${long}), ${what[longer]}: ` +
          `lower ${shorter} or raise ${longer}`,
      );
    }
  };
  const what = {
    issuingCaRoleMaxTtl: "the life of a certificate",
    issuingCaMaxTtl: "the life of the issuing CA",
    parentCaRoleMaxTtl: "the life of a certificate of the parent CA",
    parentCaMaxTtl: "the longest life of what the parent CA signs",
  };
  inOrder("issuingCaRoleMaxTtl", "issuingCaMaxTtl");
  inOrder("issuingCaMaxTtl", "parentCaMaxTtl");
  inOrder("parentCaRoleMaxTtl", "parentCaMaxTtl");

  const { parentCaMaxTtl, issuingCaRoleMaxTtl } = settings;
  if (issuingCaRoleMaxTtl && durationSeconds(issuingCaRoleMaxTtl) < 3600) {
    faults.push(
      `issuingCaRoleMaxTtl: ${issuingCaRoleMaxTtl} is less than cert-manager asks for: give 1h or more`,
    );
  }
  if (bundle && parentCaMaxTtl) {
    faults.push(...importedLifeFaults(parentCaMaxTtl, bundle, now));
  }
  return faults;
}

function listenerFaults(settings: ReadableSettings, bundle: GivenChain | undefined, now: Date): string[] {
  const { vaultListenerCertificateHours: life, vaultListenerRenewalHours: renewal } = settings;
  const faults: string[] = [];
  if (life !== undefined && renewal !== undefined && renewal > life) {
    faults.push(
      `vaultListenerRenewalHours: ${renewal} is longer than vaultListenerCertificateHours (${life}), the life of the ` +
        `certificate: give at most ${life}`,
    );
  }
  if (bundle?.signsListener && life !== undefined) {
    const { what, at } = bundle.ends;
    const left = Math.floor((at.getTime() - now.getTime()) / 3600_000);
    if (life > left) {
      faults.push(
        `vaultListenerCertificateHours: ${life} is longer than the imported ${what}, which stands above that ` +
          `certificate, lives: give at most ${left}, or a certificate that lives longer`,
      );
    }
  }
  return faults;
}

function auditFaults({
  vaultAuditLogMaxSize: log,
  vaultAuditStorageSize: volume,
}: ReadableSettings): string[] {
  if (!log || !volume || storageBytes(log) * auditLogFiles <= storageBytes(volume)) {
    return [];
  }
  return [
    `vaultAuditLogMaxSize: ${auditLogFiles} files of ${log} do not fit into vaultAuditStorageSize (${volume}): ` +
      `lower vaultAuditLogMaxSize to a ${auditLogFiles}th of it, or raise vaultAuditStorageSize`,
  ];
}

function importedLifeFaults(parentCaMaxTtl: string, bundle: GivenChain, now: Date): string[] {
  const { what, at } = bundle.ends;
  const left = Math.floor((at.getTime() - now.getTime()) / 1000);
  if (durationSeconds(parentCaMaxTtl) <= left) {
    return [];
  }
  const most = left < 3600 ? `${left}s` : `${Math.floor(left / 3600)}h`;
  return [
    `parentCaMaxTtl: ${parentCaMaxTtl} is longer than the imported ${what} lives, ` +
      `which ends at ${at.toISOString()}: give at most ${most}, or a certificate that lives longer`,
  ];
}

function hostFaults({ domains, podinfoHost, podinfoAliases }: ReadableSettings): string[] {
  const faults: string[] = [];
  if (domains?.length === 0) {
    faults.push("domains: is empty, so that no host could get a certificate: list one domain or more");
  }
  const notAdmitted = (name: string, host: string) => {
    if (domains && domains.length > 0 && !admits(domains, host)) {
      faults.push(
        `${name}: no role of Vault would admit ${host}, which is neither one of domains (${domains.join(", ")}) ` +
          `nor below one: add its domain to domains, or choose another host`,
      );
    }
  };
  if (podinfoHost) {
    notAdmitted("podinfoHost", podinfoHost);
    if (podinfoHost.length > 64) {
      faults.push(
        `podinfoHost: ${podinfoHost} is longer than the 64 characters of a common name: choose a shorter host`,
      );
    }
  }
  podinfoAliases?.forEach((alias, index) => {
    notAdmitted("podinfoAliases", alias);
    if (alias === podinfoHost || podinfoAliases.indexOf(alias) !== index) {
      faults.push(`podinfoAliases: ${alias} is given twice: list each host once, podinfoHost not at all`);
    }
  });
  return faults;
}

/** Places that two things cannot have at once. */
function placeFaults(settings: ReadableSettings): string[] {
  const faults: string[] = [];
  const namespaces = ["vaultNamespace", "certManagerNamespace", "podinfoNamespace"] as const;
  namespaces.forEach((name, index) => {
    const namespace = settings[name];
    const other = namespaces.slice(0, index).find((earlier) => settings[earlier] === namespace);
    if (namespace && other) {
      faults.push(`${name}: ${namespace} is ${other} already: give each a namespace of its own`);
    }
    const isMade = name !== "certManagerNamespace" || !settings.certManagerExisting;
    if (namespace && isMade && (namespace === "default" || namespace.startsWith("kube-"))) {
      faults.push(`${name}: ${namespace} is the cluster's own: give a namespace that the program is to make`);
    }
  });
  const { parentCaMountPath: parent, issuingCaMountPath: issuing } = settings;
  if (parent && issuing && collide(parent, issuing)) {
    faults.push(
      `issuingCaMountPath: ${issuing} and parentCaMountPath (${parent}) are the same or one inside the other, ` +
        "which Vault refuses: give two paths apart",
    );
  }
  return faults;
}

function constraintFaults(settings: ReadableSettings, bundle: GivenChain): string[] {
  const { domains, podinfoHost, podinfoAliases, vaultNamespace, vaultLoadBalancerIp, vaultEndpoint } =
    settings;
  const endpoint =
    vaultEndpoint !== undefined && vaultLoadBalancerIp !== undefined && vaultNamespace !== undefined
      ? endpointHosts({ vaultEndpoint, vaultLoadBalancerIp, vaultNamespace })
      : [];
  const canary = domains?.[0] === undefined ? [] : canaryDnsName(domains[0]);
  return [
    ...unusableConstraintFaults(bundle.nameConstraints).map((fault) => `${bundle.setting}: ${fault}`),
    ...nameConstraintFaults(bundle.nameConstraints, {
      domains: domains ?? [],
      dnsNames: [podinfoHost ?? [], podinfoAliases ?? [], canary].flat(),
      ipAddresses: [],
    }).map((fault) => `domains: ${fault}`),
    ...nameConstraintFaults(bundle.signsListener ? bundle.nameConstraints : [], {
      domains: [],
      dnsNames: [
        ...(vaultNamespace ? listenerDnsNames(vaultNamespace) : []),
        ...endpoint.filter((host) => !isIP(host)),
      ],
      ipAddresses: [
        "127.0.0.1",
        ...(vaultLoadBalancerIp ? [vaultLoadBalancerIp] : []),
        ...endpoint.filter((host) => isIP(host)),
      ],
    }).map((fault) => `caBundle: for Vault's own listener, ${fault}`),
  ];
}
