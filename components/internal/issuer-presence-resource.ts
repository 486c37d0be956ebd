import { randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { findIssuer, type FoundIssuer } from "./find-issuer";

export interface IssuerPresenceInputs {
  address: string;
  caPem: string;
  /** Secret. */
  token: string;
  mountPath: string;
  /** Vault's accessor of the mount: another one means another mount under the same path. */
  mountAccessor: string;
  /** Name of the issuer in the mount; empty for one that is known by its certificate. */
  issuerName: string;
  /** PEM: the certificates that the issuer's chain ends with, up to the root. */
  chainPem: string;
}

interface IssuerPresenceOutputs {
  /** Changes when the issuer, or its key, has to be made or imported anew. */
  issuerGeneration: string;
  /** Changes when the CAs above it have to be imported anew. */
  chainGeneration: string;
  mountAccessor: string;
  issuerName: string;
}

function look(inputs: IssuerPresenceInputs, formerName: string): Promise<FoundIssuer> {
  const names = [inputs.issuerName, formerName].filter((name) => name !== "");
  return findIssuer({ address: inputs.address, caPem: inputs.caPem }, inputs.token, {
    mountPath: inputs.mountPath,
    names,
    chainPem: inputs.chainPem,
  });
}

function title({ mountPath, issuerName }: IssuerPresenceInputs): string {
  return `${issuerName ? `the issuer ${issuerName}` : "the imported CA"} of Vault's mount ${mountPath}`;
}

function newGenerations(inputs: IssuerPresenceInputs): IssuerPresenceOutputs {
  return {
    issuerGeneration: randomUUID(),
    chainGeneration: randomUUID(),
    mountAccessor: inputs.mountAccessor,
    issuerName: inputs.issuerName,
  };
}

export const issuerPresenceProvider: pulumi.dynamic.ResourceProvider<
  IssuerPresenceInputs,
  IssuerPresenceOutputs
> = {
  // Looks into Vault on every run, previews included.
  async diff(_id: string, olds: IssuerPresenceOutputs, news: IssuerPresenceInputs) {
    if (olds.mountAccessor !== news.mountAccessor || olds.issuerName !== news.issuerName) {
      return { changes: true };
    }
    try {
      const { issuerId, hasKey, chainIsWhole } = await look(news, olds.issuerName);
      return { changes: issuerId === undefined || !hasKey || !chainIsWhole };
    } catch (error) {
      // A preview may find Vault sealed; a run has unsealed it before it comes here.
      console.log(`${title(news)} could not be looked at: ${(error as Error).message}`);
      return { changes: false };
    }
  },

  // There is nothing in a new mount: this comes before the import.
  async create(inputs: IssuerPresenceInputs) {
    return { id: inputs.mountPath, outs: newGenerations(inputs) };
  },

  async update(_id: string, olds: IssuerPresenceOutputs, news: IssuerPresenceInputs) {
    if (olds.mountAccessor !== news.mountAccessor) {
      console.log(`Vault's mount ${news.mountPath} is a new one: everything in it is made again`);
      return { outs: newGenerations(news) };
    }
    const { issuerId, hasKey, chainIsWhole } = await look(news, olds.issuerName);
    if (issuerId === undefined) {
      console.log(`${title(news)} is gone: it is put in again`);
      return { outs: newGenerations(news) };
    }
    if (!hasKey && news.issuerName !== "") {
      throw new Error(
        `${title(news)} has lost its key, and a new one cannot take its name: ` +
          `vault delete ${news.mountPath}/issuer/${issuerId}, then pulumi up --refresh`,
      );
    }
    if (hasKey && chainIsWhole) {
      return { outs: { ...olds, issuerName: news.issuerName } };
    }
    console.log(`${title(news)} has lost ${hasKey ? "CAs above it" : "its key"}: they are imported again`);
    return { outs: { ...olds, issuerName: news.issuerName, chainGeneration: randomUUID() } };
  },
};

/**
 * Whether a mount still holds an issuer with its key and its chain, which the Vault provider cannot see. It comes
 * before what puts them there, which takes the generations as `replacementTrigger`. Deleting it touches nothing.
 */
export class IssuerPresenceResource extends pulumi.dynamic.Resource {
  declare readonly issuerGeneration: pulumi.Output<string>;
  declare readonly chainGeneration: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: { [K in keyof IssuerPresenceInputs]: pulumi.Input<IssuerPresenceInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      issuerPresenceProvider,
      name,
      {
        issuerGeneration: undefined,
        chainGeneration: undefined,
        ...inputs,
        token: pulumi.secret(inputs.token),
      },
      opts,
      "cert-manager-vault",
      "IssuerPresence",
    );
  }
}
