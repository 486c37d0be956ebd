import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

/**
 * Fields of one of a mount's settings, such as `config/crl`, as Vault answers them; the others stay as they are.
 *
 * The provider's own resources for these settings fail a refresh when the mount is gone, where this one is made again
 * with it, and know no field for the addresses of delta CRLs.
 */
export function mountSetting(
  name: string,
  path: pulumi.Output<string>,
  fields: Record<string, boolean | number | pulumi.Input<string> | pulumi.Input<string>[]>,
  opts: pulumi.CustomResourceOptions,
): vault.generic.Endpoint {
  // In the order in which the provider writes them.
  const sorted = Object.fromEntries(Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1)));
  return new vault.generic.Endpoint(
    name,
    { path, dataJson: pulumi.jsonStringify(sorted), disableDelete: true, ignoreAbsentFields: true },
    opts,
  );
}
