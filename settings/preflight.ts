import * as pulumi from "@pulumi/pulumi";
import { presentApproval } from "./approver-rules";
import { checkCluster } from "./cluster";
import { neededIngressClass } from "./demo";
import { existingCertManagerFaults } from "./existing-cert-manager";
import { checkExistingVault, snapshotsMissingSince } from "./existing-vault";
import { foreignObjectFaults } from "./foreign-objects";
import { namespacesOfIssuers } from "./issuers";
import { checkOwnersVault, type OwnersVault } from "./owners-vault";
import { withoutUnusedVault } from "./owners-vault-rules";
import { pgpKeyFaults } from "./key-rules";
import { checkAuthorityChange } from "./root-change";
import { wantedVolumes } from "./storage-class";
import { trustTargetFaults } from "./trust-rules";
import { forwardNeeds } from "./vault-endpoint";
import { withoutStack } from "../components/internal/without-stack";
import type { KubeConfigSource } from "../components/internal/kubeconfig";
import { readSettings, type Settings } from "../config";
import { stackIdentity } from "../stack-mark";

/** Where the Kubernetes provider's own settings point. */
export function kubeConfigSource(): KubeConfigSource {
  return {
    kubeconfig: pulumi.runtime.getConfig("kubernetes:kubeconfig"),
    context: pulumi.runtime.getConfig("kubernetes:context"),
    environment: process.env.KUBECONFIG,
  };
}

export interface Preflight extends Settings {
  /** ISO time since which the schedule of snapshots has come to nothing; undefined when it has not. */
  snapshotsMissingSince?: string;
  /** Whether cert-manager approves requests itself now, where `approverPolicy` is to make an end to that. */
  approvedByCertManager: boolean;
  /** What the Vault of `vaultExisting` has told; undefined without one. */
  ownersVault?: OwnersVault;
}

/**
 * The settings, when everything about them and the cluster is right; before anything is created, and all faults at
 * once otherwise.
 *
 * @throws pulumi.RunError with one line a fault, which Pulumi prints without a stack.
 */
export async function preflight(): Promise<Preflight> {
  const { settings, readable, faults, notes } = readSettings();
  const source = kubeConfigSource();
  const wanted = withoutUnusedVault(readable);
  const clusterFaults = await checkCluster(source, {
    storageClass: wanted.vaultStorageClass,
    volumes: wantedVolumes(wanted),
    ingressClass: neededIngressClass(readable),
    namespaces: namespacesOfIssuers(readable.issuers ?? []),
    monitoring: readable.monitoring,
    ...forwardNeeds(wanted),
  });
  const reachable = settings !== undefined && clusterFaults.length === 0;
  const [foreignFaults, certManagerFaults, ownersVault, existingFaults, authority, trustFaults] = reachable
    ? await Promise.all([
        foreignObjectFaults(source, settings, stackIdentity()),
        existingCertManagerFaults(source, settings, stackIdentity()),
        checkOwnersVault(source, settings, stackIdentity()),
        checkExistingVault(source, settings),
        checkAuthorityChange(source, settings),
        trustTargetFaults(source, settings),
      ])
    : [[], [], { faults: [], notes: [] }, [], { faults: [], notes: [] }, []];
  const all = [
    ...faults,
    ...(await pgpKeyFaults(readable)),
    ...clusterFaults,
    ...foreignFaults,
    ...certManagerFaults,
    ...ownersVault.faults,
    ...existingFaults,
    ...authority.faults,
    ...trustFaults,
  ];
  if (!settings || all.length > 0) {
    const count = all.length === 1 ? "one thing has" : `${all.length} things have`;
    throw withoutStack(
      new pulumi.RunError(
        [`${count} to be put right; nothing was created:`, ...all.map((fault) => `  - ${fault}`)].join("\n"),
      ),
    );
  }
  for (const note of notes) {
    await pulumi.log.info(note);
  }
  for (const note of [...authority.notes, ...ownersVault.notes]) {
    await pulumi.log.warn(note);
  }
  const approval = await presentApproval(source, settings);
  for (const note of approval.notes) {
    await pulumi.log.warn(note);
  }
  const missing = await snapshotsMissingSince(source, settings);
  if (missing) {
    await pulumi.log.warn(
      `vaultSnapshotSchedule: the last snapshot by schedule is of ${missing}: look at "kubectl -n ${settings.vaultNamespace} ` +
        `describe cronjob,jobs". An up takes one now, and fails if it cannot`,
    );
  }
  return {
    ...settings,
    snapshotsMissingSince: missing,
    approvedByCertManager: approval.byCertManager,
    ownersVault: ownersVault.found,
  };
}
