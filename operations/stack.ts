import type { KubeConfigSource } from "../components/internal/kubeconfig";
import type { VaultEndpoint } from "../components/internal/vault-client";
import type { PlainSettings } from "../settings/table";
import { PulumiCli, type StackConfig } from "./pulumi-cli";
import { plainSettings } from "./stack-settings";

/** What the commands know of a stack before they look at anything else. */
export interface Stack {
  name: string;
  settings: PlainSettings;
  kubeConfigSource: KubeConfigSource;
  /** Vault's address with the root that it is trusted by. */
  vault: VaultEndpoint;
  /** PEM. */
  rootCaPem: string;
  /** The page; undefined for a stack without one. */
  pageUrl?: string;
  /** The token that Pulumi works with in Vault; asked for only where it is needed. */
  vaultToken: () => Promise<string | undefined>;
}

/**
 * Reads the settings and the outputs of the selected stack.
 *
 * @throws Error saying what is wrong and what to do: no stack, a wrong setting, no outputs.
 */
export async function readStack(cli = new PulumiCli()): Promise<Stack> {
  const [name, config, outputs] = await Promise.all([
    cli.stack ?? cli.run(["stack", "--show-name"]).then((text) => text.trim()),
    cli.config(),
    cli.outputs(),
  ]);
  const { vaultAddress, rootCaPem, url } = outputs as Record<string, string | undefined>;
  if (!vaultAddress || !rootCaPem) {
    throw new Error(`the stack ${name} has no outputs, so it has not been brought up: pulumi up`);
  }
  return {
    name,
    settings: plainSettings(config),
    kubeConfigSource: await kubeConfigSourceOf(cli, config),
    vault: { address: vaultAddress, caPem: rootCaPem },
    rootCaPem,
    pageUrl: url,
    vaultToken: () => cli.secretOutput("vaultToken"),
  };
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
