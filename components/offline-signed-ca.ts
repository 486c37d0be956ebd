import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { durationSeconds } from "./internal/duration";
import { createImportedIssuer } from "./internal/imported-issuer";
import { createPkiMount } from "./internal/pki-mount";
import { createPkiRole } from "./internal/pki-role";
import { parseSignedCa, type SignedCa } from "./internal/signed-ca";
import { oldEnoughToSign } from "./internal/signing-age";
import { isForRequest, signingCommands } from "./internal/signing-request";
import { withoutStack } from "./internal/without-stack";

export interface OfflineSignedCaArgs {
  /** Mount path. Default `pki`. */
  mountPath?: pulumi.Input<string>;
  /** Longest life of anything this CA signs, as a duration; the commands ask for a certificate that lives longer. Default `43800h`. */
  maxTtl?: string;
  /** Common name of the CA, in the request; another one later changes nothing. */
  commonName: pulumi.Input<string>;
  /** PEM: what the root's owner made of the request, and the root. Default none; everything else waits for it. */
  signedCertificatePem?: string;
  /** `https://host:port` of Vault, where the CA is looked for on every run. */
  vaultAddress: pulumi.Input<string>;
  /**
   * `https://host:port` by which others reach Vault; without `pkiHost`, written into certificates as the place of this
   * CA's certificate and CRL. Default `vaultAddress`.
   */
  publicAddress?: pulumi.Input<string>;
  /**
   * Host of a PkiDistributionPoint, written into certificates as the place of this CA's certificate, CRLs and OCSP
   * responder; empty for Vault's own address. Default empty.
   */
  pkiHost?: string;
  /** PEM: the CA that Vault's listener certificate is checked against. */
  vaultCaPem: pulumi.Input<string>;
  /** Token that may list and read the issuers of the mount. Secret. */
  vaultToken: pulumi.Input<string>;
  /** Name of the role. */
  roleName: pulumi.Input<string>;
  /** Domains that the role admits, with their subdomains. */
  allowedDomains: pulumi.Input<pulumi.Input<string>[]>;
  /** Longest life of a certificate of the role, as a duration. Default `336h`. */
  roleMaxTtl?: string;
  /** Name of the policy that admits to the role. Default `pki`. */
  policyName?: pulumi.Input<string>;
}

/**
 * A CA whose key is made in a PKI mount of Vault and never leaves it, and whose certificate is signed by a root that
 * never comes near it. Without the signed certificate there are the request and the commands for signing it; with it,
 * the CA is ready to sign the issuing CA. A certificate that is not this CA's is refused before Vault is given it.
 *
 * @example
 * ```ts
 * const parentCa = new OfflineSignedCa("parent-ca", {
 *   commonName: "homelab.local Intermediate CA",
 *   signedCertificatePem: config.get("signedCaCertificate"),
 *   vaultAddress: server.address,
 *   vaultCaPem: listenerCa.certificatePem,
 *   vaultToken: vaultInit.rootToken,
 *   roleName: "home-lab-dot-local",
 *   allowedDomains: ["homelab.local"],
 * }, { provider: vaultProvider, deletedWith: server.release });
 * export const commands = parentCa.signingCommands;
 * ```
 */
export class OfflineSignedCa extends pulumi.ComponentResource {
  /** PEM: the request for the root's owner. */
  public readonly requestPem: pulumi.Output<string>;
  /** The commands for the machine that holds the root, with the request in them. */
  public readonly signingCommands: pulumi.Output<string>;
  /** Mount path; resolves when the CA can sign and its URLs are set. Empty while there is no signed certificate. */
  public readonly mountPath: pulumi.Output<string>;
  /** PEM: the CA's certificate, then the root. Empty while there is no signed certificate. */
  public readonly chainPem: pulumi.Output<string>;
  /** PEM: the root. Empty while there is no signed certificate. */
  public readonly rootCertificatePem: pulumi.Output<string>;

  constructor(name: string, args: OfflineSignedCaArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "cert-manager-vault:index:OfflineSignedCa",
      name,
      { ...args, vaultToken: pulumi.secret(args.vaultToken) },
      opts,
    );
    const child = { parent: this, deletedWith: opts?.deletedWith };
    const maxTtlSeconds = durationSeconds(args.maxTtl ?? "43800h");

