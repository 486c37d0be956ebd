import assert from "node:assert/strict";
import {
  CertificateUsage,
  KeyType,
  VaultClusterIssuer,
  VaultIssuer,
  type VaultIssuerArgs,
} from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, Recording, value } from "../../support/mocks";

describe("VaultIssuer", () => {
  let recording: Recording;
  let component: VaultIssuer;
  const args = {
    issuerName: "team",
    namespace: "team-a",
    server: "https://vault.vault:8200",
    signPath: "pki_int/sign/team",
    caChainPem: "intermediate\nroot\n",
    authRole: "login-team",
    serviceAccountName: "account-team",
    canaryDnsName: "canary.team.homelab.local",
  };

  before(async () => {
    recording = await Recording.start();
    component = new VaultIssuer("team", args);
    await recording.finish();
  });

  const canaryOf = async (changes: Partial<VaultIssuerArgs>) => {
    const other = await Recording.start();
    new VaultIssuer("other", { ...args, ...changes });
    await other.finish();
    return other.get("other-canary").inputs.spec;
  };

  it("is a CA bundle, an account with rights to its tokens, the Issuer and a canary", () => {
    assert.equal(recording.get("team").type, "cert-manager-vault:index:VaultIssuer");
    assertChildren(recording, "team", {
      "team-ca-bundle": "kubernetes:core/v1:Secret",
      "team-service-account": "kubernetes:core/v1:ServiceAccount",
      "team-token-role": "kubernetes:rbac.authorization.k8s.io/v1:Role",
      "team-token-role-binding": "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
      "team-issuer": "kubernetes:cert-manager.io/v1:Issuer",
      "team-canary": "kubernetes:cert-manager.io/v1:Certificate",
    });
  });

  it("has all of it in its own namespace, where cert-manager looks for it", () => {
    const objects = recording.all.filter(({ type }) => type.startsWith("kubernetes:"));
    assert.equal(objects.length, 6);
    for (const { name, inputs } of objects) {
      assert.equal(inputs.metadata.namespace, "team-a", name);
    }
    const { vault } = recording.get("team-issuer").inputs.spec;
    assert.equal(vault.path, args.signPath);
    assert.equal(vault.auth.kubernetes.role, "login-team");
    assert.equal(vault.auth.kubernetes.serviceAccountRef.name, "account-team");
    const bundle = recording.get("team-ca-bundle").inputs;
    assert.equal(bundle.metadata.name, "account-team-ca-bundle");
    assert.equal(vault.caBundleSecretRef.name, bundle.metadata.name);
    assert.equal(value(bundle.stringData)[vault.caBundleSecretRef.key], args.caChainPem);
  });

  it("lets cert-manager's controller, from its namespace, ask for tokens of that account and of no other", () => {
    const role = recording.get("team-token-role").inputs;
    assert.deepEqual(role.rules, [
      {
        apiGroups: [""],
        resources: ["serviceaccounts/token"],
        resourceNames: ["account-team"],
        verbs: ["create"],
      },
    ]);
    assert.deepEqual(recording.get("team-token-role-binding").inputs.subjects, [
      { kind: "ServiceAccount", name: "cert-manager", namespace: "cert-manager" },
    ]);
  });

  it("gives its name only when the canary is issued, by the Issuer", async () => {
    await assertOutputs(recording, component, "team", { issuerName: "team" });
    assert.ok((await recording.dependencies(component.issuerName)).includes("team-canary"));
    const { spec } = recording.get("team-canary").inputs;
    assert.deepEqual(spec.issuerRef, { name: "team", kind: "Issuer", group: "cert-manager.io" });
    assert.equal(spec.usages, undefined);
    assert.deepEqual(spec.privateKey, { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" });
  });

  it("takes the canary's Secret away with it, after the Certificate", () => {
    const { type, inputs } = recording.get("team-canary-secret");
    assert.equal(type, "pulumi-nodejs:dynamic/cert-manager-vault:CertificateSecret");
    const { metadata, spec } = recording.get("team-canary").inputs;
    assert.deepEqual([inputs.namespace, inputs.name], [metadata.namespace, spec.secretName]);
    assert.ok(isSecret(inputs.kubeconfig));
    assert.ok(recording.get("team-canary").dependsOn.includes("team-canary-secret"));
  });

  it("asks for a canary as the role gives them", async () => {
    const client = await canaryOf({ usage: CertificateUsage.Client, keyType: KeyType.Ec, keyBits: 384 });
    assert.deepEqual(client.usages, ["digital signature", "key encipherment", "client auth"]);
    assert.deepEqual(client.privateKey, { algorithm: "ECDSA", size: 384, rotationPolicy: "Always" });
    const both = await canaryOf({ usage: CertificateUsage.Both, keyType: KeyType.Rsa });
    assert.deepEqual(both.usages.slice(2), ["server auth", "client auth"]);
    assert.deepEqual(both.privateKey, { algorithm: "RSA", size: 2048, rotationPolicy: "Always" });
    const { privateKey } = await canaryOf({ keyType: KeyType.Ed25519 });
    assert.deepEqual(privateKey, { algorithm: "Ed25519", rotationPolicy: "Always" });
  });

  it("takes other names", async () => {
    const other = await Recording.start();
    new VaultIssuer("other", {
      ...args,
      caBundleName: "vault-ca",
      authPath: "lab/kubernetes",
      controllerServiceAccountName: "controller",
      controllerNamespace: "certificates",
    });
    await other.finish();
    const { vault } = other.get("other-issuer").inputs.spec;
    assert.equal(vault.caBundleSecretRef.name, "vault-ca");
    assert.equal(vault.auth.kubernetes.mountPath, "/v1/auth/lab/kubernetes");
    const [subject] = other.get("other-token-role-binding").inputs.subjects;
    assert.deepEqual([subject.name, subject.namespace], ["controller", "certificates"]);
  });
});

describe("VaultClusterIssuer beside another one", () => {
  it("has a CA bundle of its own, a canary as the role gives them, and takes that one's Secret away", async () => {
    const recording = await Recording.start();
    new VaultClusterIssuer("clients", {
      issuerName: "clients",
      namespace: "cert-manager",
      server: "https://vault.vault:8200",
      signPath: "pki_int/sign/clients",
      caChainPem: "root\n",
      caBundleName: "clients-ca",
      canaryDnsName: "canary.clients.homelab.local",
      usage: CertificateUsage.Client,
      keyType: KeyType.Rsa,
      keyBits: 3072,
      deleteCanarySecret: true,
    });
    await recording.finish();
    const issuer = recording.get("clients-cluster-issuer").inputs;
    assert.equal(recording.get("clients-ca-bundle").inputs.metadata.name, "clients-ca");
    assert.equal(issuer.spec.vault.caBundleSecretRef.name, "clients-ca");
    assert.equal(issuer.metadata.namespace, undefined);
    const { spec } = recording.get("clients-canary").inputs;
    assert.ok(spec.usages.includes("client auth") && !spec.usages.includes("server auth"));
    assert.deepEqual([spec.privateKey.algorithm, spec.privateKey.size], ["RSA", 3072]);
    assert.equal(recording.get("clients-canary-secret").inputs.name, "clients-canary");
  });
});
