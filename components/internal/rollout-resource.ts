import type { KubeConfig } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { apiReason } from "./api-reason";
import { clusterAccess, type ClusterAccessArgs } from "./cluster-access";
import { requireKubeConfig } from "./kubeconfig";
import { rolloutOf, type Rollout, type StatefulSetName } from "./rollout";
import { unsealNodes } from "./vault-nodes";
import { podsToLookAt, waitFor, waitForActiveVault } from "./wait-for-vault";

/** Where Vault is, and which StatefulSet its pods are of. */
interface RolledOutVault extends StatefulSetName {
  address: string;
  nodesAddress: string;
  caPem: string;
  replicas: number;
  /** For each pod. */
  timeoutSeconds: number;
}

export interface RolloutInputs extends RolledOutVault {
  /** As the Kubernetes provider's setting: a path, or the content; empty for KUBECONFIG. */
  kubeconfig: string;
  /** As the Kubernetes provider's setting; empty for the current context. */
  context: string;
}

type RolloutOutputs = StatefulSetName;

function connect({ kubeconfig, context }: RolloutInputs): KubeConfig {
  return requireKubeConfig({ kubeconfig, context, environment: process.env.KUBECONFIG });
}

/** Waits until the last pod is back, and Vault answers with all of them; at once where none is restarted. */
async function finish(inputs: RolloutInputs): Promise<RolloutOutputs> {
  const { namespace, statefulSet, replicas } = inputs;
  if (await untilOver(inputs)) {
    // A pod is ready when it is unsealed, and Vault only when it has loaded its mounts or found who is active.
    await (replicas > 1 ? unsealNodes(inputs, inputs, []) : waitForActiveVault(inputs, inputs));
  }
  return { namespace, statefulSet };
}

/** @returns Whether there was anything to wait for. */
async function untilOver(inputs: RolloutInputs): Promise<boolean> {
  const { namespace, timeoutSeconds } = inputs;
  const config = connect(inputs);
  const advice =
    `${podsToLookAt(namespace)} Put right what keeps that pod and run pulumi up again, which goes on waiting. ` +
    "vaultTimeoutSeconds sets how long to wait for each pod";
  // The time begins anew with each pod that is done.
  for (let most = -1; ;) {
    const rollout = await waitFor(
      "Vault's pods to be restarted one after the other",
      { namespace, timeoutSeconds, advice },
      async () => {
        const now = await rolloutOf(config, inputs).catch((error: unknown) => {
          throw new Error(apiReason(error), { cause: error });
        });
        if (!now.over && now.done <= most) {
          throw new Error(describe(now));
        }
        return now;
      },
    );
    if (rollout.over) {
      return most >= 0;
    }
    most = rollout.done;
    console.log(`Vault's pods are restarted one after the other: ${describe(rollout)}`);
  }
}

function describe({ done, replicas, waitedFor }: Rollout): string {
  return [`${done} of ${replicas} are done`, ...waitedFor].join("; ");
}

export const rolloutProvider: pulumi.dynamic.ResourceProvider<RolloutInputs, RolloutOutputs> = {
  // Looks at the pods on every run, in an up after the release. A cluster that does not answer is other resources' business.
  async diff(_id: string, olds: RolloutOutputs, news: RolloutInputs) {
    if (olds.namespace !== news.namespace || olds.statefulSet !== news.statefulSet) {
      return { changes: true };
    }
    const rollout = await (async () => rolloutOf(connect(news), news))().catch(() => undefined);
    return { changes: rollout?.over === false };
  },

  async create(inputs: RolloutInputs) {
    return { id: `${inputs.namespace}/${inputs.statefulSet}`, outs: await finish(inputs) };
  },

  async update(_id: string, _olds: RolloutOutputs, news: RolloutInputs) {
    return { outs: await finish(news) };
  },
};

/** Which StatefulSet to wait for, and the cluster that it is in where the provider's settings do not say. */
export type RolloutArgs = {
  [K in keyof RolledOutVault]: pulumi.Input<RolledOutVault[K]>;
} & ClusterAccessArgs;

/**
 * The state "no pod of Vault is still to be restarted". It comes after the release, which does not wait for its pods, and
 * before all that asks something of Vault: between two active nodes nothing answers. Deleting it changes nothing.
 */
export class RolloutResource extends pulumi.dynamic.Resource {
  constructor(name: string, args: RolloutArgs, opts: pulumi.CustomResourceOptions) {
    super(rolloutProvider, name, { ...args, ...clusterAccess(args) }, opts, "cert-manager-vault", "Rollout");
  }
}
