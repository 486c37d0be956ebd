import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

export interface PkiMountSettings {
  path: pulumi.Input<string>;
  description: string;
  maxLeaseTtlSeconds: number;
  /** `https://host:port` of Vault, which is written into what the CA signs. */
  vaultAddress: pulumi.Input<string>;
}

/** A mount for a CA, which names Vault's address as the place of the CA's certificate and CRL. */
export function createPkiMount(
  name: string,
  settings: PkiMountSettings,
  opts: pulumi.CustomResourceOptions,
): { mount: vault.Mount; urls: vault.pkisecret.SecretBackendConfigUrls } {
  const mount = new vault.Mount(
    `${name}-mount`,
    {
      path: settings.path,
      type: "pki",
      description: settings.description,
      maxLeaseTtlSeconds: settings.maxLeaseTtlSeconds,
    },
    opts,
  );
  const urls = new vault.pkisecret.SecretBackendConfigUrls(
    `${name}-urls`,
    {
      backend: mount.path,
      issuingCertificates: [pulumi.interpolate`${settings.vaultAddress}/v1/${mount.path}/ca`],
      crlDistributionPoints: [pulumi.interpolate`${settings.vaultAddress}/v1/${mount.path}/crl`],
    },
    opts,
  );
  return { mount, urls };
}
