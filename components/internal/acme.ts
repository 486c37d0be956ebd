import * as pulumi from "@pulumi/pulumi";
import { mountSetting } from "./mount-setting";

/** Headers that ACME is made of, and a mount keeps to itself otherwise. */
export const acmeHeaders = {
  passthroughRequestHeaders: ["If-Modified-Since"],
  allowedResponseHeaders: ["Last-Modified", "Location", "Replay-Nonce", "Link"],
};

export interface AcmeSettings {
  enabled: boolean;
  mountPath: pulumi.Output<string>;
  /** `https://host:port`, for clients outside the cluster. */
  publicAddress: pulumi.Input<string>;
  roleName: pulumi.Input<string>;
}

/**
 * The ACME server of a mount: certificates by one role, for accounts that were made with an external account binding.
 * Off is a setting as well: what is not there would not switch it off.
 */
export function createAcme(
  name: string,
  { enabled, mountPath, publicAddress, roleName }: AcmeSettings,
  opts: pulumi.CustomResourceOptions,
): void {
  const cluster = enabled
    ? [
        mountSetting(
          `${name}-cluster`,
          pulumi.interpolate`${mountPath}/config/cluster`,
          { path: pulumi.interpolate`${publicAddress}/v1/${mountPath}` },
          opts,
        ),
      ]
    : [];
  mountSetting(
    `${name}-acme`,
    pulumi.interpolate`${mountPath}/config/acme`,
    {
      enabled,
      allowed_roles: [pulumi.output(roleName)],
      default_directory_policy: pulumi.interpolate`role:${roleName}`,
      eab_policy: "always-required",
    },
    { ...opts, dependsOn: cluster },
  );
}
