import { CoreV1Api, StorageV1Api, type KubeConfig, type V1StorageClass } from "@kubernetes/client-node";
import { unlessMissing } from "../components/internal/unless-missing";
import type { ReadableSettings } from "./rules";

/** The volumes that Vault is going to claim. */
export interface WantedVolumes {
  namespace: string;
  count: number;
}

/** Of a class whose volumes are made by hand. */
const byHand = "kubernetes.io/no-provisioner";

/** Provisioners that were once a part of Kubernetes, and the drivers that do their work now. */
const successors: Record<string, string> = {
  "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
  "kubernetes.io/azure-disk": "disk.csi.azure.com",
  "kubernetes.io/azure-file": "file.csi.azure.com",
  "kubernetes.io/cinder": "cinder.csi.openstack.org",
  "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
  "kubernetes.io/portworx-volume": "pxd.portworx.com",
  "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
};

/** Of each of Vault's nodes one for data and one for the audit log; one for snapshots. */
export function wantedVolumes({
  vaultNamespace,
  vaultReplicas,
  vaultSnapshotSchedule,
}: ReadableSettings): WantedVolumes | undefined {
  return vaultNamespace === undefined || vaultReplicas === undefined
    ? undefined
    : { namespace: vaultNamespace, count: 2 * vaultReplicas + (vaultSnapshotSchedule ? 1 : 0) };
}

/** The class that claims get: the named one, or the only default one; undefined where there is none of these. */
export function classInUse(
  wanted: string,
  classes: V1StorageClass[],
  defaultAnnotation: string,
): V1StorageClass | undefined {
  if (wanted !== "") {
    return classes.find(({ metadata }) => metadata?.name === wanted);
  }
  const defaults = classes.filter(({ metadata }) => metadata?.annotations?.[defaultAnnotation] === "true");
  return defaults.length === 1 ? defaults[0] : undefined;
}

/**
 * Why claims of a class would wait for ever: Vault's pods would stay Pending, and the run would wait for them in vain.
 * A class whose claims Vault has already is as it should be.
 */
export async function bindingFaults(
  config: KubeConfig,
  { provisioner, metadata }: V1StorageClass,
  { namespace, count }: WantedVolumes,
  where: string,
): Promise<string[]> {
  const name = metadata?.name ?? "";
  const core = config.makeApiClient(CoreV1Api);
  if (provisioner !== byHand && !successors[provisioner]) {
    return [];
  }
  const claims = await unlessMissing(core.listNamespacedPersistentVolumeClaim({ namespace }));
  if (
    claims?.items.some(({ spec, status }) => spec?.storageClassName === name && status?.phase === "Bound")
  ) {
    return [];
  }
  const begin = `vaultStorageClass: no volume of ${name} would come about in the cluster of ${where}: `;
  const driver = successors[provisioner];
  if (driver) {
    const drivers = await unlessMissing(config.makeApiClient(StorageV1Api).listCSIDriver());
    return drivers && !drivers.items.some((one) => one.metadata?.name === driver)
      ? [
          `${begin}it is ${provisioner}'s, whose work the CSI driver ${driver} does, which is not installed: install it, or ` +
            '"pulumi config set vaultStorageClass NAME"',
        ]
      : [];
  }
  const volumes = await unlessMissing(core.listPersistentVolume());
  const free = (volumes?.items ?? []).filter(
    ({ spec, status }) => spec?.storageClassName === name && status?.phase === "Available",
  ).length;
  return volumes && free < count
    ? [
        `${begin}its volumes are made by hand (${byHand}), Vault claims ${count}, and ${free} are available: make them, or ` +
          '"pulumi config set vaultStorageClass NAME"',
      ]
    : [];
}
