import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { mountSetting } from "./mount-setting";

export interface PkiUrlSettings {
  mountPath: pulumi.Output<string>;
  /** `https://host:port` by which others reach Vault. */
  publicAddress: pulumi.Input<string>;
  /** Host of a PkiDistributionPoint; empty for Vault's own address. */
  pkiHost: string;
}

/** Addresses that a mount writes into the certificates that it signs. */
interface PkiUrls {
  issuingCertificates: pulumi.Output<string>[];
  crlDistributionPoints: pulumi.Output<string>[];
  deltaCrls: pulumi.Output<string>[];
  ocspServers?: pulumi.Output<string>[];
}

/**
 * What certificates of a mount say of the places of their issuer's certificate, its CRLs and its OCSP responder. All
 * returned resources must be there before the mount signs anything.
 */
export function createPkiUrls(
  name: string,
  { mountPath, publicAddress, pkiHost }: PkiUrlSettings,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource[] {
  const { issuingCertificates, crlDistributionPoints, deltaCrls, ocspServers } = pkiHost
    ? atDistributionPoint(pkiHost, mountPath)
    : atVault(publicAddress, mountPath);
  const urls = new vault.pkisecret.SecretBackendConfigUrls(
    `${name}-urls`,
    {
      backend: mountPath,
      issuingCertificates,
      crlDistributionPoints,
      ocspServers,
      // Also where none has a template: Vault would refuse to switch this off while the setting below still has one.
      enableTemplating: true,
    },
    opts,
  );
  const deltas = mountSetting(
    `${name}-delta-urls`,
    pulumi.interpolate`${mountPath}/config/urls`,
    { delta_crl_distribution_points: deltaCrls },
    { ...opts, dependsOn: urls },
  );
  return [urls, deltas];
}

function atVault(publicAddress: pulumi.Input<string>, mountPath: pulumi.Output<string>): PkiUrls {
  return {
    issuingCertificates: [pulumi.interpolate`${publicAddress}/v1/${mountPath}/ca`],
    crlDistributionPoints: [pulumi.interpolate`${publicAddress}/v1/${mountPath}/crl`],
    deltaCrls: [],
  };
}

/** By the issuer's ID: a mount's own `ca` and `crl` become another issuer's when the default issuer changes. */
function atDistributionPoint(pkiHost: string, mountPath: pulumi.Output<string>): PkiUrls {
  const mount = pulumi.interpolate`http://${pkiHost}/v1/${mountPath}`;
  const issuer = pulumi.interpolate`${mount}/issuer/{{issuer_id}}`;
  return {
    issuingCertificates: [pulumi.interpolate`${issuer}/der`],
    crlDistributionPoints: [pulumi.interpolate`${issuer}/crl/der`],
    deltaCrls: [pulumi.interpolate`${issuer}/crl/delta/der`],
    // The responder finds the issuer by what the client asks for.
    ocspServers: [pulumi.interpolate`${mount}/ocsp`],
  };
}
