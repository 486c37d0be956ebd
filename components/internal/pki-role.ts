import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { CertificateUsage, KeyType } from "../certificate-profile";
import { durationSeconds } from "./duration";
import { signPolicy } from "./hcl";

export interface PkiRoleSettings {
  mountPath: pulumi.Output<string>;
  roleName: pulumi.Input<string>;
  allowedDomains: pulumi.Input<pulumi.Input<string>[]>;
  /** Duration. */
  maxTtl: string;
  policyName: pulumi.Input<string>;
  /** Default `server`. */
  usage?: CertificateUsage;
  /** Default `any`. */
  keyType?: KeyType;
  /** Least size of an RSA or EC key. Default `leastKeyBits`. */
  keyBits?: number;
}

/** What a key has to have where nothing else is said; Vault does not look at the size of others. */
export const leastKeyBits: Partial<Record<KeyType, number>> = { [KeyType.Rsa]: 2048, [KeyType.Ec]: 256 };

/** A role for certificates of some domains, and the policy that admits to exactly this role. */
export function createPkiRole(
  name: string,
  settings: PkiRoleSettings,
  opts: pulumi.CustomResourceOptions,
): { role: vault.pkisecret.SecretBackendRole; policy: vault.Policy; signPath: pulumi.Output<string> } {
  const { usage = CertificateUsage.Server, keyType = KeyType.Any } = settings;
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
      // An Ingress asks without a common name, and, unless told otherwise, for the key type its owner prefers.
      requireCn: false,
      keyType,
      keyBits: settings.keyBits ?? leastKeyBits[keyType],
      serverFlag: usage !== CertificateUsage.Client,
      clientFlag: usage !== CertificateUsage.Server,
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
