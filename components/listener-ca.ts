import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

export interface ListenerCaArgs {
  /** Common name of the CA. Default `Vault listener CA`. */
  commonName?: pulumi.Input<string>;
  /** Life of the CA, hours. Default 175200. */
  validityHours?: pulumi.Input<number>;
}

/**
 * A CA for the certificate of Vault's listener and nothing else, for a program that holds no key of the CA that is to be
 * in Vault: Vault has to be reachable, and trusted, before that one is there. Pulumi and cert-manager trust it; browsers
 * that trust the root do not.
 *
 * @example
 * ```ts
 * const listenerCa = new ListenerCa("vault-listener-ca", {});
 * const listener = new ListenerCertificate("vault-listener", {
 *   caCertificatePem: listenerCa.certificatePem,
 *   caPrivateKeyPem: listenerCa.privateKeyPem,
 *   loadBalancerIp: "192.168.1.242",
 * });
 * ```
 */
export class ListenerCa extends pulumi.ComponentResource {
  /** PEM: the certificate, self-signed. */
  public readonly certificatePem: pulumi.Output<string>;
  /** PEM: the key. Secret. */
  public readonly privateKeyPem: pulumi.Output<string>;

  constructor(name: string, args: ListenerCaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:ListenerCa", name, args, opts);

    const key = new tls.PrivateKey(
      `${name}-key`,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { parent: this },
    );
    const certificate = new tls.SelfSignedCert(
      `${name}-certificate`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: args.commonName ?? "Vault listener CA" },
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: ["cert_signing", "crl_signing"],
        validityPeriodHours: args.validityHours ?? 175200,
      },
      { parent: this },
    );

    this.certificatePem = certificate.certPem;
    this.privateKeyPem = pulumi.secret(key.privateKeyPem);
    this.registerOutputs({ certificatePem: this.certificatePem, privateKeyPem: this.privateKeyPem });
  }
}
