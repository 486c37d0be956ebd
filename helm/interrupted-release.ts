import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import type { CoreV1Api, V1Secret } from "@kubernetes/client-node";

/** A release as the program wants it. */
export interface WantedRelease {
  namespace: string;
  name: string;
  /** Values for the chart. */
  values: object;
}

/**
 * Drops Helm's records of a release that is about to be installed: an interrupted run was still waiting for Helm's
 * answer, or had not noted it yet. What that run has made stays, and Helm takes it over.
 *
 * @returns what was dropped, for a note; empty when there was nothing
 * @throws Error when the release was installed with other values, and so may be somebody else's.
 */
export async function forgetUnrecordedRelease(api: CoreV1Api, wanted: WantedRelease): Promise<string[]> {
  const records = await recordsOf(api, wanted);
  for (const record of records) {
    if (!isDeepStrictEqual(plain(valuesIn(record)), plain(wanted.values))) {
      throw new Error(
        `there is a Helm release ${wanted.name} in namespace ${wanted.namespace} that this stack does not know, with other ` +
          `values than it is to have. If an interrupted run left it, run ` +
          `"kubectl -n ${wanted.namespace} delete secret -l owner=helm,name=${wanted.name}" and pulumi up again, which takes ` +
          `over what it has made; if it is somebody else's, choose another namespace`,
      );
    }
  }
  return drop(api, records);
}

/**
 * Drops Helm's records of an upgrade that was interrupted, without which Helm refuses the next one ("another operation
 * is in progress").
 *
 * @returns what was dropped, for a note; empty when there was nothing
 */
export async function forgetPendingUpgrade(
  api: CoreV1Api,
  release: { namespace: string; name: string },
): Promise<string[]> {
  const records = await recordsOf(api, release);
  const pending = records.filter(({ metadata }) => metadata?.labels?.status?.startsWith("pending-"));
  // Helm needs one that it can upgrade from.
  return pending.length < records.length ? drop(api, pending) : [];
}

async function recordsOf(api: CoreV1Api, release: { namespace: string; name: string }): Promise<V1Secret[]> {
  const { items } = await api.listNamespacedSecret({
    namespace: release.namespace,
    labelSelector: `owner=helm,name=${release.name}`,
  });
  return items;
}

async function drop(api: CoreV1Api, records: V1Secret[]): Promise<string[]> {
  for (const { metadata } of records) {
    await api.deleteNamespacedSecret({ name: metadata!.name!, namespace: metadata!.namespace! });
  }
  return records.map(
    ({ metadata }) => `${metadata!.name} (${metadata!.labels?.status ?? "without a status"})`,
  );
}

/** Helm keeps a release as gzipped JSON in base64, which the API encodes in base64 once more. */
function valuesIn({ data }: V1Secret): unknown {
  const encoded = Buffer.from(data?.release ?? "", "base64").toString();
  const release = JSON.parse(gunzipSync(Buffer.from(encoded, "base64")).toString()) as { config?: unknown };
  return release.config ?? {};
}

/** As JSON sees it: neither undefined values nor an order of keys. */
function plain(values: unknown): unknown {
  return JSON.parse(JSON.stringify(values)) as unknown;
}
