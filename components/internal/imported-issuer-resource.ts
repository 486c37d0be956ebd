import * as pulumi from "@pulumi/pulumi";
import { findIssuer, type FoundIssuer } from "./find-issuer";
import { changeIssuer, issuingUsage, mountOf, type MountInputs } from "./pki-issuers";

export interface ImportedIssuerInputs extends MountInputs {
  /** PEM: the CA's certificate, then those above it. */
  chainPem: string;
  /** Stands for the import of the CA: another one means another import. */
  generation: string;
  /** What to do when Vault has the certificate and not the key; reads on after a colon. Default: to give both. */
  keyAdvice?: string;
}

interface ImportedIssuerOutputs {
  issuerId: string;
  generation: string;
}

function find(inputs: ImportedIssuerInputs): Promise<FoundIssuer | undefined> {
  return findIssuer(mountOf(inputs), { names: [], chainPem: inputs.chainPem });
}

async function requireIssuer(inputs: ImportedIssuerInputs): Promise<ImportedIssuerOutputs> {
  const found = await find(inputs);
  if (!found) {
    throw new Error(
      `Vault's mount ${inputs.mountPath} does not hold the CA that was imported into it just now`,
    );
  }
  if (!found.hasKey) {
    throw new Error(
      `Vault's mount ${inputs.mountPath} holds the CA without its key, and so cannot sign: ` +
        (inputs.keyAdvice ?? "give the key in caBundle again, with the certificate"),
    );
  }
  if (!found.mayIssue) {
    // An earlier CA of the owner that another had taken the place of.
    await changeIssuer(mountOf(inputs), found.issuerId, { usage: [...found.usage, issuingUsage] });
  }
  return { issuerId: found.issuerId, generation: inputs.generation };
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
    const right = await find(news).then(
      (found) => found?.issuerId === olds.issuerId && found.mayIssue,
      () => true,
    );
    return { changes: !right };
  },

  async create(inputs: ImportedIssuerInputs) {
    return { id: inputs.mountPath, outs: await requireIssuer(inputs) };
  },

  async update(_id: string, _olds: ImportedIssuerOutputs, news: ImportedIssuerInputs) {
    return { outs: await requireIssuer(news) };
  },
};

/**
 * Vault's ID of an imported CA, which the resource that imports it does not tell, and its right to sign certificates.
 * Deleting it touches nothing.
 */
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