    const { mount, urls } = createPkiMount(
      name,
      {
        path: args.mountPath ?? "pki",
        description: "The intermediate CA, signed offline",
        maxLeaseTtlSeconds: maxTtlSeconds,
        vault: { address: args.vaultAddress, caPem: args.vaultCaPem, token: args.vaultToken },
        publicAddress: args.publicAddress ?? args.vaultAddress,
        pkiHost: args.pkiHost ?? "",
      },
      child,
    );
    const request = new vault.pkisecret.SecretBackendIntermediateCertRequest(
      `${name}-request`,
      { backend: mount.path, type: "internal", commonName: args.commonName, keyType: "ec", keyBits: 384 },
      // A new key asks for a new signature.
      { ...child, ignoreChanges: ["commonName"], replacementTrigger: mount.accessor },
    );

    this.requestPem = request.csr;
    this.signingCommands = request.csr.apply((csr) => signingCommands(csr, signedDays(maxTtlSeconds)));
    const signed = args.signedCertificatePem ? readSigned(args.signedCertificatePem) : undefined;
    const parts = signed && checkedParts(signed, this.requestPem, this.signingCommands);
    const ready = parts ? [complete(name, mount, parts, args, child), ...urls.map(({ id }) => id)] : [];
    this.mountPath = pulumi.all([mount.path, ...ready]).apply(([path]) => (signed ? path! : ""));
    this.chainPem = pulumi.output(signed ? signed.certificatePem + signed.rootPem : "");
    this.rootCertificatePem = pulumi.output(signed?.rootPem ?? "");
    this.registerOutputs({
      requestPem: this.requestPem,
      signingCommands: this.signingCommands,
      mountPath: this.mountPath,
      chainPem: this.chainPem,
      rootCertificatePem: this.rootCertificatePem,
    });
  }
}

/** Longer by a year than what the CA is to sign, ten years at least. */
function signedDays(maxTtlSeconds: number): number {
  return Math.max(3650, Math.ceil(maxTtlSeconds / 86_400) + 365);
}

function readSigned(pem: string): SignedCa {
  const { signed, faults } = parseSignedCa(pem);
  if (!signed) {
    throw refusal(faults.join("\n"));
  }
  return signed;
}

function refusal(message: string): Error {
  return withoutStack(new pulumi.RunError(message));
}

/** The certificate and the root for Vault, once it is known that they are for its key and old enough to sign with. */
function checkedParts(
  signed: SignedCa,
  requestPem: pulumi.Output<string>,
  commands: pulumi.Output<string>,
): pulumi.Output<string> {
  return pulumi.all([requestPem, commands]).apply(async ([request, how]) => {
    if (!isForRequest(signed.certificatePem, request)) {
      throw refusal(
        // On a line of its own: Pulumi puts before it what could not be made for it.
        `\nsignedCaCertificate: the certificate "${signed.subject}" is for another key than the one that Vault has made: ` +
          `give the one that was made of this request\n${how}`,
      );
    }
    await oldEnoughToSign(signed.notBefore);
    return signed.certificatePem + signed.rootPem;
  });
}

/** The signed certificate in the mount as its default issuer, with role and policy; the output resolves with them. */
function complete(
  name: string,
  mount: vault.Mount,
  chainPem: pulumi.Output<string>,
  args: OfflineSignedCaArgs,
  child: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const { defaultIssuer } = createImportedIssuer(
    name,
    mount,
    {
      ...args,
      chainPem,
      keyAdvice: `have another one made, with a request for another signature: pulumi up --replace '**::${name}-request'`,
    },
    (generation) =>
      new vault.pkisecret.SecretBackendIntermediateSetSigned(
        `${name}-certificate`,
        { backend: mount.path, certificate: chainPem },
        { ...child, replacementTrigger: generation },
      ),
    child,
  );
  createPkiRole(
    name,
    {
      mountPath: mount.path,
      roleName: args.roleName,
      allowedDomains: args.allowedDomains,
      maxTtl: args.roleMaxTtl ?? "336h",
      policyName: args.policyName ?? "pki",
    },
    { ...child, dependsOn: defaultIssuer },
  );
  return defaultIssuer.id;
}
