import * as pulumi from "@pulumi/pulumi";
import { ApproverPolicy, CertificateRequestPolicy, type CertificateRequestPolicyArgs } from "../components";
import { IssuerKind } from "../settings/issuers";
import type { PlainSettings } from "../settings/table";

/**
 * approver-policy and its policies: one for each ClusterIssuer, and one for all Issuers, which nobody but their own
 * namespaces can ask. None where cert-manager approves requests itself.
 *
 * @returns what requests are approved by
 */
export function createRequestPolicies(
  settings: PlainSettings,
  opts: pulumi.ComponentResourceOptions,
): CertificateRequestPolicy[] {
  if (!settings.approverPolicy) {
    return [];
  }
  const approver = new ApproverPolicy(
    "approver-policy",
    {
      namespace: settings.certManagerNamespace,
      chart: settings.approverPolicyChart,
      chartRepository: settings.approverPolicyChartRepository,
      chartVersion: settings.approverPolicyChartVersion,
      keepCrds: settings.certManagerKeepCrds,
    },
    opts,
  );
  return wantedPolicies(settings).map(
    (policy) =>
      new CertificateRequestPolicy(
        `policy-${policy.policyName}`,
        { ...policy, controllerNamespace: settings.certManagerNamespace },
        { dependsOn: approver },
      ),
  );
}

function wantedPolicies(settings: PlainSettings): CertificateRequestPolicyArgs[] {
  const { clusterIssuerName, certManagerNamespace, podinfoNamespace } = settings;
  const further = settings.issuers.filter(({ kind }) => kind === IssuerKind.ClusterIssuer);
  return [
    {
      policyName: clusterIssuerName,
      issuerName: clusterIssuerName,
      allowedDomains: settings.domains,
      // The canary, and the page.
      namespaces: limitedTo(settings.issuerNamespaces, [certManagerNamespace, podinfoNamespace]),
    },
    ...further.map(({ name, domains, namespaces }) => ({
      policyName: name,
      issuerName: name,
      allowedDomains: domains,
      // The canary.
      namespaces: limitedTo(namespaces, [certManagerNamespace]),
    })),
    ...settings.otherClusterIssuers.map((name) => ({ policyName: name, issuerName: name })),
    // A dot is in no name of a further issuer.
    { policyName: "issuers.cert-manager.io", issuerName: "*", issuerKind: "Issuer" },
  ];
}

/** Empty, which is for every namespace, stays empty. */
function limitedTo(namespaces: string[], own: string[]): string[] {
  return namespaces.length === 0 ? [] : [...new Set([...own, ...namespaces])];
}
