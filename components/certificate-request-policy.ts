import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { allowedRequests } from "./internal/allowed-requests";
import { ownMetadata, waitUntilReady } from "./internal/own-metadata";

export interface CertificateRequestPolicyArgs {
  /** Name of the CertificateRequestPolicy, which is told with each decision by it. */
  policyName: string;
  /** Issuer whose requests it decides on; `*` for every one of its kind. */
  issuerName: string;
  /** Kind of that issuer, `ClusterIssuer` or `Issuer`. Default `ClusterIssuer`. */
  issuerKind?: string;
  /** Domains whose names may be asked for, with all below them. Default: whatever the issuer gives. */
  allowedDomains?: pulumi.Input<pulumi.Input<string>[]>;
  /** Namespaces that may ask. Default: every one. */
  namespaces?: string[];
  /** ServiceAccount of cert-manager's controller, in whose name Certificates ask. Default `cert-manager`. */
  controllerServiceAccountName?: pulumi.Input<string>;
  /** Its namespace. Default `cert-manager`. */
  controllerNamespace?: pulumi.Input<string>;
}

/**
 * Who may have which names from an issuer, by a CertificateRequestPolicy of approver-policy, which has to be there. Of the
 * requests for that issuer, those that keep to it are approved, and the others denied with a message that says why,
 * unless another policy approves them.
 *
 * It is for the requests that cert-manager makes of Certificates. One that somebody makes by hand is decided on only if
 * its author may `use` the policy, which is a right of Kubernetes (RBAC) that this gives to cert-manager alone.
 *
 * @example
 * ```ts
 * new CertificateRequestPolicy(
 *   "vault-issuer-policy",
 *   {
 *     policyName: "vault-issuer",
 *     issuerName: "vault-issuer",
 *     allowedDomains: ["homelab.local"],
 *     namespaces: ["cert-manager", "podinfo"],
 *   },
 *   { dependsOn: approver },
 * );
 * ```
 */
export class CertificateRequestPolicy extends pulumi.ComponentResource {
  /** Name of the policy; resolves when requests are decided on by it. */
  public readonly policyName: pulumi.Output<string>;

  constructor(name: string, args: CertificateRequestPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:CertificateRequestPolicy", name, args, opts);
    const { policyName, issuerName } = args;
    const child = { parent: this };

    const role = new k8s.rbac.v1.ClusterRole(
      `${name}-role`,
      {
        metadata: ownMetadata({ name: `cert-manager-policy:${policyName}` }),
        rules: [
          {
            apiGroups: ["policy.cert-manager.io"],
            resources: ["certificaterequestpolicies"],
            resourceNames: [policyName],
            verbs: ["use"],
          },
        ],
      },
      child,
    );
    const binding = new k8s.rbac.v1.ClusterRoleBinding(
      `${name}-role-binding`,
      {
        metadata: ownMetadata({ name: role.metadata.name }),
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
        subjects: [
          {
            kind: "ServiceAccount",
            name: args.controllerServiceAccountName ?? "cert-manager",
            namespace: args.controllerNamespace ?? "cert-manager",
          },
        ],
      },
      child,
    );
    const policy = new k8s.apiextensions.CustomResource(
      `${name}-policy`,
      {
        apiVersion: "policy.cert-manager.io/v1alpha1",
        kind: "CertificateRequestPolicy",
        metadata: ownMetadata({ name: policyName, annotations: waitUntilReady }),
        spec: {
          selector: {
            issuerRef: {
              name: issuerName,
              kind: args.issuerKind ?? "ClusterIssuer",
              group: "cert-manager.io",
            },
          },
          allowed: pulumi
            .output(args.allowedDomains)
            .apply((domains) => allowedRequests({ domains, namespaces: args.namespaces ?? [], issuerName })),
        },
      },
      // Whoever decides by it has to see the right as well.
      { ...child, dependsOn: binding, customTimeouts: { create: "3m", update: "3m" } },
    );

    this.policyName = policy.metadata.name;
    this.registerOutputs({ policyName: this.policyName });
  }
}
