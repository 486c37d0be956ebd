import type * as pulumi from "@pulumi/pulumi";
import { KubernetesAuth } from "../components";
import type { PlainSettings } from "../settings/table";
import type { Vault } from "./vault";

/**
 * The way by which the first issuer logs in to Vault.
 *
 * @param policyName Policy that it gets.
 */
export function createKubernetesLogin(
  settings: PlainSettings,
  { login, inside }: Vault,
  policyName: pulumi.Output<string>,
): KubernetesAuth {
  return new KubernetesAuth(
    "kubernetes-auth",
    {
      ...login,
      serviceAccountNamespace: settings.certManagerNamespace,
      audience: `vault://${settings.clusterIssuerName}`,
      policies: [policyName],
    },
    inside,
  );
}
