import { randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { findIssuer, type FoundIssuer } from "./find-issuer";
import { madeOf, whyAnother, type IssuerWish, type MadeOf } from "./issuer-wish";
import { mountOf, type MountInputs } from "./pki-issuers";

export interface IssuerPresenceInputs extends MountInputs {
  /** Vault's accessor of the mount: another one means another mount under the same path. */
  mountAccessor: string;
  /** Name of the issuer in the mount; empty for one that is known by its certificate. */
  issuerName: string;
  /** PEM: the certificates that the issuer's chain ends with, up to the root. */
  chainPem: string;
  /** What the issuer is made of; absent for one that is imported. */
  wish?: IssuerWish;
}

interface IssuerPresenceOutputs {
  /** Changes when the issuer, or its key, has to be made or imported anew. */
  issuerGeneration: string;
  /** Changes when the CAs above it have to be imported anew. */
  chainGeneration: string;
  mountAccessor: string;
  issuerName: string;
  /** Absent for an issuer that is imported, and in a state from before it was remembered. */
  madeOf?: MadeOf;
}

function look(inputs: IssuerPresenceInputs, formerName: string): Promise<FoundIssuer | undefined> {
  return findIssuer(mountOf(inputs), {
    names: [inputs.issuerName, formerName].filter((name) => name !== ""),
    chainPem: inputs.chainPem,
  });
}

function title({ mountPath, issuerName }: IssuerPresenceInputs): string {
  return `${issuerName ? `the issuer ${issuerName}` : "the imported CA"} of Vault's mount ${mountPath}`;
}

/** Why another issuer has to take the place of the one that was found; an imported one is imported again instead. */
function successor(
  { wish, chainPem }: IssuerPresenceInputs,
  olds: IssuerPresenceOutputs,
  found: FoundIssuer,
): string | undefined {
  if (!wish) {
    return undefined;
  }
  return found.hasKey ? whyAnother(found, olds.madeOf, wish, chainPem) : "has lost its key";
}

function outputs(
  inputs: IssuerPresenceInputs,
  generations: { issuerGeneration: string; chainGeneration: string },
): IssuerPresenceOutputs {
  return {
    ...generations,
    mountAccessor: inputs.mountAccessor,
    issuerName: inputs.issuerName,
    ...(inputs.wish ? { madeOf: madeOf(inputs.wish, inputs.chainPem) } : {}),
  };
}

function newGenerations(inputs: IssuerPresenceInputs): IssuerPresenceOutputs {
  return outputs(inputs, { issuerGeneration: randomUUID(), chainGeneration: randomUUID() });
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
      const found = await look(news, olds.issuerName);
      const right = found?.hasKey && found.chainIsWhole && successor(news, olds, found) === undefined;
      return { changes: !right };
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
    const found = await look(news, olds.issuerName);
    if (!found) {
      const imported = news.issuerName === "";
      console.log(`${title(news)} is ${imported ? "not in it: it is imported" : "gone: it is put in again"}`);
      return { outs: newGenerations(news) };
    }
    const { issuerGeneration, chainGeneration } = olds;
    const why = successor(news, olds, found);
    if (why !== undefined) {
      console.log(`${title(news)} ${why}: another takes its place, with a key of its own`);
    }
    const chainIsWhole = found.chainIsWhole && (found.hasKey || why !== undefined);
    if (!chainIsWhole) {
      const lack = found.hasKey ? "not all CAs above it in its mount" : "no key";
      console.log(`${title(news)} has ${lack}: what is missing is imported`);
    }
    return {
      outs: outputs(news, {
        issuerGeneration: why === undefined ? issuerGeneration : randomUUID(),
        chainGeneration: chainIsWhole ? chainGeneration : randomUUID(),
      }),
    };
  },
};

/**
 * Whether a mount still holds an issuer, as wished, with its key and its chain, which the Vault provider cannot see. It
 * comes before what puts them there, which takes the generations as `replacementTrigger`. Deleting it touches nothing.
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
