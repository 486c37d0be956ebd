import * as pulumi from "@pulumi/pulumi";
import { parseRootBundle } from "./internal/root-bundle";
import { oldEnoughToSign } from "./internal/signing-age";
import { withoutStack } from "./internal/without-stack";

export interface RootAuthorityArgs {
  /** PEM: the root certificate and its key (may be encrypted), or a PKCS#12 file of them as base64. Secret. */
  bundlePem: pulumi.Input<string>;
  /** Passphrase of the key or the file. Secret. Default none. */
  passphrase?: pulumi.Input<string>;
}

/**
 * The owner's root as it came, for a Vault that is to hold the root itself: checked, decrypted, and in the order in
 * which Vault imports it. Creates nothing. The key may be missing once Vault has it: that is no change of this component.
 *
 * @example
 * ```ts
 * const config = new pulumi.Config();
 * const authority = new RootAuthority("authority", {
 *   bundlePem: config.requireSecret("caBundle"),
 *   passphrase: config.getSecret("caPassphrase"),
 * });
 * ```
 */
export class RootAuthority extends pulumi.ComponentResource {
  /** PEM: the root. */
  public readonly rootCertificatePem: pulumi.Output<string>;
  /**
   * PEM: the root and, when it was given, its decrypted key: what Vault imports. Known once the root is old enough for
   * Vault to sign with it, half a minute. Secret.
   */
  public readonly importBundlePem: pulumi.Output<string>;

  constructor(name: string, args: RootAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    const parts = pulumi.all([args.bundlePem, args.passphrase]).apply(([bundlePem, passphrase]) => {
      const { bundle, faults } = parseRootBundle(bundlePem, passphrase);
      if (!bundle) {
        throw withoutStack(new pulumi.RunError(faults.join("\n")));
      }
      return bundle;
    });
    // A certificate is public although the bundle that it came in is not.
    const rootCertificatePem = pulumi.unsecret(parts.rootPem);
    super(
      "cert-manager-vault:index:RootAuthority",
      name,
      // Without the key, so that there is nothing to be changed when it is taken out of the settings.
      { bundlePem: pulumi.secret(rootCertificatePem) },
      opts,
    );

    this.rootCertificatePem = rootCertificatePem;
    this.importBundlePem = pulumi.secret(
      parts.apply(async ({ rootPem, keyPem, rootNotBefore }) => {
        await oldEnoughToSign(rootNotBefore);
        return rootPem + (keyPem ?? "");
      }),
    );
    this.registerOutputs({
      rootCertificatePem: this.rootCertificatePem,
      importBundlePem: this.importBundlePem,
    });
  }
}
