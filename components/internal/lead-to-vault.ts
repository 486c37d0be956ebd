import type { Socket } from "node:net";
import { Writable } from "node:stream";
import { CoreV1Api, PortForward, type KubeConfig, type V1Pod } from "@kubernetes/client-node";
import { requireKubeConfig } from "./kubeconfig";

/** The pods of Vault in a cluster. */
export interface VaultPods {
  /** As the Kubernetes provider's setting: a path, or the content; empty for KUBECONFIG. Secret. */
  kubeconfig: string;
  /** As the Kubernetes provider's setting; empty for the current context. */
  context: string;
  namespace: string;
}

/** Of the chart. */
const podLabels = "app.kubernetes.io/name=vault,component=server";
const vaultPort = 8200;

const openSeconds = 10;

/** How long a pod that has not answered is asked after the others, milliseconds. */
const avoidMilliseconds = 5000;

/** What is known from one connection to the next. */
interface Memory {
  config?: KubeConfig;
  /** Connections so far. */
  turn: number;
  /** Until when pods are avoided, by name. */
  avoided: Map<string, number>;
  /** What was said last. */
  told: string;
}

/**
 * Leads connections through the API server to Vault's pods. Each is one of its own, and finds its pod anew, so that the
 * next one after a restart goes to the new pod. One that finds no pod is closed, which clients try again.
 *
 * @param everyNode Whether connections go to one node after the other; otherwise all to the active one, and where there
 * is none, to the first that runs.
 * @param tell Called with what an owner has to put right: a right that is missing, a login that has ended.
 */
export function leadToVault(
  pods: VaultPods,
  everyNode: boolean,
  tell: (fault: string) => void,
): (client: Socket) => void {
  const memory: Memory = { turn: 0, avoided: new Map(), told: "" };
  return (client) => {
    lead(client, pods, everyNode, memory).catch((error: unknown) => {
      client.destroy();
      const fault = refusalOf(error);
      if (fault && fault !== memory.told) {
        memory.told = fault;
        tell(
          `the port-forward to Vault in namespace ${pods.namespace}: the API server refuses it (${fault}); it takes the ` +
            "rights to list pods and to get and create pods/portforward there",
        );
      }
    });
  };
}

async function lead(client: Socket, pods: VaultPods, everyNode: boolean, memory: Memory): Promise<void> {
  const { kubeconfig, context, namespace } = pods;
  memory.config ??= requireKubeConfig({ kubeconfig, context, environment: process.env.KUBECONFIG });
  const running = await runningPods(memory.config, namespace);
  const avoided = (name: string) => (memory.avoided.get(name) ?? 0) > Date.now();
  const pod = everyNode
    ? running.sort()[memory.turn++ % running.length]
    : (running.find((name) => !avoided(name)) ?? running[0]);
  if (pod === undefined) {
    client.destroy();
    return;
  }
  await connect(client, memory.config, namespace, pod, () =>
    memory.avoided.set(pod, Date.now() + avoidMilliseconds),
  );
}

/** Names of the pods that run, the active node first. */
async function runningPods(config: KubeConfig, namespace: string): Promise<string[]> {
  const api = config.makeApiClient(CoreV1Api);
  const { items } = await api.listNamespacedPod({ namespace, labelSelector: podLabels });
  const isActive = ({ metadata }: V1Pod) => metadata?.labels?.["vault-active"] === "true";
  const ordinal = ({ metadata }: V1Pod) => Number(metadata?.name?.split("-").at(-1));
  return items
    .filter(({ metadata, status }) => status?.phase === "Running" && !metadata?.deletionTimestamp)
    .sort((one, other) => Number(isActive(other)) - Number(isActive(one)) || ordinal(one) - ordinal(other))
    .map(({ metadata }) => metadata?.name ?? "");
}

/** What is used of the web socket that the client library gives, whose own types are another package's. */
interface Tunnel {
  onclose: () => void;
  terminate: () => void;
}

/** @param silent Called when the pod has ended the connection without a word: nobody listens there. */
async function connect(
  client: Socket,
  config: KubeConfig,
  namespace: string,
  pod: string,
  silent: () => void,
): Promise<void> {
  let answered = false;
  // The library writes without looking whether a stream is full, which this one then keeps; Vault's answers are small.
  const toClient = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      answered ||= chunk.length > 0;
      client.write(chunk, () => done());
    },
  });
  // What comes after the end is nobody's any more.
  toClient.on("error", () => undefined);
  const ended = () => {
    if (!answered) {
      silent();
    }
    toClient.end(() => client.end(() => client.destroy()));
  };
  const faults = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      // An empty text is how the channel begins.
      if (chunk.length > 0) {
        ended();
      }
      done();
    },
  });
  const late = setTimeout(() => client.destroy(), openSeconds * 1000);
  const forward = new PortForward(config);
  const opened: unknown = await forward
    .portForward(namespace, pod, [vaultPort], toClient, faults, client)
    .finally(() => clearTimeout(late));
  const tunnel = opened as Tunnel;
  // The library itself tells nobody that the other end is closed.
  tunnel.onclose = ended;
  client.once("close", () => tunnel.terminate());
  if (client.destroyed) {
    tunnel.terminate();
    return;
  }
  client.resume();
}

/** What the API server says against it; undefined for what passes by itself. */
function refusalOf(error: unknown): string | undefined {
  const { code, message } = error as { code?: unknown; message?: string };
  const status =
    typeof code === "number" ? code : /Unexpected server response: (\d+)/.exec(message ?? "")?.[1];
  return [401, 403].includes(Number(status)) ? `HTTP status ${status}` : undefined;
}
