/** Inputs whose change replaces a resource: those named, by path, or all but those named. */
export type ReplacingInputs = readonly string[] | { readonly allBut: readonly string[] };

// The SDKs do not say which these are; it is from the providers' sources, at the versions that the lab builds.

/**
 * pulumi-kubernetes 4.25, `forceNew` in provider/pkg/provider/diff.go: beside name and namespace of every object. An
 * immutable object's data counts as well, and this program does not switch on that others may be changed in place.
 */
const kubernetes: Record<string, readonly string[]> = {
  "core/v1:Secret": ["type", "data", "stringData"],
  "core/v1:ConfigMap": ["data", "binaryData"],
  "core/v1:Service": ["spec.clusterIP"],
  "core/v1:PersistentVolumeClaim": [
    "spec.accessModes",
    "spec.selector",
    "spec.storageClassName",
    "spec.volumeName",
  ],
  "apps/v1:Deployment": ["spec.selector"],
  "batch/v1:Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  "rbac.authorization.k8s.io/v1:RoleBinding": ["roleRef"],
  "rbac.authorization.k8s.io/v1:ClusterRoleBinding": ["roleRef"],
};

/**
 * `forceNewFields` of helm_release.go there, and what Vault's chart makes the claims of its StatefulSet from: no update
 * may change them, so that the upgrade would end with Kubernetes' refusal.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#limitations
 */
const helmRelease = ["name", "namespace", "values.server.dataStorage", "values.server.auditStorage"];

/**
 * `ForceNew` in vault/resource_*.go of terraform-provider-vault 5.9. The paths of mounts and auth methods are here
 * although Vault moves them: what is inside is replaced, and addresses in certificates that were issued lead nowhere.
 */
const vault: Record<string, ReplacingInputs> = {
  "vault:index/audit:Audit": { allBut: [] },
  "vault:index/authBackend:AuthBackend": ["path", "type", "local"],
  "vault:index/mount:Mount": ["path", "type", "sealWrap", "externalEntropyAccess", "local"],
  "vault:index/policy:Policy": ["name"],
  "vault:generic/endpoint:Endpoint": ["path"],
  "vault:kubernetes/authBackendConfig:AuthBackendConfig": ["backend"],
  "vault:kubernetes/authBackendRole:AuthBackendRole": ["backend", "roleName"],
  "vault:pkiSecret/secretBackendConfigCa:SecretBackendConfigCa": ["backend", "pemBundle"],
  "vault:pkiSecret/secretBackendConfigIssuers:SecretBackendConfigIssuers": [],
  "vault:pkiSecret/secretBackendConfigUrls:SecretBackendConfigUrls": [],
  "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest": { allBut: [] },
  "vault:pkiSecret/secretBackendIntermediateSetSigned:SecretBackendIntermediateSetSigned": { allBut: [] },
  "vault:pkiSecret/secretBackendIssuer:SecretBackendIssuer": ["backend"],
  "vault:pkiSecret/secretBackendRole:SecretBackendRole": ["backend", "name"],
  "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate": {
    allBut: ["ttl", "revoke", "issuerRef", "notAfter"],
  },
  // Its configuration has none.
  "pulumi:providers:vault": [],
};

/** `RequiresReplace` in internal/provider/resource_*.go of terraform-provider-tls 4.2. */
const tls: Record<string, ReplacingInputs> = {
  "tls:index/privateKey:PrivateKey": { allBut: [] },
  "tls:index/certRequest:CertRequest": { allBut: [] },
  "tls:index/selfSignedCert:SelfSignedCert": { allBut: ["earlyRenewalHours"] },
  "tls:index/locallySignedCert:LocallySignedCert": { allBut: ["earlyRenewalHours"] },
};

const dynamicTypes = "pulumi-nodejs:dynamic/cert-manager-vault:";

/** By the name of the type: what the `diff` of this project's own providers says; none for those not here. */
export const replacingDynamicInputs: Record<string, readonly string[]> = {
  CertificateSecret: ["namespace", "name"],
};

/** The inputs whose change has the provider replace a resource of this type; undefined when it is not known. */
export function replacingInputs(type: string): ReplacingInputs | undefined {
  if (type === "kubernetes:helm.sh/v3:Release") {
    return helmRelease;
  }
  if (type.startsWith("kubernetes:")) {
    return ["metadata.name", "metadata.namespace", ...(kubernetes[type.slice("kubernetes:".length)] ?? [])];
  }
  if (type.startsWith(dynamicTypes)) {
    return replacingDynamicInputs[type.slice(dynamicTypes.length)] ?? [];
  }
  return vault[type] ?? tls[type];
}
