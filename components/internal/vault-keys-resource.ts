import * as pulumi from "@pulumi/pulumi";
import { obtainVaultKeys } from "./obtain-vault-keys";

export interface VaultKeysInputs {
  address: string;
  caPem: string;
  namespace: string;
  keyShares: number;
  keyThreshold: number;
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
}

export const vaultKeysProvider: pulumi.dynamic.ResourceProvider<VaultKeysInputs, VaultKeysOutputs> = {
  async check(olds: Partial<VaultKeysOutputs>, news: VaultKeysInputs) {
    const initialised = olds.keyShares !== undefined;
    const same = olds.keyShares === news.keyShares && olds.keyThreshold === news.keyThreshold;
    if (!initialised || same) {
      return { inputs: news };
    }
    return {
      inputs: news,
      failures: [
        {
          property: "keyShares",
          reason:
            `Vault was initialised with ${olds.keyShares} shares and threshold ${olds.keyThreshold}, which settings cannot ` +
            `change afterwards: put vaultKeyShares and vaultKeyThreshold back, or run "vault operator rekey" by hand first`,
        },
      ],
    };
  },

  // Nothing that may change leads to new keys; without an answer here any changed text of this provider would.
  async diff() {
    return { changes: false };
  },

  async create(inputs: VaultKeysInputs) {
    const keys = await obtainVaultKeys(
      { address: inputs.address, caPem: inputs.caPem },
      {
        namespace: inputs.namespace,
        timeoutSeconds: inputs.timeoutSeconds,
        keyShares: inputs.keyShares,
        keyThreshold: inputs.keyThreshold,
        recoveryName: inputs.recoveryName,
        existing: inputs.existingRootToken
          ? { rootToken: inputs.existingRootToken, unsealKeys: inputs.existingUnsealKeys }
          : undefined,
      },
    );
    return {
      id: inputs.recoveryName,
      outs: { ...keys, keyShares: inputs.keyShares, keyThreshold: inputs.keyThreshold },
    };
  },

  // The engine calls this when only the provider's own code has changed; without it the keys would be wiped.
  async update(_id: string, olds: VaultKeysOutputs) {
    return { outs: olds };
  },
};

/** Vault's root token and unseal keys, obtained once. Deleting it touches nothing in Vault. */
export class VaultKeysResource extends pulumi.dynamic.Resource {
  declare readonly rootToken: pulumi.Output<string>;
  declare readonly unsealKeys: pulumi.Output<string[]>;

  constructor(
    name: string,
    inputs: { [K in keyof VaultKeysInputs]: pulumi.Input<VaultKeysInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      vaultKeysProvider,
      name,
      { rootToken: undefined, unsealKeys: undefined, ...inputs },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["rootToken", "unsealKeys"] }),
      "cert-manager-vault",
      "VaultKeys",
    );
  }
}
