import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { durationSeconds } from "./internal/duration";
import { createPkiRole } from "./internal/pki-role";

export interface ImportedCaArgs {
  /** Mount path. Default `pki`. */
  mountPath?: pulumi.Input<string>;
  /** Longest life of anything this CA signs, as a duration. Default `43800h`. */
  maxTtl?: string;
  /** PEM: the CA's certificate, its decrypted key and the root above it. Secret. */
  importBundlePem: pulumi.Input<string>;
  /** `https://host:port` of Vault, written into certificates as the place of this CA's certificate and CRL. */
  vaultAddress: pulumi.Input<string>;
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
 * The owner's intermediate CA, imported with its key into a PKI mount of Vault, ready to sign the issuing CA.
 *
 * @example
 * ```ts
 * const parentCa = new ImportedCa("parent-ca", {
 *   importBundlePem: authority.importBundlePem,
 *   vaultAddress: server.address,
 *   roleName: "home-lab-dot-local",
 *   allowedDomains: ["homelab.local"],
 * }, { provider: vaultProvider, deletedWith: server.release });
 * ```
 */
export class ImportedCa extends pulumi.ComponentResource {
  /** Mount path; resolves when the CA is imported and its URLs are set, which must be before it signs anything. */
  public readonly mountPath: pulumi.Output<string>;
  /** Name of the role. */
  public readonly roleName: pulumi.Output<string>;
  /** Name of the policy. */
  public readonly policyName: pulumi.Output<string>;

  constructor(name: string, args: ImportedCaArgs, opts?: pulumi.ComponentResourceOptions) {
    const importBundlePem = pulumi.secret(args.importBundlePem);
    super("cert-manager-vault:index:ImportedCa", name, { ...args, importBundlePem }, opts);
    const child = { parent: this, deletedWith: opts?.deletedWith };

    const mount = new vault.Mount(
      `${name}-mount`,
      {
        path: args.mountPath ?? "pki",
        type: "pki",
        description: "The owner's intermediate CA",
        maxLeaseTtlSeconds: durationSeconds(args.maxTtl ?? "43800h"),
      },
      child,
    );
    const certificate = new vault.pkisecret.SecretBackendConfigCa(
      `${name}-certificate`,
      { backend: mount.path, pemBundle: importBundlePem },
      // The provider cannot see inside the mount: a new mount has to mean a new import.
      { ...child, replaceWith: [mount] },
    );
    const urls = new vault.pkisecret.SecretBackendConfigUrls(
      `${name}-urls`,
      {
        backend: mount.path,
        issuingCertificates: [pulumi.interpolate`${args.vaultAddress}/v1/${mount.path}/ca`],
        crlDistributionPoints: [pulumi.interpolate`${args.vaultAddress}/v1/${mount.path}/crl`],
      },
      child,
    );
    const { role, policy } = createPkiRole(
      name,
      {
        mountPath: mount.path,
        roleName: args.roleName,
        allowedDomains: args.allowedDomains,
        maxTtl: args.roleMaxTtl ?? "336h",
        policyName: args.policyName ?? "pki",
      },
      { ...child, dependsOn: certificate },
    );

    this.mountPath = pulumi.all([mount.path, certificate.id, urls.id]).apply(([path]) => path);
    this.roleName = role.name;
    this.policyName = policy.name;
    this.registerOutputs({ mountPath: this.mountPath, roleName: this.roleName, policyName: this.policyName });
  }
}
