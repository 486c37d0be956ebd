import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { acmeHeaders, createAcme } from "./internal/acme";
import { durationSeconds } from "./internal/duration";
import { formerNamePrefix, IssuerNameResource } from "./internal/issuer-name-resource";
import { IssuerPresenceResource } from "./internal/issuer-presence-resource";
import { createPkiMount } from "./internal/pki-mount";
import { createPkiRole } from "./internal/pki-role";
import { RetiredIssuersResource } from "./internal/retired-issuers-resource";

export interface IntermediateCaArgs {
  /** Mount path. Default `pki_int`. */
  mountPath?: pulumi.Input<string>;
  /** Life of this CA's certificate and the mount's longest lease, as a duration. Default `8760h`. */
  maxTtl?: string;
  /** Mount path of the CA that signs this one; must resolve only when that CA is complete. */
  parentMountPath: pulumi.Input<string>;
  /** PEM: the parent's certificate and those above it up to the root, so that this mount knows the whole chain. */
  parentChainPem: pulumi.Input<string>;
  /** Common name of this CA. */
  commonName: pulumi.Input<string>;
  /** Name of the issuer inside the mount; always that of the one in use. */
  issuerName: pulumi.Input<string>;
  /** Another number makes another CA, with a key of its own, which takes the place of the one there is. Default 1. */
  generation?: pulumi.Input<number>;
  /** `https://host:port` of Vault, where the CA is looked for on every run. */
  vaultAddress: pulumi.Input<string>;
  /**
   * `https://host:port` by which others reach Vault; without `pkiHost`, written into certificates as the place of this
   * CA's certificate and CRL. ACME clients are told it as well. Default `vaultAddress`.
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
  /** Name of the role. Default none; roles of a CA may as well be made beside it, each by an IssuerRole. */
  roleName?: pulumi.Input<string>;
  /** Domains that the role admits, with their subdomains; a role has some. Default none. */
  allowedDomains?: pulumi.Input<pulumi.Input<string>[]>;
  /** Longest life of a certificate of the role, as a duration. Default `24h`. */
  roleMaxTtl?: string;
  /**
   * How long a CA is kept in Vault after another has taken its place, as a duration: able to sign CRLs, and no
   * certificates. As long as anything that it has signed lives. Default: that of `roleMaxTtl`.
   */
  retirementTtl?: string;
  /** Name of the policy that admits to the role. Default `pki_int`. */
  policyName?: pulumi.Input<string>;
  /**
   * Whether the mount is an ACME server as well, which gives certificates by the role, without which there is none, to
   * accounts with an external account binding. Default false.
   */
  acme?: boolean;
}

/**
 * The issuing CA: a key that is made in Vault and never leaves it, signed by the parent mount's CA. Every run looks
 * whether it still is there and as wished; where it is not, another takes its place, in the same mount. That is so for
 * another generation, parent, life and common name. The one before signs no more certificates, only CRLs, until all that
 * it has signed is over; then a run deletes it with its key.
 *
 * @example
 * ```ts
 * const issuingCa = new IntermediateCa("issuing-ca", {
 *   parentMountPath: parentCa.mountPath,
 *   parentChainPem: authority.chainPem,
 *   commonName: "homelab.local Vault Intermediate",
 *   issuerName: "home-lab-dot-local-int",
 *   vaultAddress: server.address,
 *   vaultCaPem: authority.rootCertificatePem,
 *   vaultToken: vaultInit.rootToken,
 *   roleName: "home-lab-dot-local",
 *   allowedDomains: ["homelab.local"],
 * }, { provider: vaultProvider, deletedWith: server.release });
 * ```
 */
export class IntermediateCa extends pulumi.ComponentResource {
  /** Mount path. */
  public readonly mountPath: pulumi.Output<string>;
  /** Name of the role; empty where there is none. */
  public readonly roleName: pulumi.Output<string>;
  /** API path that signs requests by the role; resolves when the CA can sign. Empty where there is no role. */
  public readonly signPath: pulumi.Output<string>;
  /** Name of the policy that admits to `signPath` and nothing else; empty where there is no role. */
  public readonly policyName: pulumi.Output<string>;
  /** PEM: this CA's certificate. */
  public readonly certificatePem: pulumi.Output<string>;
  /** Vault's ID of the issuer. */
  public readonly issuerId: pulumi.Output<string>;

