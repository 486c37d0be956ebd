import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { KubernetesAuth } from "../../../components";
import { assertChildren, assertOutputs, given } from "../../support/component-checks";
import { Recording } from "../../support/mocks";

describe("KubernetesAuth", () => {
  let recording: Recording;
  let component: KubernetesAuth;
  const args = { audience: "vault://vault-issuer", policies: ["pki_int"] };

  before(async () => {
    recording = await Recording.start();
    component = new KubernetesAuth("auth", args, {
      provider: new vault.Provider(given("vault"), { address: "https://192.168.1.242:8200" }),
      deletedWith: new pulumi.ComponentResource("test:index:Release", given("release")),
    });
    await recording.finish();
  });

  it("is a method, its configuration and a role", () => {
    assert.equal(recording.get("auth").type, "cert-manager-vault:index:KubernetesAuth");
    assertChildren(recording, "auth", {
      "auth-method": "vault:index/authBackend:AuthBackend",
      "auth-config": "vault:kubernetes/authBackendConfig:AuthBackendConfig",
      "auth-role": "vault:kubernetes/authBackendRole:AuthBackendRole",
    });
  });

  it("uses the given provider for all, and lets all go with what is given", () => {
    for (const { name, provider, deletedWith } of recording.all.filter((one) => one.parent === "auth")) {
      assert.equal(provider, given("vault"), name);
      assert.equal(deletedWith, given("release"), name);
    }
  });

  it("asks the cluster's own API, with no reviewer token that would have to be stored", () => {
    assert.equal(recording.get("auth-method").inputs.type, "kubernetes");
    assert.equal(recording.get("auth-method").inputs.path, "kubernetes");
    const { inputs } = recording.get("auth-config");
    assert.equal(inputs.backend, "kubernetes");
    assert.equal(inputs.kubernetesHost, "https://kubernetes.default.svc");
    assert.equal(inputs.tokenReviewerJwt, undefined);
    assert.equal(inputs.kubernetesCaCert, undefined);
  });

  it("admits one ServiceAccount of one namespace with one audience, for ten minutes", () => {
    const { inputs, dependsOn } = recording.get("auth-role");
    assert.equal(inputs.backend, "kubernetes");
    assert.equal(inputs.roleName, "issuer");
    assert.deepEqual(inputs.boundServiceAccountNames, ["issuer"]);
    assert.deepEqual(inputs.boundServiceAccountNamespaces, ["cert-manager"]);
    assert.equal(inputs.audience, "vault://vault-issuer");
    assert.deepEqual(inputs.tokenPolicies, ["pki_int"]);
    assert.equal(inputs.tokenTtl, 600);
    assert.ok(dependsOn.includes("auth-config"));
  });

  it("gives its path only when it is configured", async () => {
    await assertOutputs(recording, component, "auth", { path: "kubernetes", roleName: "issuer" });
    assert.ok((await recording.dependencies(component.path)).includes("auth-config"));
  });

  it("takes other paths and names", async () => {
    const other = await Recording.start();
    new KubernetesAuth("other", {
      ...args,
      path: "lab/kubernetes",
      kubernetesHost: "https://10.0.0.1",
      roleName: "signer",
      serviceAccountName: "login",
      serviceAccountNamespace: "pki",
      tokenTtlSeconds: 60,
    });
    await other.finish();
    assert.equal(other.get("other-method").inputs.path, "lab/kubernetes");
    assert.equal(other.get("other-config").inputs.backend, "lab/kubernetes");
    assert.equal(other.get("other-config").inputs.kubernetesHost, "https://10.0.0.1");
    const { inputs } = other.get("other-role");
    assert.equal(inputs.backend, "lab/kubernetes");
    assert.equal(inputs.roleName, "signer");
    assert.deepEqual(inputs.boundServiceAccountNames, ["login"]);
    assert.deepEqual(inputs.boundServiceAccountNamespaces, ["pki"]);
    assert.equal(inputs.tokenTtl, 60);
  });
});
