import * as pulumi from "@pulumi/pulumi";
import { obtainVaultToken, tokenNeedsWork, type TokenState, type TokenWish } from "./obtain-vault-token";
import type { VaultEndpoint } from "./vault-client";

export interface VaultTokenInputs extends TokenWish {
  address: string;
  caPem: string;
}

function endpointOf({ address, caPem }: VaultTokenInputs): VaultEndpoint {
  return { address, caPem };
}

function wishOf(inputs: VaultTokenInputs): TokenWish {
  return {
    narrow: inputs.narrow,
    rootToken: inputs.rootToken,
    policyName: inputs.policyName,
    policy: inputs.policy,
    periodSeconds: inputs.periodSeconds,
    rotation: inputs.rotation,
  };
}

export const vaultTokenProvider: pulumi.dynamic.ResourceProvider<VaultTokenInputs, TokenState> = {
  // Every run and every preview comes by here, so it is here that the token is renewed: no change to be shown.
  async diff(_id: string, olds: TokenState, news: VaultTokenInputs) {
    const needsWork = await tokenNeedsWork(endpointOf(news), wishOf(news), olds).catch(() => {
      // A preview may find Vault sealed or away; in a run it is unsealed by now, or the run has ended.
      return false;
    });
    return { changes: needsWork };
  },

  async create(inputs: VaultTokenInputs) {
    const outs = await obtainVaultToken(endpointOf(inputs), wishOf(inputs));
    return { id: inputs.policyName, outs };
  },

  async update(_id: string, olds: TokenState, news: VaultTokenInputs) {
    return { outs: await obtainVaultToken(endpointOf(news), wishOf(news), olds) };
  },
};

/** The token that Pulumi works with. Deleting it touches nothing in Vault, where it expires. */
export class VaultTokenResource extends pulumi.dynamic.Resource {
  declare readonly token: pulumi.Output<string>;
  declare readonly retired: pulumi.Output<string[]>;

  constructor(
    name: string,
    inputs: { [K in keyof VaultTokenInputs]: pulumi.Input<VaultTokenInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      vaultTokenProvider,
      name,
      { token: undefined, retired: undefined, ...inputs },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["token", "retired"] }),
      "cert-manager-vault",
      "VaultToken",
    );
  }
}