  constructor(name: string, args: IntermediateCaArgs, opts?: pulumi.ComponentResourceOptions) {
    super(
      "cert-manager-vault:index:IntermediateCa",
      name,
      { ...args, vaultToken: pulumi.secret(args.vaultToken) },
      opts,
    );
    if ((args.roleName === undefined) !== (args.allowedDomains === undefined)) {
      throw new pulumi.ResourceError(
        "roleName: belongs together with allowedDomains: give both, or neither for a CA without a role",
        this,
      );
    }
    if (args.acme && args.roleName === undefined) {
      throw new pulumi.ResourceError(
        "acme: is by the role, and there is none: give roleName and allowedDomains",
        this,
      );
    }
    const child = { parent: this, deletedWith: opts?.deletedWith };
    const lifeSeconds = durationSeconds(args.maxTtl ?? "8760h");

    const { mount, urls } = createPkiMount(
      name,
      {
        path: args.mountPath ?? "pki_int",
        description: "The issuing CA",
        maxLeaseTtlSeconds: lifeSeconds,
        vault: { address: args.vaultAddress, caPem: args.vaultCaPem, token: args.vaultToken },
        publicAddress: args.publicAddress ?? args.vaultAddress,
        pkiHost: args.pkiHost ?? "",
        ...(args.acme ? acmeHeaders : {}),
      },
      child,
    );
    const { certificatePem, issuerId } = createIssuer(name, mount, lifeSeconds, args, child);
    const own = createRole(name, mount, args, { ...child, dependsOn: urls });
    if (own) {
      createAcme(
        name,
        {
          enabled: args.acme ?? false,
          mountPath: mount.path,
          publicAddress: args.publicAddress ?? args.vaultAddress,
          roleName: own.role.name,
        },
        child,
      );
    }

    const none = pulumi.output("");
    this.mountPath = mount.path;
    this.roleName = own?.role.name ?? none;
    this.signPath = own ? pulumi.all([own.signPath, issuerId]).apply(([path]) => path) : none;
    this.policyName = own?.policy.name ?? none;
    this.certificatePem = certificatePem;
    this.issuerId = issuerId;
    this.registerOutputs({
      mountPath: this.mountPath,
      roleName: this.roleName,
      signPath: this.signPath,
      policyName: this.policyName,
      certificatePem: this.certificatePem,
      issuerId: this.issuerId,
    });
  }
}

/** The CA's own role, where one is wanted. */
function createRole(
  name: string,
  mount: vault.Mount,
  { roleName, allowedDomains, roleMaxTtl, policyName }: IntermediateCaArgs,
  opts: pulumi.CustomResourceOptions,
): ReturnType<typeof createPkiRole> | undefined {
  if (roleName === undefined || allowedDomains === undefined) {
    return undefined;
  }
  return createPkiRole(
    name,
    {
      mountPath: mount.path,
      roleName,
      allowedDomains,
      maxTtl: roleMaxTtl ?? "24h",
      policyName: policyName ?? "pki_int",
    },
    opts,
  );
}

/** Key and CSR in the mount, signature by the parent, and the whole chain back into the mount as its default issuer. */
function createIssuer(
  name: string,
  mount: vault.Mount,
  lifeSeconds: number,
  args: IntermediateCaArgs,
  child: pulumi.CustomResourceOptions,
): { certificatePem: pulumi.Output<string>; issuerId: pulumi.Output<string> } {
  const where = {
    address: args.vaultAddress,
    caPem: args.vaultCaPem,
    token: args.vaultToken,
    mountPath: mount.path,
  };
  const presence = new IssuerPresenceResource(
    `${name}-presence`,
    {
      ...where,
      mountAccessor: mount.accessor,
      issuerName: args.issuerName,
      chainPem: args.parentChainPem,
      wish: pulumi.output({ generation: args.generation ?? 1, commonName: args.commonName, lifeSeconds }),
    },
    child,
  );
  // The provider cannot see keys and issuers inside a mount.
  const insideMount = { ...child, replacementTrigger: presence.issuerGeneration };
  // The parents go in first, so that the signed certificate is the only new issuer of what is imported after them.
  const parents = new vault.pkisecret.SecretBackendConfigCa(
    `${name}-parents`,
    { backend: mount.path, pemBundle: args.parentChainPem },
    { ...child, replacementTrigger: presence.chainGeneration },
  );
  const request = new vault.pkisecret.SecretBackendIntermediateCertRequest(
    `${name}-request`,
    { backend: mount.path, type: "internal", commonName: args.commonName },
    insideMount,
  );
  const signed = new vault.pkisecret.SecretBackendRootSignIntermediate(
    `${name}-certificate`,
    {
      backend: args.parentMountPath,
      csr: request.csr,
      commonName: args.commonName,
      ttl: String(lifeSeconds),
    },
    // The provider plans an update for these and then does nothing.
    { ...insideMount, replaceOnChanges: ["ttl", "notAfter", "issuerRef"] },
  );
  const chain = new vault.pkisecret.SecretBackendIntermediateSetSigned(
    `${name}-chain`,
    { backend: mount.path, certificate: pulumi.interpolate`${signed.certificate}\n${args.parentChainPem}` },
    { ...insideMount, dependsOn: parents },
  );
  const newest = chain.importedIssuers.apply((imported) => imported[0]!);
  const handover = new IssuerNameResource(
    `${name}-issuer-name`,
    { ...where, issuerName: args.issuerName, issuerId: newest },
    child,
  );
  const issuer = new vault.pkisecret.SecretBackendIssuer(
    `${name}-issuer`,
    {
      backend: mount.path,
      issuerRef: newest,
      issuerName: args.issuerName,
      // Vault's default, said so that a refresh sees it changed.
      usage: "crl-signing,issuing-certificates,ocsp-signing,read-only",
    },
    { ...child, replaceOnChanges: ["issuerRef"], retainOnDelete: true, dependsOn: handover },
  );
  const defaultIssuer = new vault.pkisecret.SecretBackendConfigIssuers(
    `${name}-default-issuer`,
    { backend: mount.path, default: issuer.issuerId },
    child,
  );
  const issuerId = defaultIssuer.default.apply((id) => id!);
  new RetiredIssuersResource(
    `${name}-retired`,
    {
      ...where,
      currentIssuerId: issuerId,
      namePrefix: pulumi.output(args.issuerName).apply(formerNamePrefix),
      keepSeconds: durationSeconds(args.retirementTtl ?? args.roleMaxTtl ?? "24h"),
    },
    child,
  );
  return { certificatePem: signed.certificate, issuerId };
}
