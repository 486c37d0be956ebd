import { CoreV1Api } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import {
  forgetPendingUpgrade,
  forgetUnrecordedRelease,
  type WantedRelease,
} from "./helm/interrupted-release";
import { HelmReleasesResource } from "./helm/releases-resource";
import type { Settings } from "./config";
import { requireKubeConfig, type KubeConfigSource } from "./components/internal/kubeconfig";

type NamespaceSettings = Pick<
  Settings,
  | "vaultRetainData"
  | "vaultNamespace"
  | "certManagerExisting"
  | "certManagerNamespace"
  | "demo"
  | "podinfoNamespace"
>;

/**
 * Makes the program's Helm releases survive interrupted runs and go in every state of the cluster; to be called before
 * any of them is made.
 *
 * - A release that an interrupted run has left behind is taken over, where Helm would refuse ("cannot re-use a name",
 *   "another operation is in progress").
 * - A destroy does not ask Helm, which fails when a release or the cluster is gone. The releases go with their
 *   namespaces, and what they have outside of them is deleted here.
 *
 * - Releases whose namespaces stay are left to Helm.
 */
export function superviseHelmReleases(source: KubeConfigSource, settings: NamespaceSettings): void {
  const { namespaces, leftToHelm } = goingNamespaces(settings);
  const releases = new HelmReleasesResource("helm-releases", {
    kubeconfig: source.kubeconfig ?? "",
    context: source.context ?? "",
    namespaces,
  });
  const beforeCreate = new pulumi.ResourceHook("helm-releases-before-create", async ({ newInputs }) =>
    note(await forgetUnrecordedRelease(client(source), newInputs as WantedRelease)),
  );
  const beforeUpdate = new pulumi.ResourceHook("helm-releases-before-update", async ({ newInputs }) =>
    note(await forgetPendingUpgrade(client(source), newInputs as WantedRelease)),
  );
  pulumi.runtime.registerResourceTransform(({ type, props, opts }) =>
    type === "kubernetes:helm.sh/v3:Release"
      ? {
          props,
          opts: pulumi.mergeOptions(opts, {
            dependsOn: releases,
            ...(leftToHelm.includes(String(props.name)) ? {} : { deletedWith: releases }),
            hooks: { beforeCreate: [beforeCreate], beforeUpdate: [beforeUpdate] },
          }),
        }
      : undefined,
  );
}

/** Namespaces that a destroy deletes with the releases in them, and the releases in those that stay. */
function goingNamespaces(settings: NamespaceSettings): { namespaces: string[]; leftToHelm: string[] } {
  const { vaultRetainData, certManagerExisting } = settings;
  return {
    namespaces: [
      ...(vaultRetainData ? [] : [settings.vaultNamespace]),
      ...(certManagerExisting ? [] : [settings.certManagerNamespace]),
      ...(settings.demo ? [settings.podinfoNamespace] : []),
    ],
    leftToHelm: [...(vaultRetainData ? ["vault"] : []), ...(certManagerExisting ? ["trust-manager"] : [])],
  };
}

function client(source: KubeConfigSource): CoreV1Api {
  return requireKubeConfig(source).makeApiClient(CoreV1Api);
}

async function note(dropped: string[]): Promise<void> {
  if (dropped.length > 0) {
    await pulumi.log.info(
      `an interrupted run had left Helm's ${dropped.join(", ")}: dropped, what it made is taken over`,
    );
  }
}
