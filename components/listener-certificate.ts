import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { listenerDnsNames } from "./internal/listener-names";

export interface ListenerCertificateArgs {
  /** PEM: certificate of the CA that signs. */
  caCertificatePem: pulumi.Input<string>;
  /** PEM: its key. Secret. */
  caPrivateKeyPem: pulumi.Input<string>;
  /** Namespace of Vault, part of the names that it is called by inside the cluster. Default `vault`. */
  namespace?: string;
  /** Address that Vault is called by from outside. Default none. */
  loadBalancerIp?: pulumi.Input<string>;
  /** Further IP addresses and host names that Vault is called by. Default none. */
  hosts?: string[];
  /** Life of the certificate, hours. Default 8760. */
  validityHours?: pulumi.Input<number>;
  /** How long before its end a run replaces it, hours. Default 720. */
  earlyRenewalHours?: pulumi.Input<number>;
}

/**
 * Certificate and key of Vault's listener, signed by the owner's CA and not by the issuer that Vault is about to
 * become: Vault has to be reachable, and trusted, before that one exists.
 *
 * @example
 * ```ts
 * const listener = new ListenerCertificate("vault-listener", {
 *   caCertificatePem: authority.signingCertificatePem,
 *   caPrivateKeyPem: authority.signingKeyPem,
 *   loadBalancerIp: "192.168.1.242",
 * });
 * ```
 */
export class ListenerCertificate extends pulumi.ComponentResource {
  /** PEM: the certificate and the CA's, in the order in which TLS sends them. */
  public readonly certificateChainPem: pulumi.Output<string>;
  /** PEM: the key. Secret. */
  public readonly privateKeyPem: pulumi.Output<string>;

  constructor(name: string, args: ListenerCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    const caPrivateKeyPem = pulumi.secret(args.caPrivateKeyPem);
    super("cert-manager-vault:index:ListenerCertificate", name, { ...args, caPrivateKeyPem }, opts);
    const namespace = args.namespace ?? "vault";
    const hosts = args.hosts ?? [];

    const key = new tls.PrivateKey(
      `${name}-key`,
      { algorithm: "ECDSA", ecdsaCurve: "P256" },
      { parent: this },
    );
    const request = new tls.CertRequest(
      `${name}-request`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: `vault.${namespace}.svc` },
        dnsNames: [...listenerDnsNames(namespace), ...hosts.filter((host) => !isIP(host))],
        ipAddresses: [
          "127.0.0.1",
          ...(args.loadBalancerIp ? [args.loadBalancerIp] : []),
          ...hosts.filter((host) => isIP(host)),
        ],
      },
      { parent: this },
    );
    const certificate = new tls.LocallySignedCert(
      `${name}-certificate`,
      {
        certRequestPem: request.certRequestPem,
        caCertPem: args.caCertificatePem,
        caPrivateKeyPem,
        allowedUses: ["digital_signature", "server_auth"],
        validityPeriodHours: args.validityHours ?? 8760,
        earlyRenewalHours: args.earlyRenewalHours ?? 720,
      },
      { parent: this },
    );

    this.certificateChainPem = pulumi.interpolate`${certificate.certPem}${args.caCertificatePem}`;
    this.privateKeyPem = pulumi.secret(key.privateKeyPem);
    this.registerOutputs({
      certificateChainPem: this.certificateChainPem,
      privateKeyPem: this.privateKeyPem,
    });
  }
}
