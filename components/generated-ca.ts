import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { durationSeconds } from "./internal/duration";
import { oldEnoughToSign } from "./internal/signing-age";

export interface GeneratedCaArgs {
  /** Common name of the root; another one later changes nothing. */
  rootCommonName: pulumi.Input<string>;
  /** Common name of the intermediate; another one later changes nothing. */
  intermediateCommonName: pulumi.Input<string>;
  /** Life of the root, as a duration, whole hours; the intermediate ends a day earlier. Default `175200h`. */
  maxTtl?: string;
}

/** How much earlier than the root the intermediate ends, hours. */
const differenceHours = 24;

const keyType = { algorithm: "ECDSA", ecdsaCurve: "P384" };
const uses = ["cert_signing", "crl_signing"];

/**
 * A root and an intermediate that nobody had before: made by Pulumi, their keys in its state. Gives what
 * CertificateAuthority gives of the owner's own.
 *
 * @example
 * ```ts
 * const authority = new GeneratedCa("authority", {
 *   rootCommonName: "homelab.local Root CA",
 *   intermediateCommonName: "homelab.local Intermediate CA",
 * });
 * ```
 */
export class GeneratedCa extends pulumi.ComponentResource {
  /** PEM: the root. */
  public readonly rootCertificatePem: pulumi.Output<string>;
  /** PEM: the intermediate. */
  public readonly signingCertificatePem: pulumi.Output<string>;
  /** PEM: the intermediate, then the root. */
  public readonly chainPem: pulumi.Output<string>;
  /** PEM: the intermediate's key, PKCS#8. Secret. */
  public readonly signingKeyPem: pulumi.Output<string>;
  /**
   * PEM: the intermediate, its key, the root: what Vault imports. Known once the intermediate is old enough for Vault to
   * sign with it, half a minute. Secret.
   */
  public readonly importBundlePem: pulumi.Output<string>;

  constructor(name: string, args: GeneratedCaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:GeneratedCa", name, args, opts);
    const lifeHours = Math.floor(durationSeconds(args.maxTtl ?? "175200h") / 3600);

    const rootKey = new tls.PrivateKey(`${name}-root-key`, keyType, { parent: this });
    const root = new tls.SelfSignedCert(
      `${name}-root`,
      {
        privateKeyPem: rootKey.privateKeyPem,
        subject: { commonName: args.rootCommonName },
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: uses,
        validityPeriodHours: lifeHours,
      },
      madeOnce({ parent: this }),
    );
    const key = new tls.PrivateKey(`${name}-intermediate-key`, keyType, { parent: this });
    const request = new tls.CertRequest(
      `${name}-intermediate-request`,
      { privateKeyPem: key.privateKeyPem, subject: { commonName: args.intermediateCommonName } },
      madeOnce({ parent: this }),
    );
    const intermediate = new tls.LocallySignedCert(
      `${name}-intermediate`,
      {
        certRequestPem: request.certRequestPem,
        caCertPem: root.certPem,
        caPrivateKeyPem: rootKey.privateKeyPem,
        isCaCertificate: true,
        // Below it comes Vault's issuing CA, and nothing below that.
        maxPathLength: 1,
        setSubjectKeyId: true,
        allowedUses: uses,
        validityPeriodHours: lifeHours - differenceHours,
      },
      madeOnce({ parent: this }),
    );

    this.rootCertificatePem = root.certPem;
    this.signingCertificatePem = intermediate.certPem;
    this.chainPem = pulumi.interpolate`${intermediate.certPem}${root.certPem}`;
    this.signingKeyPem = pulumi.secret(key.privateKeyPemPkcs8);
    this.importBundlePem = pulumi.secret(
      pulumi
        .all([intermediate.certPem, key.privateKeyPemPkcs8, root.certPem, intermediate.validityStartTime])
        .apply(async ([certificatePem, keyPem, rootPem, notBefore]) => {
          await oldEnoughToSign(new Date(notBefore));
          return certificatePem + keyPem + rootPem;
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

/** A name or a life that changes in the settings would otherwise make another CA, which nobody trusts. */
function madeOnce(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
  return { ...opts, ignoreChanges: ["subject", "validityPeriodHours"] };
}
