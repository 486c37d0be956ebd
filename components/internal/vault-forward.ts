import { createHash } from "node:crypto";
import { leadToVault, type VaultPods } from "./lead-to-vault";
import { openRelay, type Relay } from "./relay";

export interface ForwardWish extends VaultPods {
  /** Number of Vault's nodes. */
  replicas: number;
  /** Whose it is: forwards of others take other ports. */
  owner: string;
}

/** A port-forward to Vault that is open. */
export interface VaultForward {
  /** Port of 127.0.0.1 that leads to the active node. */
  port: number;
  /** `https://127.0.0.1:port`, which the certificate of Vault's listener names. */
  address: string;
  /** Each connection to it leads to the next of several nodes; the same as `address` where there is one. */
  nodesAddress: string;
  close: () => void;
}

/** Below the ports that Linux gives to whoever asks for any, and those of Kubernetes's own node ports. */
const firstPort = 20000;
const portPairs = 4000;
const tries = 8;

/** Ports for the forward of an owner, always the same, the best first. The one above each is for its nodes. */
export function forwardPorts(owner: string): number[] {
  const start = createHash("sha256").update(owner).digest().readUInt32BE() % portPairs;
  return Array.from({ length: tries }, (_, index) => firstPort + 2 * ((start + index) % portPairs));
}

/** The same for the same way to the same Vault. */
export function forwardIdentity({ owner, kubeconfig, context, namespace, replicas }: ForwardWish): string {
  const way = [owner, kubeconfig, context, process.env.KUBECONFIG ?? "", namespace, replicas];
  return createHash("sha256").update(JSON.stringify(way)).digest("hex").slice(0, 32);
}

/**
 * Opens a port-forward to Vault's pods through the API server, on 127.0.0.1.
 *
 * @param ports To be tried in turn; 0 for any that is free.
 * @param tell Called with what an owner has to put right while it is open.
 * @throws Error when other programs have all the ports.
 */
export async function openVaultForward(
  wish: ForwardWish,
  ports: number[],
  tell: (fault: string) => void,
): Promise<VaultForward> {
  const identity = forwardIdentity(wish);
  const open = (port: number, everyNode: boolean) =>
    openRelay({
      port,
      identity: everyNode ? `${identity}-nodes` : identity,
      lead: leadToVault(wish, everyNode, tell),
    });
  for (const wanted of ports) {
    const active = await open(wanted, false);
    if (!active) {
      continue;
    }
    if (wish.replicas === 1) {
      return forwardOf(active, active);
    }
    const nodes = await open(wanted === 0 ? 0 : wanted + 1, true);
    if (nodes) {
      return forwardOf(active, nodes);
    }
    active.close();
  }
  throw new Error(
    `the port-forward to Vault finds no port of 127.0.0.1: other programs have ${ports.join(", ")}. End one of them`,
  );
}

function forwardOf(active: Relay, nodes: Relay): VaultForward {
  const addressOf = ({ port }: Relay) => `https://127.0.0.1:${port}`;
  return {
    port: active.port,
    address: addressOf(active),
    nodesAddress: addressOf(nodes),
    close: () => [active, nodes].forEach((relay) => relay.close()),
  };
}
