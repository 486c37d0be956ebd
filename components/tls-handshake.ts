import * as pulumi from "@pulumi/pulumi";
import { HandshakeResource } from "./internal/handshake-resource";

export interface TlsHandshakeArgs {
  /** IP address or host name to connect to; need not be in any DNS. */
  address: pulumi.Input<string>;
  /** Default 443. */
  port?: pulumi.Input<number>;
  /** Host name that the certificate must name. */
  serverName: pulumi.Input<string>;
  /** PEM; the only root that is trusted. */
  trustedRootPem: pulumi.Input<string>;
  /**
   * Path of a page that has to answer as well, for example `/`. An ingress that has the certificate may still have no
   * server for the page, and say 503 in its place. Default: the handshake alone.
   */
  path?: pulumi.Input<string>;
  /** How long to try, seconds. Default 300. */
  timeoutSeconds?: pulumi.Input<number>;
  /** Commands that show why the certificate is not served; printed when the time is up. Default none. */
  lookAt?: pulumi.Input<string>;
}

/**
 * Proof that a client which trusts only the root accepts the page: a TLS handshake, tried until it is good, and made
 * again on every run. `Ready` conditions do not prove that; a browser would not look at them either.
 *
 * @example
 * ```ts
 * new TlsHandshake("proof", {
 *   address: podinfo.address,
 *   serverName: "podinfo.wsp.local",
 *   trustedRootPem: authority.rootCertificatePem,
 * });
 * ```
 */
export class TlsHandshake extends pulumi.ComponentResource {
  /** Start of the served certificate's life, ISO 8601. */
  public readonly notBefore: pulumi.Output<string>;
  /** End of the served certificate's life, ISO 8601. */
  public readonly notAfter: pulumi.Output<string>;
  /** Subjects of the served chain, from the leaf to the root. */
  public readonly chainSubjects: pulumi.Output<string[]>;

  constructor(name: string, args: TlsHandshakeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:TlsHandshake", name, args, opts);

    const handshake = new HandshakeResource(
      `${name}-handshake`,
      {
        address: args.address,
        port: args.port ?? 443,
        serverName: args.serverName,
        trustedRootPem: args.trustedRootPem,
        path: args.path,
        timeoutSeconds: args.timeoutSeconds ?? 300,
        lookAt: args.lookAt ?? "the Ingress, its Certificate and the ingress controller's log",
      },
      { parent: this },
    );

    this.notBefore = handshake.notBefore;
    this.notAfter = handshake.notAfter;
    this.chainSubjects = handshake.chainSubjects;
    this.registerOutputs({
      notBefore: this.notBefore,
      notAfter: this.notAfter,
      chainSubjects: this.chainSubjects,
    });
  }
}
