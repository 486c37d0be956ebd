import * as pulumi from "@pulumi/pulumi";
import { IntermediateCa } from "../components";
import type { Settings } from "../config";
import { longestLifeIn } from "../settings/mount-paths";
import { policyNames } from "./token-reach";
import { vaultOfCa, type ParentCa, type VaultAccess } from "./authority";

/** The issuing CA of the first issuer, and of those that name no mount of their own. */
export function createIssuingCa(
  settings: Settings,
  parent: Pick<ParentCa, "mountPath" | "chainPem">,
  vault: VaultAccess,
  opts: pulumi.ComponentResourceOptions,
): IntermediateCa {
  const longestLife = longestLifeIn(settings.issuingCaMountPath, settings);
  return new IntermediateCa(
    "issuing-ca",
    {
      mountPath: settings.issuingCaMountPath,
      maxTtl: settings.issuingCaMaxTtl,
      parentMountPath: parent.mountPath,
      parentChainPem: parent.chainPem,
      commonName: settings.issuingCaCommonName,
      issuerName: settings.issuingCaIssuerName,
      generation: settings.issuingCaGeneration,
      pkiHost: settings.pkiHost,
      ...vaultOfCa(vault),
      roleName: settings.pkiRoleName,
      allowedDomains: settings.domains,
      roleMaxTtl: settings.issuingCaRoleMaxTtl,
      policyName: policyNames(settings).issuing,
      ...(longestLife === settings.issuingCaRoleMaxTtl ? {} : { retirementTtl: longestLife }),
      acme: settings.acme,
    },
    opts,
  );
}
