import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  type V1Pod,
  type V1StatefulSet,
} from "@kubernetes/client-node";

/** A StatefulSet in the cluster. */
export interface StatefulSetName {
  namespace: string;
  statefulSet: string;
}

/** How far the pods of a StatefulSet have been restarted for their present template. */
export interface Rollout {
  /** Whether nothing is left to be restarted. A pod that is lost later begins no rollout. */
  over: boolean;
  /** Pods that are of the present template and ready. */
  done: number;
  replicas: number;
  /** What is waited for, one text for each of the other pods that is on its way. */
  waitedFor: string[];
}

/** Says of each pod which template it is of: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#revision-labels */
const revisionLabel = "controller-revision-hash";

/**
 * Asks how far a rollout is. Where restarts are left to the owner (`OnDelete`), there is none.
 *
 * @throws Error when the cluster does not answer, or there is no such StatefulSet.
 */
export async function rolloutOf(
  config: KubeConfig,
  { namespace, statefulSet: name }: StatefulSetName,
): Promise<Rollout> {
  const set = await config.makeApiClient(AppsV1Api).readNamespacedStatefulSet({ name, namespace });
  const replicas = set.spec?.replicas ?? 1;
  if (isOver(set)) {
    return { over: true, done: replicas, replicas, waitedFor: [] };
  }
  const labels = Object.entries(set.spec?.selector.matchLabels ?? {});
  const labelSelector = labels.map(([label, value]) => `${label}=${value}`).join();
  const { items } = await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace, labelSelector });
  const pods = new Map(items.map((pod) => [pod.metadata?.name, pod]));
  const names = Array.from({ length: replicas }, (_, ordinal) => `${name}-${ordinal}`);
  const revision = set.status?.updateRevision;
  const lacks = names.map((pod) => lackOf(pods.get(pod), revision));
  return {
    over: false,
    // Before the controller has seen the template, its pods are those of the one before.
    done: isObserved(set) ? lacks.filter((lack) => lack === undefined).length : 0,
    replicas,
    waitedFor: names.flatMap((pod, ordinal) =>
      lacks[ordinal] === undefined || lacks[ordinal] === former ? [] : [`${pod} ${lacks[ordinal]}`],
    ),
  };
}

/** The two revisions become one when every pod is of the new one and ready. */
function isOver(set: V1StatefulSet): boolean {
  const { currentRevision, updateRevision } = set.status ?? {};
  const byOwner = set.spec?.updateStrategy?.type === "OnDelete";
  return byOwner || (isObserved(set) && currentRevision === updateRevision);
}

function isObserved({ metadata, status }: V1StatefulSet): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
}

const former = "is to be restarted";

/** What a pod lacks to be done. */
function lackOf(pod: V1Pod | undefined, revision: string | undefined): string | undefined {
  if (!pod) {
    return "is not there";
  }
  if (pod.metadata?.deletionTimestamp) {
    return "is being stopped";
  }
  if (pod.metadata?.labels?.[revisionLabel] !== revision) {
    return former;
  }
  const { conditions = [], initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  if (conditions.some(({ type, status }) => type === "Ready" && status === "True")) {
    return undefined;
  }
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled) {
    return `is not ready: ${unscheduled.message ?? unscheduled.reason}`;
  }
  const waiting = [...initContainerStatuses, ...containerStatuses].flatMap(({ name, state }) =>
    state?.waiting?.reason ? [`${name} ${state.waiting.reason}`] : [],
  );
  const unready = containerStatuses
    .filter(({ ready }) => !ready)
    .map(({ name }) => `${name} runs, not ready`);
  return ["is not ready", (waiting.length > 0 ? waiting : unready).join(", ")].filter(Boolean).join(": ");
}
