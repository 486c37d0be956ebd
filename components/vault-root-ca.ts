import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { durationSeconds } from "./internal/duration";
import { IssuerPresenceResource } from "./internal/issuer-presence-resource";
import { createPkiMount } from "./internal/pki-mount";
import { createPkiRole } from "./internal/pki-role";

export interface VaultRootCaArgs {
  /** Mount path. Default `pki`. */
  mountPath?: pulumi.Input<string>;
  /** Life of the root and the mount's longest lease, as a duration; another one later changes the lease only. Default `175200h`. */
  maxTtl?: string;
  /** Common name of the root; another one later changes nothing. */
  commonName: pulumi.Input<string>;
  /** Name of the issuer inside the mount. Default `root`. */
  issuerName?: string;
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
 * A root that is made in a PKI mount of Vault, ready to sign the issuing CA. Its key never leaves Vault, and is lost
 * with Vault's storage: then a new root takes its place, which clients have to be told to trust.
 *
 * @example
 * ```ts
 * const parentCa = new VaultRootCa("parent-ca", {
 *   commonName: "homelab.local Root CA",
 *   vaultAddress: server.address,
 *   vaultCaPem: listenerCa.certificatePem,
 *   vaultToken: vaultInit.rootToken,
 *   roleName: "home-lab-dot-local",
 *   allowedDomains: ["homelab.local"],
 * }, { provider: vaultProvider, deletedWith: server.release });
 * ```
 */
export class VaultRootCa extends pulumi.ComponentResource {
  /** Mount path; resolves when the root is there and its URLs are set, which must be before it signs anything. */
  public readonly mountPath: pulumi.Output<string>;
  /** PEM: the root. */
  public readonly rootCertificatePem: pulumi.Output<string>;
  /** Name of the role. */
  public readonly roleName: pulumi.Output<string>;
  /** Name of the policy. */
  public readonly policyName: pulumi.Output<string>;

  constructor(name: string, args: VaultRootCaArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "cert-manager-vault:index:VaultRootCa",
      name,
      { ...args, vaultToken: pulumi.secret(args.vaultToken) },
      opts,
    );
    const child = { parent: this, deletedWith: opts?.deletedWith };
    const lifeSeconds = durationSeconds(args.maxTtl ?? "175200h");

    const { mount, urls } = createPkiMount(
      name,
      {
        path: args.mountPath ?? "pki",
        description: "The root CA, made in Vault",
        // Vault makes no root that lives longer than its mount's leases.
        maxLeaseTtlSeconds: lifeSeconds,
        vault: { address: args.vaultAddress, caPem: args.vaultCaPem, token: args.vaultToken },
        publicAddress: args.publicAddress ?? args.vaultAddress,
        pkiHost: args.pkiHost ?? "",
      },
      child,
    );
    const { certificatePem, defaultIssuer } = createRoot(name, mount, lifeSeconds, args, child);
    const { role, policy } = createPkiRole(
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

    const ready = [defaultIssuer, ...urls].map(({ id }) => id);
    this.mountPath = pulumi.all([mount.path, ...ready]).apply(([path]) => path!);
    this.rootCertificatePem = certificatePem;
    this.roleName = role.name;
    this.policyName = policy.name;
    this.registerOutputs({
      mountPath: this.mountPath,
      rootCertificatePem: this.rootCertificatePem,
      roleName: this.roleName,
      policyName: this.policyName,
    });
  }
}

function createRoot(
  name: string,
  mount: vault.Mount,
  lifeSeconds: number,
  args: VaultRootCaArgs,
  child: pulumi.CustomResourceOptions,
): { certificatePem: pulumi.Output<string>; defaultIssuer: pulumi.CustomResource } {
  const issuerName = args.issuerName ?? "root";
  const presence = new IssuerPresenceResource(
    `${name}-presence`,
    {
      address: args.vaultAddress,
      caPem: args.vaultCaPem,
      token: args.vaultToken,
      mountPath: mount.path,
      mountAccessor: mount.accessor,
      issuerName,
      // It is the whole of its chain.
      chainPem: "",
    },
    child,
  );
  // Not SecretBackendRootCert: that one reads the root in every preview, and so ends one that finds Vault sealed, and it
  // deletes the root when it is replaced.
  const root = new vault.generic.Endpoint(
    `${name}-root`,
    {
      path: pulumi.interpolate`${mount.path}/issuers/generate/root/internal`,
      dataJson: pulumi.jsonStringify({
        common_name: args.commonName,
        issuer_name: issuerName,
        key_type: "ec",
        key_bits: 384,
        ttl: `${lifeSeconds}s`,
      }),
      writeFields: ["certificate", "issuer_id"],
      disableRead: true,
      disableDelete: true,
    },
    // To write what has changed would be to make another root.
    { ...child, ignoreChanges: ["dataJson"], replacementTrigger: presence.issuerGeneration },
  );
  const answer = (field: string) => pulumi.unsecret(root.writeData.apply((data) => data[field]!));
  const defaultIssuer = new vault.pkisecret.SecretBackendConfigIssuers(
    `${name}-default-issuer`,
    { backend: mount.path, default: answer("issuer_id") },
    child,
  );
  return { certificatePem: answer("certificate").apply((pem) => `${pem.trim()}\n`), defaultIssuer };
}
