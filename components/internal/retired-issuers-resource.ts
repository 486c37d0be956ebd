import * as pulumi from "@pulumi/pulumi";
import {
  changeIssuer,
  defaultIssuerOf,
  deleteIssuer,
  deleteKey,
  issuersOf,
  issuingUsage,
  mountOf,
  type MountInputs,
} from "./pki-issuers";
import { planRetirement, type Retirement, type RetirementPlan, type RetirementWish } from "./retirement";

export type RetiredIssuersInputs = RetirementWish & MountInputs;

async function plan(before: Retirement, inputs: RetiredIssuersInputs): Promise<RetirementPlan> {
  const mount = mountOf(inputs);
  const issuers = await issuersOf(mount);
  return planRetirement(before, inputs, issuers, await defaultIssuerOf(mount), new Date());
}

async function carryOut(before: Retirement, inputs: RetiredIssuersInputs): Promise<Retirement> {
  const mount = mountOf(inputs);
  const { retire, remove, after } = await plan(before, inputs);
  for (const issuer of retire) {
    // Whatever else it may do it keeps; Vault refuses CRL signing to a certificate that is not meant for it.
    const usage = issuer.usage.filter((one) => one !== issuingUsage);
    await changeIssuer(mount, issuer.id, { usage });
    const { title, until } = after.retired[issuer.id]!;
    console.log(
      `${title} of Vault's mount ${mount.path} signs no more certificates; it and its key go with the first run after ${until}`,
    );
  }
  for (const [id, { title, keyId }] of Object.entries(remove)) {
    await deleteIssuer(mount, id);
    const others = await issuersOf(mount);
    if (keyId !== "" && !others.some((other) => other.keyId === keyId)) {
      await deleteKey(mount, keyId);
    }
    console.log(
      `${title} of Vault's mount ${mount.path} is deleted with its key: all that it has signed is over`,
    );
  }
  return after;
}

export const retiredIssuersProvider: pulumi.dynamic.ResourceProvider<RetiredIssuersInputs, Retirement> = {
  // Looks into Vault, and at the time, on every run, previews included.
  async diff(_id: string, olds: Retirement, news: RetiredIssuersInputs) {
    if (olds.currentIssuerId !== news.currentIssuerId || olds.keepSeconds !== news.keepSeconds) {
      return { changes: true };
    }
    try {
      const { retire, remove } = await plan(olds, news);
      return { changes: retire.length > 0 || Object.keys(remove).length > 0 };
    } catch (error) {
      // A preview may find Vault sealed.
      console.log(
        `former issuers of Vault's mount ${news.mountPath} could not be looked at: ${(error as Error).message}`,
      );
      return { changes: false };
    }
  },

  async create(inputs: RetiredIssuersInputs) {
    const { currentIssuerId, keepSeconds } = inputs;
    const before = { currentIssuerId, keepSeconds, keepUntil: "", retired: {} };
    return { id: inputs.mountPath, outs: await carryOut(before, inputs) };
  },

  async update(_id: string, olds: Retirement, news: RetiredIssuersInputs) {
    return { outs: await carryOut(olds, news) };
  },
};

/**
 * The issuers of a mount that another has taken the place of. They sign no certificates any more, only CRLs and answers
 * to OCSP, and are deleted with their keys by a run after the last of what they have signed is over. It comes after the
 * new one has become the default. Deleting it touches nothing.
 */
export class RetiredIssuersResource extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    inputs: { [K in keyof RetiredIssuersInputs]: pulumi.Input<RetiredIssuersInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      retiredIssuersProvider,
      name,
      { ...inputs, token: pulumi.secret(inputs.token) },
      opts,
      "cert-manager-vault",
      "RetiredIssuers",
    );
  }
}
