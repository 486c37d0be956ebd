import { randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { obtainVaultKeys, replacedKeys, type KeySource } from "./obtain-vault-keys";
import type { VaultEndpoint, VaultKeys } from "./vault-client";

export interface VaultKeysInputs {
  address: string;
  nodesAddress?: string;
  caPem: string;
  namespace: string;
  replicas: number;
  keyShares: number;
  keyThreshold: number;
  pgpKeys: string[];
  pgpFingerprints: string[];
  timeoutSeconds: number;
  recoveryName: string;
  existingUnsealKeys: string[];
  existingRootToken: string;
}

/** What stays in the state: the keys, and what they were made with. */
interface VaultKeysOutputs {
  rootToken: string;
  unsealKeys: string[];
  keyShares: number;
  keyThreshold: number;
  /** Missing in a state from before there were any. */
  pgpFingerprints?: string[];
  /** Another one means another Vault, in which nothing is yet. */
  instanceId: string;
}

/** Keys that the settings give; none without a root token. */
function existingKeys(inputs: VaultKeysInputs): VaultKeys | undefined {
  return inputs.existingRootToken
    ? { rootToken: inputs.existingRootToken, unsealKeys: inputs.existingUnsealKeys }
    : undefined;
}

function sourceOf(inputs: VaultKeysInputs): [VaultEndpoint, KeySource] {
  return [
    { address: inputs.address, nodesAddress: inputs.nodesAddress, caPem: inputs.caPem },
    { ...inputs, existing: existingKeys(inputs) },
  ];
}

function outputsOf(keys: VaultKeys, inputs: VaultKeysInputs, instanceId: string): VaultKeysOutputs {
  return {
    rootToken: keys.rootToken,
    unsealKeys: keys.unsealKeys,
    keyShares: inputs.keyShares,
    keyThreshold: inputs.keyThreshold,
    pgpFingerprints: keys.pgpFingerprints ?? [],
    instanceId,
  };
}

function bringsNewKeys(olds: VaultKeysOutputs, news: VaultKeysInputs): boolean {
  const given = existingKeys(news);
  return (
    given !== undefined &&
    (given.rootToken !== olds.rootToken ||
      (given.unsealKeys.length > 0 && given.unsealKeys.join() !== olds.unsealKeys.join()))
  );
}

export const vaultKeysProvider: pulumi.dynamic.ResourceProvider<VaultKeysInputs, VaultKeysOutputs> = {
  async check(olds: Partial<VaultKeysOutputs>, news: VaultKeysInputs) {
    const initialised = olds.keyShares !== undefined;
    // After a rekey the settings give the new keys, and Vault itself is asked for their number.
    const rekeyed = news.existingUnsealKeys.length > 0;
    if (!initialised || rekeyed) {
      return { inputs: news };
    }
    const failures: pulumi.dynamic.CheckFailure[] = [];
    if (olds.keyShares !== news.keyShares || olds.keyThreshold !== news.keyThreshold) {
      failures.push({
        property: "keyShares",
        reason:
          `Vault was initialised with ${olds.keyShares} shares and threshold ${olds.keyThreshold}, which settings cannot ` +
          `change afterwards: put vaultKeyShares and vaultKeyThreshold back, or run "vault operator rekey" by hand and ` +
          `give the new keys as vaultExistingUnsealKeys and the root token as vaultExistingRootToken`,
      });
    }
    const pgpFingerprints = olds.pgpFingerprints ?? [];
    if (pgpFingerprints.join() !== news.pgpFingerprints.join()) {
      const made = pgpFingerprints.length > 0 ? `the PGP keys ${pgpFingerprints.join(", ")}` : "no PGP keys";
      failures.push({
        property: "pgpFingerprints",
        reason:
          `Vault was initialised with ${made}, which settings cannot change afterwards: put vaultPgpKeys back, or start over ` +
          "(pulumi destroy, then pulumi up)",
      });
    }
    return { inputs: news, failures };
  },

  // Only keys that the settings give lead to others than those in the state; without an answer here any changed text of
  // this provider would.
  async diff(_id: string, olds: VaultKeysOutputs, news: VaultKeysInputs) {
    return { changes: bringsNewKeys(olds, news) };
  },

  async create(inputs: VaultKeysInputs) {
    const keys = await obtainVaultKeys(...sourceOf(inputs));
    return { id: inputs.recoveryName, outs: outputsOf(keys, inputs, randomUUID()) };
  },

  // The engine calls this as well when only the provider's own code has changed; the keys must not be wiped then.
  async update(_id: string, olds: VaultKeysOutputs, news: VaultKeysInputs) {
    if (!bringsNewKeys(olds, news)) {
      return { outs: olds };
    }
    const keys = await replacedKeys(...sourceOf(news), olds, existingKeys(news)!);
    return { outs: outputsOf(keys, news, olds.instanceId) };
  },
};

/** Vault's root token and unseal keys, obtained once. Deleting it touches nothing in Vault. */
export class VaultKeysResource extends pulumi.dynamic.Resource {
  declare readonly rootToken: pulumi.Output<string>;
  declare readonly unsealKeys: pulumi.Output<string[]>;
  declare readonly instanceId: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: { [K in keyof VaultKeysInputs]: pulumi.Input<VaultKeysInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      vaultKeysProvider,
      name,
      { rootToken: undefined, unsealKeys: undefined, instanceId: undefined, ...inputs },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["rootToken", "unsealKeys"] }),
      "cert-manager-vault",
      "VaultKeys",
    );
  }
}
