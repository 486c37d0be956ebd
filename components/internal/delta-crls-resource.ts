import * as pulumi from "@pulumi/pulumi";
import { lostDeltaCrls, rebuildDeltaCrls } from "./delta-crls";
import { mountOf, type MountInputs } from "./pki-issuers";

type DeltaCrlsOutputs = Pick<MountInputs, "mountPath">;

/** Has those that are lost made again. A token that may not is told of and ends no run: Vault makes them within a day. */
async function bringBack(inputs: MountInputs): Promise<DeltaCrlsOutputs> {
  const { mountPath } = inputs;
  const mount = mountOf(inputs);
  const lost = await lostDeltaCrls(mount);
  if (lost.length > 0) {
    const what = `the delta CRL of Vault's mount ${mountPath} was lost (${lost.join(", ")})`;
    try {
      await rebuildDeltaCrls(mount);
      console.log(`${what}: it is made again`);
    } catch (error) {
      console.log(
        `${what}, and cannot be made again: ${(error as Error).message}. ` +
          `"vault read ${mountPath}/crl/rotate" with another token makes it; Vault itself does within 24 hours`,
      );
    }
  }
  return { mountPath };
}

export const deltaCrlsProvider: pulumi.dynamic.ResourceProvider<MountInputs, DeltaCrlsOutputs> = {
  // Looks into Vault on every run, previews included, which may find it sealed.
  async diff(_id: string, olds: DeltaCrlsOutputs, news: MountInputs) {
    const lost = await lostDeltaCrls(mountOf(news)).catch(() => []);
    return { changes: olds.mountPath !== news.mountPath || lost.length > 0 };
  },

  async create(inputs: MountInputs) {
    return { id: inputs.mountPath, outs: await bringBack(inputs) };
  },

  async update(_id: string, _olds: DeltaCrlsOutputs, news: MountInputs) {
    return { outs: await bringBack(news) };
  },
};

/**
 * The state "the mount tells its delta CRLs", which a restart of a Vault with file storage makes an end to. Deleting it
 * touches nothing.
 */
export class DeltaCrlsResource extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    inputs: { [K in keyof MountInputs]: pulumi.Input<MountInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      deltaCrlsProvider,
      name,
      { ...inputs, token: pulumi.secret(inputs.token) },
      opts,
      "cert-manager-vault",
      "DeltaCrls",
    );
  }
}
