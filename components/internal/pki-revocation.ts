import * as pulumi from "@pulumi/pulumi";
import { DeltaCrlsResource } from "./delta-crls-resource";
import { durationSeconds } from "./duration";
import { mountSetting } from "./mount-setting";
import type { MountInputs } from "./pki-issuers";

const crlLife = "72h";
const graceBeforeItsEnd = "48h";

/** How old a CRL is, complete or delta, when Vault makes the next one; a delta CRL may come sooner. In seconds. */
export const crlRenewalAge = durationSeconds(crlLife) - durationSeconds(graceBeforeItsEnd);

/**
 * How a mount tells of what is revoked, and forgets what has expired.
 *
 * Complete CRLs are made anew every 24 hours, 48 before they end, so that clients still have a valid one when Vault is
 * away over a weekend; a revocation is in the next delta CRL, within a quarter of an hour, and in OCSP at once. A delta
 * CRL that Vault has lost is made again by the next run.
 */
export function createRevocation(
  name: string,
  where: { [K in keyof MountInputs]: pulumi.Input<MountInputs[K]> },
  opts: pulumi.CustomResourceOptions,
): void {
  const { mountPath } = where;
  const crl = mountSetting(
    `${name}-crl`,
    pulumi.interpolate`${mountPath}/config/crl`,
    {
      disable: false,
      expiry: crlLife,
      auto_rebuild: true,
      auto_rebuild_grace_period: graceBeforeItsEnd,
      enable_delta: true,
      delta_rebuild_interval: "15m",
      ocsp_disable: false,
      // How long a client may go on believing an answer.
      ocsp_expiry: "1h",
    },
    opts,
  );
  new DeltaCrlsResource(`${name}-delta-crls`, where, { ...opts, dependsOn: crl });
  mountSetting(
    `${name}-auto-tidy`,
    pulumi.interpolate`${mountPath}/config/auto-tidy`,
    {
      enabled: true,
      interval_duration: durationSeconds("12h"),
      tidy_cert_store: true,
      tidy_revoked_certs: true,
      tidy_revoked_cert_issuer_associations: true,
      tidy_acme: true,
      // A revoked certificate stays in every CRL that is still valid when it expires.
      safety_buffer: durationSeconds(crlLife),
      // Issuers go by a run of the program, which knows what they are for.
      tidy_expired_issuers: false,
    },
    opts,
  );
}
