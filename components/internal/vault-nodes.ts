import { nodeHealth, unsealVault, VaultEndpoint, withOneNode, type NodeHealth } from "./vault-client";
import { waitFor, WaitOptions } from "./wait-for-vault";

export interface NodesOptions extends WaitOptions {
  /** Number of nodes behind the address. */
  replicas: number;
}

/** Enough to miss one of five by chance less than once in 100 000 times, when each connection goes to any of them. */
const connectionsPerNode = 12;

/** How long to go on asking, where connections get no answer at all, seconds. */
const askSeconds = 20;

/** How long only nodes without data may answer before it is believed that there are no others, seconds. */
const patienceSeconds = 30;

/**
 * Asks the nodes behind an address, each over connections of its own, until all have answered or many connections
 * have led to the same ones.
 *
 * @param unsealKeys For those that are sealed; none by default.
 * @returns What each said last, and what went wrong with the others.
 */
export async function askNodes(
  endpoint: VaultEndpoint,
  replicas: number,
  unsealKeys: string[] = [],
): Promise<{ nodes: NodeHealth[]; faults: string[] }> {
  const each = { ...endpoint, address: endpoint.nodesAddress || endpoint.address };
  const nodes = new Map<string, NodeHealth>();
  const faults = new Set<string>();
  const end = Date.now() + askSeconds * 1000;
  const enough = (tried: number) =>
    nodes.size >= replicas || tried >= replicas * connectionsPerNode || Date.now() > end;
  for (let tried = 0; !enough(tried); tried += 1) {
    await withOneNode(each, async (node) => {
      const health = await nodeHealth(node, 5);
      if (nodes.has(health.node)) {
        return;
      }
      nodes.set(health.node, health);
      // One that is about to join takes keys although it has no data yet; one that is not, refuses them.
      if (health.sealed && unsealKeys.length > 0) {
        await unsealVault(node, unsealKeys);
        nodes.set(health.node, await nodeHealth(node, 5));
      }
    }).catch((error: NodeJS.ErrnoException) => faults.add(error.message || error.code || String(error)));
  }
  return { nodes: [...nodes.values()], faults: [...faults] };
}

/** Whether all nodes are unsealed and lead to the active one. */
export function allServe(nodes: NodeHealth[], replicas: number): boolean {
  return nodes.length >= replicas && nodes.every((node) => node.serving) && nodes.some((node) => node.active);
}

/** Whether the nodes that serve are enough for Vault to work. */
function enoughServe(nodes: NodeHealth[], replicas: number): boolean {
  const serving = nodes.filter((node) => node.serving);
  return serving.length > replicas / 2 && serving.some((node) => node.active);
}

function describe(nodes: NodeHealth[], replicas: number): string {
  const states = nodes.map(({ node, initialized, sealed, active, serving }) => {
    const state = !initialized ? "without data" : sealed ? "sealed" : active ? "active" : "standby";
    return `${node} ${state}${initialized && !sealed && !serving ? " without a leader" : ""}`;
  });
  return `${nodes.length} of ${replicas} nodes answer (${states.join(", ")})`;
}

/**
 * Unseals every node and waits until all of them serve. A node that stays away does not hold Vault up: when the time
 * is over and enough of them serve, it is reported and the rest has to do.
 *
 * @returns `wiped` when no node has any data, which is not waited for.
 * @throws Error when not enough nodes serve in time.
 */
export async function unsealNodes(
  endpoint: VaultEndpoint,
  options: NodesOptions,
  unsealKeys: string[],
): Promise<"serving" | "wiped"> {
  let nodes: NodeHealth[] = [];
  let firstEmpty: number | undefined;
  try {
    return await waitFor(`all ${options.replicas} nodes of Vault to be unsealed`, options, async () => {
      const answer = await askNodes(endpoint, options.replicas, unsealKeys);
      nodes = answer.nodes;
      if (allServe(nodes, options.replicas)) {
        return "serving";
      }
      const empty = nodes.length > 0 && nodes.every((node) => !node.initialized);
      firstEmpty = empty ? (firstEmpty ?? Date.now()) : undefined;
      if (firstEmpty !== undefined && Date.now() - firstEmpty >= patienceSeconds * 1000) {
        return "wiped";
      }
      throw new Error([describe(nodes, options.replicas), ...answer.faults].join("; "));
    });
  } catch (error) {
    if (!enoughServe(nodes, options.replicas)) {
      throw error;
    }
    console.log(`going on, but look after this: ${(error as Error).message}`);
    return "serving";
  }
}
