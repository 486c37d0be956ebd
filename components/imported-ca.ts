import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { durationSeconds } from "./internal/duration";
import { createImportedIssuer } from "./internal/imported-issuer";
import { certificatesOf } from "./internal/pem";
import { createPkiMount } from "./internal/pki-mount";
import { createPkiRole } from "./internal/pki-role";
import { RetiredIssuersResource } from "./internal/retired-issuers-resource";

export interface ImportedCaArgs {
  /** Mount path. Default `pki`. */
  mountPath?: pulumi.Input<string>;
  /** Longest life of anything this CA signs, as a duration. Default `43800h`. */
  maxTtl?: string;
  /** PEM: the CA's certificate, its decrypted key and the root above it. Secret. */
  importBundlePem: pulumi.Input<string>;
  /**
   * Whether `importBundlePem` holds the key, for a key that is given once and taken out of the settings later: without
   * it, what was imported then stays. Default: it does, always.
   */
  keyGiven?: boolean;
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
  /**
   * How long a CA is kept in Vault after another has taken its place, as a duration: able to sign CRLs, and no
   * certificates. As long as anything below it lives. Default `336h`.
   */
  retirementTtl?: string;
  /** Name of the policy that admits to the role. Default `pki`. */
  policyName?: pulumi.Input<string>;
}

/**
 * The owner's intermediate CA, imported with its key into a PKI mount of Vault, ready to sign the issuing CA. Every run
 * looks whether it still is there, and imports it again when it is not. Another bundle is imported beside it and takes
 * its place; it is deleted when it has not been needed for `retirementTtl`.
 *
 * @example
 * ```ts
 * const parentCa = new ImportedCa("parent-ca", {
 *   importBundlePem: authority.importBundlePem,
 *   vaultAddress: server.address,
 *   vaultCaPem: authority.rootCertificatePem,
 *   vaultToken: vaultInit.rootToken,
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
    const { keyGiven, ...recorded } = args;
    const importBundlePem = pulumi.secret(
      // A key that may be taken out is not recorded: it would be a change of this component.
      keyGiven === undefined
        ? args.importBundlePem
        : pulumi.output(args.importBundlePem).apply(certificatesOf),
    );
    super(
      "cert-manager-vault:index:ImportedCa",
      name,
      { ...recorded, importBundlePem, vaultToken: pulumi.secret(args.vaultToken) },
      opts,
    );
    const child = { parent: this, deletedWith: opts?.deletedWith };

    const { mount, urls } = createPkiMount(
      name,
      {
        path: args.mountPath ?? "pki",
        description: "The owner's intermediate CA",
        maxLeaseTtlSeconds: durationSeconds(args.maxTtl ?? "43800h"),
        vault: { address: args.vaultAddress, caPem: args.vaultCaPem, token: args.vaultToken },
        publicAddress: args.publicAddress ?? args.vaultAddress,
        pkiHost: args.pkiHost ?? "",
      },
      child,
    );
    const { certificate, defaultIssuer } = importCa(name, mount, args, child);
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

    this.mountPath = pulumi
      .all([mount.path, defaultIssuer.id, ...urls.map(({ id }) => id)])
      .apply(([path]) => path!);
    this.roleName = role.name;
    this.policyName = policy.name;
    this.registerOutputs({ mountPath: this.mountPath, roleName: this.roleName, policyName: this.policyName });
  }
}

/** The CA in the mount, and what signs there unless told otherwise. */
function importCa(
  name: string,
  mount: vault.Mount,
  args: ImportedCaArgs,
  child: pulumi.CustomResourceOptions,
): { certificate: pulumi.Resource; defaultIssuer: pulumi.CustomResource } {
  // Certificates are public although the bundle that they came in is not.
  const chainPem = pulumi.unsecret(pulumi.output(args.importBundlePem).apply(certificatesOf));
  const { certificate, defaultIssuer } = createImportedIssuer(
    name,
    mount,
    { ...args, chainPem },
    (generation) =>
      new vault.pkisecret.SecretBackendConfigCa(
        `${name}-certificate`,
        { backend: mount.path, pemBundle: pulumi.secret(args.importBundlePem) },
        // The provider cannot see inside the mount.
        {
          ...child,
          replacementTrigger: generation,
          ignoreChanges: args.keyGiven === false ? ["pemBundle"] : [],
        },
      ),
    child,
  );
  new RetiredIssuersResource(
    `${name}-retired`,
    {
      address: args.vaultAddress,
      caPem: args.vaultCaPem,
      token: args.vaultToken,
      mountPath: mount.path,
      currentIssuerId: defaultIssuer.default.apply((id) => id!),
      // Imported CAs have no names: former ones are known because they were current in an earlier run.
      namePrefix: "",
      keepSeconds: durationSeconds(args.retirementTtl ?? "336h"),
    },
    child,
  );
  return { certificate, defaultIssuer };
}
