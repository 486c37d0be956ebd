import * as pulumi from "@pulumi/pulumi";
import { waitForOwners } from "./owner-unseal";
import { removeRecoveryFile } from "./recovery-file";
import { untilForwarded } from "./until-forwarded";
import { sealStatus, unsealVault, type VaultEndpoint } from "./vault-client";
import { allServe, askNodes, unsealNodes } from "./vault-nodes";
import { waitForActiveVault, waitForVault } from "./wait-for-vault";

export interface VaultUnsealInputs {
  address: string;
  nodesAddress?: string;
  caPem: string;
  namespace: string;
  replicas: number;
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
  /** Missing in a state from before there could be another than `address`. */
  nodesAddress?: string;
  caPem: string;
  /** Missing in a state from before there could be several. */
  replicas?: number;
}

const unreachable = { initialized: true, sealed: true };

async function ensureUnsealed(inputs: VaultUnsealInputs): Promise<VaultUnsealOutputs> {
  const { address, nodesAddress, caPem, replicas } = inputs;
  const endpoint = { address, nodesAddress, caPem };
  if (replicas > 1) {
    if ((await unsealNodes(endpoint, inputs, inputs.unsealKeys)) === "wiped") {
      throw wiped(inputs);
    }
  } else {
    await ensureOneUnsealed(endpoint, inputs);
  }
  // This resource depends on the keys' one, so the engine has them in its checkpoint by now.
  removeRecoveryFile(inputs.recoveryName);
  return { sealed: false, address, nodesAddress, caPem, replicas };
}

async function ensureOneUnsealed(endpoint: VaultEndpoint, inputs: VaultUnsealInputs): Promise<void> {
  const status = await waitForVault(endpoint, inputs);
  if (!status.initialized) {
    throw wiped(inputs);
  }
  if (status.sealed && inputs.pgpFingerprints.length > 0) {
    await waitForOwners(endpoint, inputs);
  } else if (status.sealed) {
    await unsealVault(endpoint, inputs.unsealKeys);
  }
  await waitForActiveVault(endpoint, inputs);
}

function wiped({ address, keysName }: VaultUnsealInputs): Error {
  return new Error(
    `the Vault at ${address} is not initialised although the stack holds its keys: its storage was wiped or replaced. ` +
      `Lost with it are the issuing CA's key, all that was configured in Vault, and its audit log. ` +
      `If the volume can be put back, do that and run pulumi up; if there is a snapshot: npm run restore -- SNAPSHOT. ` +
      `If not, build it again under the same root: pulumi up --replace '**::${keysName}'`,
  );
}

/** Whether every node is unsealed, as far as can be seen from here. */
async function isUnsealed(
  { address, nodesAddress, caPem }: VaultEndpoint,
  replicas: number,
): Promise<boolean> {
  const endpoint = { address, nodesAddress, caPem };
  if (replicas > 1) {
    return allServe((await askNodes(endpoint, replicas)).nodes, replicas);
  }
  const status = await sealStatus(endpoint, 5).catch(() => unreachable);
  return status.initialized && !status.sealed;
}

export const vaultUnsealProvider: pulumi.dynamic.ResourceProvider<VaultUnsealInputs, VaultUnsealOutputs> = {
  // Looks at Vault itself on every run, so that `pulumi up` unseals what a restart has sealed.
  async diff(_id: string, olds: VaultUnsealOutputs, news: VaultUnsealInputs) {
    const moved =
      olds.sealed ||
      olds.address !== news.address ||
      (olds.nodesAddress ?? "") !== (news.nodesAddress ?? "") ||
      olds.caPem !== news.caPem ||
      (olds.replicas ?? 1) !== news.replicas;
    return { changes: moved || !(await isUnsealed(news, news.replicas)) };
  },

  async create(inputs: VaultUnsealInputs) {
    return { id: inputs.recoveryName, outs: await ensureUnsealed(inputs) };
  },

  async read(id: string, props?: VaultUnsealOutputs) {
    if (!props) {
      throw new Error("this resource cannot be imported: it describes what pulumi up has done");
    }
    if (props.nodesAddress) {
      await untilForwarded(props.nodesAddress);
    }
    return { id, props: { ...props, sealed: !(await isUnsealed(props, props.replicas ?? 1)) } };
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
