import assert from "node:assert/strict";
import { VaultClusterIssuer } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, Recording, value } from "../../support/mocks";

describe("VaultClusterIssuer", () => {
  let recording: Recording;
  let component: VaultClusterIssuer;
  const args = {
    namespace: "cert-manager",
    server: "https://vault.vault:8200",
    signPath: "pki_int/sign/home-lab-dot-local",
    caChainPem: "intermediate\nroot\n",
    canaryDnsName: "canary.homelab.local",
  };

  before(async () => {
    recording = await Recording.start();
    component = new VaultClusterIssuer("issuer", args);
    await recording.finish();
  });

  it("is a CA bundle, an account with rights to its tokens, the ClusterIssuer and a canary", () => {
    assert.equal(recording.get("issuer").type, "cert-manager-vault:index:VaultClusterIssuer");
    assertChildren(recording, "issuer", {
      "issuer-ca-bundle": "kubernetes:core/v1:Secret",
      "issuer-service-account": "kubernetes:core/v1:ServiceAccount",
      "issuer-token-role": "kubernetes:rbac.authorization.k8s.io/v1:Role",
      "issuer-token-role-binding": "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
      "issuer-cluster-issuer": "kubernetes:cert-manager.io/v1:ClusterIssuer",
      "issuer-canary": "kubernetes:cert-manager.io/v1:Certificate",
    });
  });

  it("signs through Vault, which it trusts by the CA bundle of its own Secret", () => {
    const { inputs } = recording.get("issuer-cluster-issuer");
    const { vault } = inputs.spec;
    assert.equal(inputs.metadata.name, "vault-issuer");
    assert.equal(vault.server, args.server);
    assert.equal(vault.path, args.signPath);
    const bundle = recording.get("issuer-ca-bundle").inputs;
    assert.equal(bundle.metadata.namespace, "cert-manager");
    assert.equal(vault.caBundleSecretRef.name, bundle.metadata.name);
    assert.equal(value(bundle.stringData)[vault.caBundleSecretRef.key], args.caChainPem);
  });

  it("logs in with tokens of its own ServiceAccount, and with no token that is kept", () => {
    const { auth } = recording.get("issuer-cluster-issuer").inputs.spec.vault;
    assert.deepEqual(Object.keys(auth), ["kubernetes"]);
    assert.equal(auth.kubernetes.mountPath, "/v1/auth/kubernetes");
    assert.equal(auth.kubernetes.role, "issuer");
    assert.equal(auth.kubernetes.serviceAccountRef.name, "issuer");
    assert.equal(auth.kubernetes.secretRef, undefined);
    const account = recording.get("issuer-service-account").inputs;
    assert.equal(account.metadata.name, "issuer");
    assert.equal(account.metadata.namespace, "cert-manager");
    assert.equal(account.automountServiceAccountToken, false);
  });

  it("lets cert-manager's controller ask for tokens of that account, and of no other", () => {
    const role = recording.get("issuer-token-role").inputs;
    assert.equal(role.metadata.namespace, "cert-manager");
    assert.deepEqual(role.rules, [
      { apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: ["issuer"], verbs: ["create"] },
    ]);
    const binding = recording.get("issuer-token-role-binding").inputs;
    assert.equal(binding.metadata.namespace, "cert-manager");
    assert.deepEqual(binding.roleRef, {
      apiGroup: "rbac.authorization.k8s.io",
      kind: "Role",
      name: role.metadata.name,
    });
    assert.deepEqual(binding.subjects, [
      { kind: "ServiceAccount", name: "cert-manager", namespace: "cert-manager" },
    ]);
    assert.ok(recording.get("issuer-cluster-issuer").dependsOn.includes("issuer-token-role-binding"));
  });

  it("proves itself by a canary that is awaited, as the ClusterIssuer is", () => {
    const { inputs, dependsOn } = recording.get("issuer-canary");
    assert.ok(dependsOn.includes("issuer-cluster-issuer"));
    assert.equal(inputs.metadata.namespace, "cert-manager");
    assert.deepEqual(inputs.spec.dnsNames, ["canary.homelab.local"]);
    assert.deepEqual(inputs.spec.issuerRef, {
      name: "vault-issuer",
      kind: "ClusterIssuer",
      group: "cert-manager.io",
    });
    for (const name of ["issuer-cluster-issuer", "issuer-canary"]) {
      const awaited = recording.get(name);
      const { annotations } = awaited.inputs.metadata;
      assert.equal(annotations["pulumi.com/waitFor"], "condition=Ready", name);
      assert.equal(annotations["pulumi.com/deletionPropagationPolicy"], "background", name);
      assert.deepEqual(awaited.timeouts, { create: "6m", update: "6m" }, name);
    }
  });

  it("repairs a failed issuance of the canary before it waits for it, and when the issuer is there", () => {
    const { type, inputs, dependsOn } = recording.get("issuer-canary-issuance");
    assert.equal(type, "pulumi-nodejs:dynamic/cert-manager-vault:Issuance");
    const { metadata } = recording.get("issuer-canary").inputs;
    assert.deepEqual([inputs.namespace, inputs.name], [metadata.namespace, metadata.name]);
    assert.ok(isSecret(inputs.kubeconfig));
    assert.ok(dependsOn.includes("issuer-cluster-issuer"));
    assert.ok(recording.get("issuer-canary").dependsOn.includes("issuer-canary-issuance"));
  });

  it("gives its name only when the canary is issued", async () => {
    await assertOutputs(recording, component, "issuer", { issuerName: "vault-issuer" });
    assert.ok((await recording.dependencies(component.issuerName)).includes("issuer-canary"));
  });

  it("takes other names", async () => {
    const other = await Recording.start();
    new VaultClusterIssuer("other", {
      ...args,
      issuerName: "lab-issuer",
      namespace: "certificates",
      authPath: "lab/kubernetes",
      authRole: "signer",
      serviceAccountName: "login",
      controllerServiceAccountName: "controller",
    });
    await other.finish();
    const issuer = other.get("other-cluster-issuer").inputs;
    assert.equal(issuer.metadata.name, "lab-issuer");
    assert.equal(issuer.spec.vault.auth.kubernetes.mountPath, "/v1/auth/lab/kubernetes");
    assert.equal(issuer.spec.vault.auth.kubernetes.role, "signer");
    assert.equal(issuer.spec.vault.auth.kubernetes.serviceAccountRef.name, "login");
    assert.deepEqual(other.get("other-token-role").inputs.rules[0].resourceNames, ["login"]);
    const [subject] = other.get("other-token-role-binding").inputs.subjects;
    assert.equal(subject.name, "controller");
    assert.equal(subject.namespace, "certificates");
    assert.equal(other.get("other-canary").inputs.spec.issuerRef.name, "lab-issuer");
  });
});
