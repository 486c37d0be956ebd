import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import type { MountInputs } from "./pki-issuers";
import { createRevocation } from "./pki-revocation";
import { createPkiUrls } from "./pki-urls";

export interface PkiMountSettings {
  path: pulumi.Input<string>;
  description: string;
  maxLeaseTtlSeconds: number;
  /** Headers that Vault lets through to the mount. */
  passthroughRequestHeaders?: string[];
  /** Headers that Vault lets through from it. */
  allowedResponseHeaders?: string[];
  /** Where the mount is looked at on every run. */
  vault: { [K in Exclude<keyof MountInputs, "mountPath">]: pulumi.Input<MountInputs[K]> };
  /** `https://host:port` by which others reach Vault. */
  publicAddress: pulumi.Input<string>;
  /** Host of a PkiDistributionPoint; empty for Vault's own address. */
  pkiHost: string;
}

/**
 * A mount for a CA, which tells of what it has revoked. What is returned beside it must be there before the CA signs
 * anything: the places that it writes into certificates.
 */
export function createPkiMount(
  name: string,
  { vault: where, publicAddress, pkiHost, ...settings }: PkiMountSettings,
  opts: pulumi.CustomResourceOptions,
): { mount: vault.Mount; urls: pulumi.CustomResource[] } {
  const mount = new vault.Mount(`${name}-mount`, { ...settings, type: "pki" }, opts);
  createRevocation(name, { ...where, mountPath: mount.path }, opts);
  return { mount, urls: createPkiUrls(name, { mountPath: mount.path, publicAddress, pkiHost }, opts) };
}
