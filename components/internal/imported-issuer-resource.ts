import * as pulumi from "@pulumi/pulumi";
import { findIssuer } from "./find-issuer";

export interface ImportedIssuerInputs {
  address: string;
  caPem: string;
  /** Secret. */
  token: string;
  mountPath: string;
  /** PEM: the CA's certificate, then those above it. */
  chainPem: string;
  /** Stands for the import of the CA: another one means another import. */
  generation: string;
}

interface ImportedIssuerOutputs {
  issuerId: string;
  generation: string;
}

async function issuerId(inputs: ImportedIssuerInputs): Promise<string | undefined> {
  const endpoint = { address: inputs.address, caPem: inputs.caPem };
  const wanted = { mountPath: inputs.mountPath, names: [], chainPem: inputs.chainPem };
  return (await findIssuer(endpoint, inputs.token, wanted)).issuerId;
}

async function requireIssuer(inputs: ImportedIssuerInputs): Promise<ImportedIssuerOutputs> {
  const found = await issuerId(inputs);
  if (found === undefined) {
    throw new Error(
      `Vault's mount ${inputs.mountPath} does not hold the CA that was imported into it just now`,
    );
  }
  return { issuerId: found, generation: inputs.generation };
}

export const importedIssuerProvider: pulumi.dynamic.ResourceProvider<
  ImportedIssuerInputs,
  ImportedIssuerOutputs
> = {
  async diff(_id: string, olds: ImportedIssuerOutputs, news: ImportedIssuerInputs) {
    if (olds.generation !== news.generation) {
      return { changes: true };
    }
    // A preview may find Vault sealed, which is no change.
    const found = await issuerId(news).catch(() => olds.issuerId);
    return { changes: found !== olds.issuerId };
  },

  async create(inputs: ImportedIssuerInputs) {
    return { id: inputs.mountPath, outs: await requireIssuer(inputs) };
  },

  async update(_id: string, _olds: ImportedIssuerOutputs, news: ImportedIssuerInputs) {
    return { outs: await requireIssuer(news) };
  },
};

/** Vault's ID of an imported CA, which the resource that imports it does not tell. Deleting it touches nothing. */
export class ImportedIssuerResource extends pulumi.dynamic.Resource {
  declare readonly issuerId: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: { [K in keyof ImportedIssuerInputs]: pulumi.Input<ImportedIssuerInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      importedIssuerProvider,
      name,
      { issuerId: undefined, ...inputs, token: pulumi.secret(inputs.token) },
      opts,
      "cert-manager-vault",
      "ImportedIssuer",
    );
  }
}
