import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { changeIssuer, issuersOf, mountOf, type MountInputs, type PkiIssuer } from "./pki-issuers";

export interface IssuerNameInputs extends MountInputs {
  /** The name that is to be the issuer's. */
  issuerName: string;
  /** Vault's ID of the issuer that is to have it. */
  issuerId: string;
}

type IssuerNameOutputs = Pick<IssuerNameInputs, "issuerName" | "issuerId">;

/** How the names of issuers begin that have given theirs to a successor. */
export function formerNamePrefix(issuerName: string): string {
  return `${issuerName}-until-`;
}

function formerName(issuerName: string, { certificatePem }: PkiIssuer, now: Date): string {
  const serial = new X509Certificate(certificatePem).serialNumber.toLowerCase().slice(0, 8);
  return `${formerNamePrefix(issuerName)}${now.toISOString().slice(0, 10)}-${serial}`;
}

/** Has the issuer bear the name; another one that does gets a name that says until when it had it. */
async function handOver(inputs: IssuerNameInputs): Promise<IssuerNameOutputs> {
  const { mountPath, issuerName, issuerId } = inputs;
  const mount = mountOf(inputs);
  const issuers = await issuersOf(mount);
  const bearer = issuers.find(({ name }) => name === issuerName);
  // Without a successor the name is better with the one who has it.
  if (bearer?.id !== issuerId && issuers.some(({ id }) => id === issuerId)) {
    if (bearer) {
      const name = formerName(issuerName, bearer, new Date());
      console.log(`the issuer ${issuerName} of Vault's mount ${mountPath} is from now on called ${name}`);
      await changeIssuer(mount, bearer.id, { name });
    }
    await changeIssuer(mount, issuerId, { name: issuerName });
  }
  return { issuerName, issuerId };
}

export const issuerNameProvider: pulumi.dynamic.ResourceProvider<IssuerNameInputs, IssuerNameOutputs> = {
  // A name that was changed in Vault is for the issuer's own resource to put right.
  async diff(_id: string, olds: IssuerNameOutputs, news: IssuerNameInputs) {
    return { changes: olds.issuerId !== news.issuerId || olds.issuerName !== news.issuerName };
  },

  async create(inputs: IssuerNameInputs) {
    return { id: inputs.mountPath, outs: await handOver(inputs) };
  },

  async update(_id: string, _olds: IssuerNameOutputs, news: IssuerNameInputs) {
    return { outs: await handOver(news) };
  },
};

/**
 * The name of an issuer, which Vault gives to one issuer of a mount only: a new issuer takes it over from the one
 * before. It comes before the issuer's own resource. Deleting it touches nothing.
 */
export class IssuerNameResource extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    inputs: { [K in keyof IssuerNameInputs]: pulumi.Input<IssuerNameInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      issuerNameProvider,
      name,
      { ...inputs, token: pulumi.secret(inputs.token) },
      opts,
      "cert-manager-vault",
      "IssuerName",
    );
  }
}
