import { readCaChain } from "../components/internal/ca-chain";
import type { KubeConfigSource } from "../components/internal/kubeconfig";
import { readPemBlocks } from "../components/internal/pem";
import type { VaultEndpoint } from "../components/internal/vault-client";
import type { PlainSettings } from "../settings/table";
import { PulumiCli, type StackConfig } from "./pulumi-cli";
import { plainSettings, project } from "./stack-settings";
import { vaultAddressOf } from "./way-to-vault";

/** What the commands know of a stack before they look at anything else. */
export interface Stack {
  name: string;
  settings: PlainSettings;
  kubeConfigSource: KubeConfigSource;
  /** Vault's address with the CA that its listener is below, which need not be the root's; with a port-forward, `openWay` has the one that answers. */
  vault: VaultEndpoint;
  /** `https://host:port` at which people find Vault. */
  vaultAddress: string;
  /** PEM. */
  rootCaPem: string;
  /** The page; undefined for a stack without one. */
  pageUrl?: string;
  /** The token that Pulumi works with in Vault; asked for only where it is needed. */
  vaultToken: () => Promise<string | undefined>;
}

/**
 * Reads the settings and the outputs of the selected stack. One that has none, because it has not been brought up to the
 * end, is known by its settings.
 *
 * @throws Error saying what is wrong and what to do: no stack, a wrong setting, no CA.
 */
export async function readStack(cli = new PulumiCli()): Promise<Stack> {
  const [name, config, outputs] = await Promise.all([
    cli.stack ?? cli.run(["stack", "--show-name"]).then((text) => text.trim()),
    cli.config(),
    cli.outputs(),
  ]);
  const settings = plainSettings(config);
  const { vaultAddress, vaultCaPem, rootCaPem, url } = outputs as Record<string, string | undefined>;
  const root = rootCaPem ?? (await rootOfSettings(cli, config));
  if (!root) {
    throw new Error(
      `the stack ${name} has neither outputs nor a CA in its settings: npm run setup, then pulumi up`,
    );
  }
  const kubeConfigSource = await kubeConfigSourceOf(cli, config);
  const address = vaultAddress ?? vaultAddressOf({ name, settings, kubeConfigSource });
  return {
    name,
    settings,
    kubeConfigSource,
    vault: { address, caPem: vaultCaPem ?? (settings.vaultExisting ? settings.vaultCaPem.trim() : root) },
    vaultAddress: address,
    rootCaPem: root,
    pageUrl: vaultAddress || !settings.demo ? url : `https://${settings.podinfoHost}`,
    vaultToken: () => cli.secretOutput("vaultToken"),
  };
}

/** The root in the owner's bundle; the key beside it is not opened. */
async function rootOfSettings(cli: PulumiCli, config: StackConfig): Promise<string | undefined> {
  const key = `${project}:caBundle`;
  if (!config[key]) {
    return undefined;
  }
  const { blocks } = readPemBlocks(await cli.secretSetting(key));
  return readCaChain(blocks, new Date()).root?.pem;
}

/** Where the Kubernetes provider's own settings point, as the program takes them. */
export async function kubeConfigSourceOf(cli: PulumiCli, config: StackConfig): Promise<KubeConfigSource> {
  const kubeconfig = config["kubernetes:kubeconfig"];
  return {
    kubeconfig:
      kubeconfig?.secret && kubeconfig.value === undefined
        ? await cli.secretSetting("kubernetes:kubeconfig")
        : kubeconfig?.value,
    context: config["kubernetes:context"]?.value,
    environment: process.env.KUBECONFIG,
  };
}
