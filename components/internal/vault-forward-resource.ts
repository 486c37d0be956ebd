import * as pulumi from "@pulumi/pulumi";
import { clusterAccess, type ClusterAccessArgs } from "./cluster-access";
import {
  forwardIdentity,
  forwardPorts,
  openVaultForward,
  type ForwardWish,
  type VaultForward,
} from "./vault-forward";

export type VaultForwardInputs = ForwardWish;

interface VaultForwardOutputs extends ForwardWish {
  port: number;
  address: string;
  nodesAddress: string;
}

/** The forward that this process has for an owner. */
interface Held {
  identity: string;
  forward: Promise<VaultForward>;
}

const orphanMilliseconds = 2000;

/** Of the process, because each resource has a copy of this code of its own. */
function heldForwards(): Map<string, Held> {
  const place = process as unknown as { vaultForwards?: Map<string, Held> };
  return (place.vaultForwards ??= new Map<string, Held>());
}

/**
 * The forward of this process, which is that of Pulumi's dynamic resources and lives as long as the run.
 *
 * @param knownPort The one that the state has, and with it all that is told where Vault is.
 */
async function hold(wish: ForwardWish, knownPort?: number): Promise<VaultForward> {
  const held = heldForwards();
  const identity = forwardIdentity(wish);
  const before = held.get(wish.owner);
  if (before?.identity === identity) {
    return before.forward;
  }
  (await before?.forward)?.close();
  const ports = [...(knownPort ? [knownPort] : []), ...forwardPorts(wish.owner)];
  const forward = openVaultForward(wish, ports, (fault) => console.log(fault));
  held.set(wish.owner, { identity, forward });
  forward.then(closeWhenOrphaned, () => held.delete(wish.owner));
  return forward;
}

/** A run that is killed leaves this process behind; what it leads to is nobody's business then. */
function closeWhenOrphaned({ close }: VaultForward): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) {
      clearInterval(watch);
      close();
    }
  }, orphanMilliseconds);
  watch.unref();
}

function wishOf({ kubeconfig, context, namespace, replicas, owner }: ForwardWish): ForwardWish {
  return { kubeconfig, context, namespace, replicas, owner };
}

async function opened(inputs: ForwardWish, knownPort?: number): Promise<VaultForwardOutputs> {
  const wish = wishOf(inputs);
  const { port, address, nodesAddress } = await hold(wish, knownPort);
  return { ...wish, port, address, nodesAddress };
}

export const vaultForwardProvider: pulumi.dynamic.ResourceProvider<VaultForwardInputs, VaultForwardOutputs> =
  {
    // Every run and every preview comes by here, before all that reaches Vault.
    async diff(_id: string, olds: VaultForwardOutputs, news: VaultForwardInputs) {
      const found = await opened(news, olds.port);
      const keys = Object.keys(found) as (keyof VaultForwardOutputs)[];
      return { changes: keys.some((key) => found[key] !== olds[key]) };
    },

    async create(inputs: VaultForwardInputs) {
      return { id: inputs.owner, outs: await opened(inputs) };
    },

    // A refresh, which comes by here without the program.
    async read(id: string, props?: VaultForwardOutputs) {
      if (!props) {
        throw new Error("this resource cannot be imported: it is open only while Pulumi runs");
      }
      return { id, props: await opened(props, props.port) };
    },

    async update(_id: string, olds: VaultForwardOutputs, news: VaultForwardInputs) {
      return { outs: await opened(news, olds.port) };
    },
  };

/** A port-forward to Vault that is open while Pulumi runs. Another port is a change, and replaces nothing. */
export class VaultForwardResource extends pulumi.dynamic.Resource {
  declare readonly address: pulumi.Output<string>;
  declare readonly nodesAddress: pulumi.Output<string>;

  constructor(
    name: string,
    args: ClusterAccessArgs & { namespace: string; replicas: number; owner: string },
    opts: pulumi.CustomResourceOptions,
  ) {
    const { namespace, replicas, owner } = args;
    super(
      vaultForwardProvider,
      name,
      {
        port: undefined,
        address: undefined,
        nodesAddress: undefined,
        namespace,
        replicas,
        owner,
        ...clusterAccess(args),
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] }),
      "cert-manager-vault",
      "VaultForward",
    );
  }
}
