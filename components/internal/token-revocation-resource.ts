import * as pulumi from "@pulumi/pulumi";
import { revokeToken } from "./token-client";
import { tokenIsValid } from "./vault-client";

export interface TokenRevocationInputs {
  address: string;
  caPem: string;
  /** The token that stays in use. */
  tokenInUse: string;
  /** Those to be revoked. */
  tokens: string[];
}

interface TokenRevocationOutputs {
  tokens: string[];
}

async function revokeAll(inputs: TokenRevocationInputs): Promise<TokenRevocationOutputs> {
  const endpoint = { address: inputs.address, caPem: inputs.caPem };
  // Without another way in, revoking would lock everybody out.
  if (!(await tokenIsValid(endpoint, inputs.tokenInUse))) {
    throw new Error(
      "the token that Pulumi works with is not accepted by Vault, so no other token is revoked: run pulumi up again",
    );
  }
  for (const token of inputs.tokens) {
    if (token !== inputs.tokenInUse) {
      await revokeToken(endpoint, token);
    }
  }
  return { tokens: inputs.tokens };
}

export const tokenRevocationProvider: pulumi.dynamic.ResourceProvider<
  TokenRevocationInputs,
  TokenRevocationOutputs
> = {
  async diff(_id: string, olds: TokenRevocationOutputs, news: TokenRevocationInputs) {
    return { changes: news.tokens.some((token) => !olds.tokens.includes(token)) };
  },

  async create(inputs: TokenRevocationInputs) {
    return { id: "revoked", outs: await revokeAll(inputs) };
  },

  async update(_id: string, _olds: TokenRevocationOutputs, news: TokenRevocationInputs) {
    return { outs: await revokeAll(news) };
  },
};

/** The state "these tokens are revoked", which they stay when it is deleted. */
export class TokenRevocationResource extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    inputs: { [K in keyof TokenRevocationInputs]: pulumi.Input<TokenRevocationInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      tokenRevocationProvider,
      name,
      inputs,
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["tokens"] }),
      "cert-manager-vault",
      "TokenRevocation",
    );
  }
}
