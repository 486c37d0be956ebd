import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { durationSeconds } from "./duration";
import { signPolicy } from "./hcl";

export interface PkiRoleSettings {
  mountPath: pulumi.Output<string>;
  roleName: pulumi.Input<string>;
  allowedDomains: pulumi.Input<pulumi.Input<string>[]>;
  /** Duration. */
  maxTtl: string;
  policyName: pulumi.Input<string>;
}

/** A role for server certificates of some domains, and the policy that admits to exactly this role. */
export function createPkiRole(
  name: string,
  settings: PkiRoleSettings,
  opts: pulumi.CustomResourceOptions,
): { role: vault.pkisecret.SecretBackendRole; policy: vault.Policy; signPath: pulumi.Output<string> } {
  const role = new vault.pkisecret.SecretBackendRole(
    `${name}-role`,
    {
      backend: settings.mountPath,
      name: settings.roleName,
      allowedDomains: settings.allowedDomains,
      allowSubdomains: true,
      allowBareDomains: true,
      allowIpSans: false,
      allowLocalhost: false,
      // An Ingress asks without a common name, and for the key type its owner prefers.
      requireCn: false,
      keyType: "any",
      serverFlag: true,
      clientFlag: false,
      // What Vault has not stored it cannot revoke.
      noStore: false,
      // Vault answers with seconds; anything else would be a difference on every run.
      maxTtl: String(durationSeconds(settings.maxTtl)),
    },
    opts,
  );
  const signPath = pulumi.interpolate`${settings.mountPath}/sign/${role.name}`;
  const rolePolicy = new vault.Policy(
    `${name}-policy`,
    {
      name: settings.policyName,
      policy: signPath.apply(signPolicy),
    },
    opts,
  );
  return { role, policy: rolePolicy, signPath };
}
