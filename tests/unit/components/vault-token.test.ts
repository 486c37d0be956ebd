import assert from "node:assert/strict";
import { VaultToken, VaultTokenRevocation } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, Recording, value } from "../../support/mocks";

const endpoint = { address: "https://192.168.1.242:8200", caPem: "root\n" };
const args = {
  ...endpoint,
  rootToken: "hvs.root",
  pkiMounts: [{ path: "pki_int", roleNames: ["servers", "clients"] }],
  policies: [{ name: "pki_int", text: 'path "pki_int/sign/servers" {}\n' }],
  authRoles: [{ name: "issuer", policies: ["pki_int"] }],
};

describe("VaultToken", () => {
  let recording: Recording;
  let component: VaultToken;

  before(async () => {
    recording = await Recording.start();
    component = new VaultToken("token", { ...args, ownToken: true, rotation: 3 });
    await recording.finish();
  });

  it("is one resource, which is told the root token as a secret", () => {
    assert.equal(recording.get("token").type, "cert-manager-vault:index:VaultToken");
    const type = "pulumi-nodejs:dynamic/cert-manager-vault:VaultToken";
    assertChildren(recording, "token", { "token-token": type });
    const { inputs, additionalSecretOutputs } = recording.get("token-token");
    assert.ok(isSecret(inputs.rootToken));
    assert.deepEqual(additionalSecretOutputs, ["token", "retired"]);
    const { narrow, rotation, periodSeconds, policyName } = inputs;
    assert.deepEqual(
      { narrow, rotation, periodSeconds, policyName },
      {
        narrow: true,
        rotation: 3,
        periodSeconds: 32 * 86400,
        policyName: "cert-manager-vault",
      },
    );
  });

  it("reaches the mounts, policies and roles that it is given, by exact paths", () => {
    const { policy } = recording.get("token-token").inputs;
    const paths = [...policy.matchAll(/^path "([^"]+)" \{$/gm)].map(([, path]) => path);
    for (const path of [
      "sys/mounts/pki_int",
      "pki_int/roles/servers",
      "pki_int/roles/clients",
      "sys/policies/acl/pki_int",
      "auth/kubernetes/role/issuer",
      "auth/token/renew-self",
      "auth/token/create/cert-manager-vault",
    ]) {
      assert.ok(paths.includes(path), path);
    }
    assert.deepEqual(
      paths.filter((path) => path.includes("*")),
      ["sys/audit/*"],
    );
    assert.ok(!paths.includes("sys/policies/acl/cert-manager-vault"), "it does not write its own policy");
  });

  it("gives its own token, and the root token with those before it for revoking, as secrets", async () => {
    const expected = { token: "hvs.own", retiredTokens: ["hvs.root", "hvs.own-before"] };
    await assertOutputs(recording, component, "token", expected, ["token", "retiredTokens"]);
  });

  it("is the root token by default, which is not for revoking", async () => {
    const other = await Recording.start();
    const kept = new VaultToken("other", args);
    await other.finish();
    const expected = { token: "hvs.root", retiredTokens: [] };
    await assertOutputs(other, kept, "other", expected, ["token", "retiredTokens"]);
  });
});

describe("VaultTokenRevocation", () => {
  it("is one resource, which is told all tokens as secrets, even when they are given in clear", async () => {
    const recording = await Recording.start();
    new VaultTokenRevocation("gone", { ...endpoint, tokenInUse: "hvs.own", tokens: ["hvs.root"] });
    await recording.finish();
    for (const name of ["gone", "gone-revocation"]) {
      const { inputs } = recording.get(name);
      assert.ok(isSecret(inputs.tokenInUse) && isSecret(inputs.tokens), name);
      assert.deepEqual(value(inputs.tokens), ["hvs.root"], name);
    }
    assert.deepEqual(recording.get("gone-revocation").additionalSecretOutputs, ["tokens"]);
  });
});
