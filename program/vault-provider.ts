import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

export interface VaultProviderArgs {
  address: pulumi.Input<string>;
  /** Secret. */
  token: pulumi.Input<string>;
  /** PEM of the CA that Vault's listener certificate is checked against; public. Undefined for what the system trusts. */
  caPem?: pulumi.Input<string>;
  /** Version of Vault that runs at `address`. */
  vaultVersion: string;
  /** Stands for Vault's storage; undefined for a Vault that is there whatever becomes of this stack. */
  instanceId?: pulumi.Input<string>;
  /** How often to try again where nothing answers, at intervals of a second or more. Default: the provider's own, 2. */
  maxRetries?: number;
}

/**
 * The provider for everything inside Vault. It takes its CA from a file only, so the public certificate is written
 * to `.pki/` in the project on every run, before the provider is told of it; the path is relative because it is part of
 * the state, which may be used from another machine.
 */
export function createVaultProvider(name: string, args: VaultProviderArgs): vault.Provider {
  return new vault.Provider(
    name,
    {
      address: args.address,
      token: pulumi.secret(args.token),
      ...(args.caPem === undefined ? {} : { caCertFile: writeCa(args.caPem) }),
      ...(args.maxRetries === undefined ? {} : { maxRetries: args.maxRetries }),
      // A child token would live 20 minutes and needs a right of its own.
      skipChildToken: true,
      // Without it the provider asks Vault for its version, also in a preview, and panics when Vault is sealed.
      vaultVersionOverride: args.vaultVersion,
    },
    // Another Vault has another provider, and what went with the old one is not deleted from the new one.
    args.instanceId === undefined ? {} : { replacementTrigger: args.instanceId },
  );
}

function writeCa(caPem: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.output(caPem).apply((pem) => {
    const file = path.join(".pki", `${pulumi.getStack()}-ca.pem`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, pem);
    return file;
  });
}

/**
 * Options of everything inside Vault.
 *
 * What goes together with the provider is not deleted from Vault. So a destroy asks nothing of a Vault that is sealed or
 * lost; the release goes with its volumes. And a Vault that was initialised anew, with nothing in it, has another
 * provider: everything is made again there, and nothing of it is deleted as the old one.
 *
 * @param instanceId Stands for Vault's storage.
 */
export function insideVault(
  provider: vault.Provider,
  instanceId: pulumi.Output<string>,
): pulumi.ComponentResourceOptions {
  return {
    provider,
    deletedWith: provider,
    transforms: [
      ({ type, custom, props, opts }) => {
        if (!custom || !type.startsWith("vault:")) {
          return undefined;
        }
        const replacementTrigger: unknown = opts.replacementTrigger ?? instanceId;
        return { props, opts: { ...opts, replacementTrigger } };
      },
    ],
  };
}
