import * as pulumi from "@pulumi/pulumi";
import { waitForOwners } from "./owner-unseal";
import { removeRecoveryFile } from "./recovery-file";
import { sealStatus, unsealVault } from "./vault-client";
import { waitForActiveVault, waitForVault } from "./wait-for-vault";

export interface VaultUnsealInputs {
  address: string;
  caPem: string;
  namespace: string;
  unsealKeys: string[];
  /** Of the PGP keys that the unseal keys are encrypted for; none for keys in clear. */
  pgpFingerprints: string[];
  timeoutSeconds: number;
  recoveryName: string;
  /** Name of the keys' resource, for the command that an error names. */
  keysName: string;
}

interface VaultUnsealOutputs {
  sealed: boolean;
  address: string;
  caPem: string;
}

const unreachable = { initialized: true, sealed: true };

async function ensureUnsealed(inputs: VaultUnsealInputs): Promise<VaultUnsealOutputs> {
  const endpoint = { address: inputs.address, caPem: inputs.caPem };
  const status = await waitForVault(endpoint, inputs);
  if (!status.initialized) {
    throw new Error(
      `the Vault at ${inputs.address} is not initialised although the stack holds its keys: its storage was wiped or replaced. ` +
        `Lost with it are the issuing CA's key, all that was configured in Vault, and its audit log. ` +
        `If the volume can be put back, do that and run pulumi up. If not, build it again under the same root: ` +
        `pulumi up --replace '**::${inputs.keysName}'`,
    );
  }
  if (status.sealed && inputs.pgpFingerprints.length > 0) {
    await waitForOwners(endpoint, inputs);
  } else if (status.sealed) {
    await unsealVault(endpoint, inputs.unsealKeys);
  }
  await waitForActiveVault(endpoint, inputs);
  // This resource depends on the keys' one, so the engine has them in its checkpoint by now.
  removeRecoveryFile(inputs.recoveryName);
  return { sealed: false, address: inputs.address, caPem: inputs.caPem };
}

export const vaultUnsealProvider: pulumi.dynamic.ResourceProvider<VaultUnsealInputs, VaultUnsealOutputs> = {
  // Looks at Vault itself on every run, so that `pulumi up` unseals what a restart has sealed.
  async diff(_id: string, olds: VaultUnsealOutputs, news: VaultUnsealInputs) {
    const moved = olds.sealed || olds.address !== news.address || olds.caPem !== news.caPem;
    if (moved) {
      return { changes: true };
    }
    const status = await sealStatus({ address: news.address, caPem: news.caPem }, 5).catch(() => unreachable);
    return { changes: status.sealed || !status.initialized };
  },

  async create(inputs: VaultUnsealInputs) {
    return { id: inputs.recoveryName, outs: await ensureUnsealed(inputs) };
  },

  async read(id: string, props?: VaultUnsealOutputs) {
    if (!props) {
      throw new Error("this resource cannot be imported: it describes what pulumi up has done");
    }
    const status = await sealStatus({ address: props.address, caPem: props.caPem }, 5).catch(
      () => unreachable,
    );
    return { id, props: { ...props, sealed: status.sealed } };
  },

  async update(_id: string, _olds: VaultUnsealOutputs, news: VaultUnsealInputs) {
    return { outs: await ensureUnsealed(news) };
  },
};

/** The state "unsealed and serving". Deleting it does not seal Vault. */
export class VaultUnsealResource extends pulumi.dynamic.Resource {
  declare readonly sealed: pulumi.Output<boolean>;

  constructor(
    name: string,
    inputs: { [K in keyof VaultUnsealInputs]: pulumi.Input<VaultUnsealInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      vaultUnsealProvider,
      name,
      { sealed: undefined, ...inputs },
      opts,
      "cert-manager-vault",
      "VaultUnseal",
    );
  }
}
