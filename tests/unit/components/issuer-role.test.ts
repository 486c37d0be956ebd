import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { CertificateUsage, IssuerRole, KeyType, type IssuerRoleArgs } from "../../../components";
import { assertChildren, assertOutputs, given } from "../../support/component-checks";
import { Recording } from "../../support/mocks";

describe("IssuerRole", () => {
  let recording: Recording;
  let component: IssuerRole;
  const args = {
    mountPath: "pki_int",
    roleName: "clients",
    allowedDomains: ["clients.homelab.local"],
    policyName: "issuer-clients",
    authRoleName: "login-clients",
    serviceAccountName: "account-clients",
    serviceAccountNamespace: "cert-manager",
    audience: "vault://clients",
  };

  before(async () => {
    recording = await Recording.start();
    component = new IssuerRole("clients", args, {
      provider: new vault.Provider(given("vault"), { address: "https://192.168.1.242:8200" }),
      deletedWith: new pulumi.ComponentResource("test:index:Release", given("release")),
    });
    await recording.finish();
  });

  const roleOf = async (changes: Partial<IssuerRoleArgs>) => {
    const other = await Recording.start();
    new IssuerRole("other", { ...args, ...changes });
    await other.finish();
    const { serverFlag, clientFlag, keyType, keyBits, maxTtl } = other.get("other-role").inputs;
    return { serverFlag, clientFlag, keyType, keyBits, maxTtl };
  };

  it("is a role, its policy and a login, by the given provider", () => {
    assert.equal(recording.get("clients").type, "cert-manager-vault:index:IssuerRole");
    assertChildren(recording, "clients", {
      "clients-role": "vault:pkiSecret/secretBackendRole:SecretBackendRole",
      "clients-policy": "vault:index/policy:Policy",
      "clients-login": "vault:kubernetes/authBackendRole:AuthBackendRole",
    });
    for (const { name, provider, deletedWith } of recording.all.filter((one) => one.parent === "clients")) {
      assert.equal(provider, given("vault"), name);
      assert.equal(deletedWith, given("release"), name);
    }
  });

  it("signs for its domains only, what a server shows with any key, for a day", () => {
    const { inputs } = recording.get("clients-role");
    assert.equal(inputs.backend, "pki_int");
    assert.equal(inputs.name, "clients");
    assert.deepEqual(inputs.allowedDomains, ["clients.homelab.local"]);
    assert.equal(inputs.allowIpSans, false);
    const { serverFlag, clientFlag, keyType, keyBits, maxTtl } = inputs;
    assert.deepEqual(
      { serverFlag, clientFlag, keyType, keyBits, maxTtl },
      { serverFlag: true, clientFlag: false, keyType: "any", keyBits: undefined, maxTtl: "86400" },
    );
  });

  it("gives one ServiceAccount, with one audience, the right to sign by that role and nothing else", () => {
    const { inputs } = recording.get("clients-login");
    assert.equal(inputs.backend, "kubernetes");
    assert.equal(inputs.roleName, "login-clients");
    assert.deepEqual(inputs.boundServiceAccountNames, ["account-clients"]);
    assert.deepEqual(inputs.boundServiceAccountNamespaces, ["cert-manager"]);
    assert.equal(inputs.audience, "vault://clients");
    assert.equal(inputs.tokenTtl, 600);
    const policy = recording.get("clients-policy").inputs;
    assert.deepEqual(inputs.tokenPolicies, [policy.name]);
    assert.equal(policy.name, "issuer-clients");
    assert.equal(policy.policy, 'path "pki_int/sign/clients" {\n  capabilities = ["update"]\n}\n');
  });

  it("gives the sign path, and the login when it has the policy", async () => {
    await assertOutputs(recording, component, "clients", {
      signPath: "pki_int/sign/clients",
      policyName: "issuer-clients",
      authRoleName: "login-clients",
    });
    const needed = await recording.dependencies(component.authRoleName);
    assert.ok(needed.includes("clients-login"));
    assert.ok(recording.get("clients-login").dependsOn.includes("clients-policy"));
  });

  it("signs what is asked for", async () => {
    assert.deepEqual(await roleOf({ usage: CertificateUsage.Client, keyType: KeyType.Ec, maxTtl: "1h" }), {
      serverFlag: false,
      clientFlag: true,
      keyType: "ec",
      keyBits: 256,
      maxTtl: "3600",
    });
    const both = await roleOf({ usage: CertificateUsage.Both, keyType: KeyType.Rsa, keyBits: 4096 });
    assert.deepEqual(
      [both.serverFlag, both.clientFlag, both.keyType, both.keyBits],
      [true, true, "rsa", 4096],
    );
    assert.equal((await roleOf({ keyType: KeyType.Rsa })).keyBits, 2048);
    assert.equal((await roleOf({ keyType: KeyType.Ed25519 })).keyType, "ed25519");
  });
});
