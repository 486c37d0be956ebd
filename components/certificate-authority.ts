import * as pulumi from "@pulumi/pulumi";
import { parseCaBundle } from "./internal/ca-bundle";
import { oldEnoughToSign } from "./internal/signing-age";
import { withoutStack } from "./internal/without-stack";

export interface CertificateAuthorityArgs {
  /**
   * PEM: the intermediate certificate, its key (may be encrypted) and the root certificate, in any order. Secret.
   */
  bundlePem: pulumi.Input<string>;
  /** Passphrase of the key. Secret. Default none. */
  passphrase?: pulumi.Input<string>;
}

/**
 * The owner's offline CA as it came: checked, decrypted, and in the parts and the order that the rest needs. Creates
 * nothing.
 *
 * A bundle that cannot work is refused with every reason at once: a chain, key or date that is wrong, or an
 * intermediate with `pathlen:0`, below which Vault could not sign a CA.
 *
 * @example
 * ```ts
 * const config = new pulumi.Config();
 * const authority = new CertificateAuthority("authority", {
 *   bundlePem: config.requireSecret("caBundle"),
 *   passphrase: config.getSecret("caPassphrase"),
 * });
 * ```
 */
export class CertificateAuthority extends pulumi.ComponentResource {
  /** PEM: the root. */
  public readonly rootCertificatePem: pulumi.Output<string>;
  /** PEM: the intermediate. */
  public readonly signingCertificatePem: pulumi.Output<string>;
  /** PEM: the intermediate, then the root. */
  public readonly chainPem: pulumi.Output<string>;
  /** PEM: the intermediate's key, decrypted, PKCS#8. Secret. */
  public readonly signingKeyPem: pulumi.Output<string>;
  /**
   * PEM: the intermediate, its decrypted key, the root: what Vault imports. Known once the intermediate is old enough
   * for Vault to sign with it, half a minute. Secret.
   */
  public readonly importBundlePem: pulumi.Output<string>;

  constructor(name: string, args: CertificateAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "cert-manager-vault:index:CertificateAuthority",
      name,
      { bundlePem: pulumi.secret(args.bundlePem), passphrase: pulumi.secret(args.passphrase ?? "") },
      opts,
    );

    const parts = pulumi.all([args.bundlePem, args.passphrase]).apply(([bundlePem, passphrase]) => {
      const { bundle, faults } = parseCaBundle(bundlePem, passphrase);
      if (!bundle) {
        throw withoutStack(new pulumi.ResourceError(faults.join("\n"), this, true));
      }
      return bundle;
    });
    // Certificates are public although the bundle that they came in is not.
    const certificates = pulumi.unsecret(
      parts.apply(({ intermediatePem, rootPem }) => ({ intermediatePem, rootPem })),
    );

    this.rootCertificatePem = certificates.rootPem;
    this.signingCertificatePem = certificates.intermediatePem;
    this.chainPem = pulumi.interpolate`${certificates.intermediatePem}${certificates.rootPem}`;
    this.signingKeyPem = pulumi.secret(parts.keyPem);
    this.importBundlePem = pulumi.secret(
      parts.apply(async ({ intermediatePem, keyPem, rootPem, intermediateNotBefore }) => {
        await oldEnoughToSign(intermediateNotBefore);
        return intermediatePem + keyPem + rootPem;
      }),
    );
    this.registerOutputs({
      rootCertificatePem: this.rootCertificatePem,
      signingCertificatePem: this.signingCertificatePem,
      chainPem: this.chainPem,
      signingKeyPem: this.signingKeyPem,
      importBundlePem: this.importBundlePem,
    });
  }
}
