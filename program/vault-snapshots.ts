import * as pulumi from "@pulumi/pulumi";
import { VaultSnapshots } from "../components";
import type { Preflight } from "../settings/preflight";
import type { Vault } from "./vault";

/**
 * The snapshots of Vault's storage, where the settings have a schedule for them.
 *
 * @param authPath Path of the auth method by which their job logs in.
 */
export function scheduleSnapshots(
  settings: Preflight,
  { namespace, clusterAddress, inside }: Vault,
  authPath: pulumi.Output<string>,
): void {
  if (!settings.vaultSnapshotSchedule) {
    return;
  }
  new VaultSnapshots(
    "vault-snapshots",
    {
      namespace,
      address: clusterAddress,
      schedule: settings.vaultSnapshotSchedule,
      keep: settings.vaultSnapshotKeep,
      storageClass: settings.vaultStorageClass,
      storageSize: settings.vaultSnapshotStorageSize,
      imageRepository: settings.vaultImageRepository,
      imageTag: settings.vaultImageTag,
      authPath,
      reason: settings.snapshotsMissingSince && `none since ${settings.snapshotsMissingSince}`,
    },
    inside,
  );
}
