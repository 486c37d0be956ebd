import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { ImportedIssuerResource } from "./imported-issuer-resource";
import { IssuerPresenceResource } from "./issuer-presence-resource";

export interface ImportedIssuerSettings {
  vaultAddress: pulumi.Input<string>;
  vaultCaPem: pulumi.Input<string>;
  /** Secret. */
  vaultToken: pulumi.Input<string>;
  /** PEM: the CA's certificate, then those above it. */
  chainPem: pulumi.Output<string>;
  /** What to do when Vault has the certificate and not the key. */
  keyAdvice?: string;
}

/**
 * A CA that is known by its certificate, in a mount whose provider can see neither: looked for on every run, brought in
 * by `bringIn` when it is not there, and what signs unless told otherwise.
 *
 * @param bringIn Makes the resource that puts the CA into the mount; it takes the generation as `replacementTrigger`.
 */
export function createImportedIssuer<Bringing extends pulumi.Resource>(
  name: string,
  mount: vault.Mount,
  { vaultAddress, vaultCaPem, vaultToken, chainPem, keyAdvice }: ImportedIssuerSettings,
  bringIn: (generation: pulumi.Output<string>) => Bringing,
  opts: pulumi.CustomResourceOptions,
): { certificate: Bringing; defaultIssuer: vault.pkisecret.SecretBackendConfigIssuers } {
  const where = {
    address: vaultAddress,
    caPem: vaultCaPem,
    token: vaultToken,
    mountPath: mount.path,
    chainPem,
  };
  const presence = new IssuerPresenceResource(
    `${name}-presence`,
    { ...where, mountAccessor: mount.accessor, issuerName: "" },
    opts,
  );
  const generation = pulumi.interpolate`${presence.issuerGeneration} ${presence.chainGeneration}`;
  const certificate = bringIn(generation);
  const imported = new ImportedIssuerResource(
    `${name}-issuer`,
    { ...where, generation, keyAdvice },
    { ...opts, dependsOn: certificate },
  );
  const defaultIssuer = new vault.pkisecret.SecretBackendConfigIssuers(
    `${name}-default-issuer`,
    { backend: mount.path, default: imported.issuerId },
    opts,
  );
  return { certificate, defaultIssuer };
}
