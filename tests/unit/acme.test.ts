import assert from "node:assert/strict";
import { value, type Recording } from "../support/mocks";
import { recordProgram } from "../support/program";

function written(recording: Recording, name: string): { path: string; fields: any } {
  const { path, dataJson } = value(recording.get(name).inputs);
  return { path, fields: JSON.parse(dataJson) };
}

describe("The setting acme", function () {
  this.timeout(60_000);
  const names = { issuingCaMountPath: "lab/issuing", pkiRoleName: "servers" };

  it("makes the issuing CA's mount an ACME server at Vault's address, for the role and bound accounts only", async () => {
    const { recording } = await recordProgram({ ...names, acme: true });
    const cluster = written(recording, "issuing-ca-cluster");
    assert.equal(cluster.path, "lab/issuing/config/cluster");
    const vaultAddress = value(recording.get("vault-init-keys").inputs).address;
    assert.deepEqual(cluster.fields, { path: `${vaultAddress}/v1/lab/issuing` });
    const acme = written(recording, "issuing-ca-acme");
    assert.equal(acme.path, "lab/issuing/config/acme");
    assert.deepEqual(acme.fields, {
      allowed_roles: ["servers"],
      default_directory_policy: "role:servers",
      eab_policy: "always-required",
      enabled: true,
    });
    const { dependsOn } = recording.get("issuing-ca-acme");
    assert.ok(dependsOn.includes("issuing-ca-role") && dependsOn.includes("issuing-ca-cluster"));
    const { allowedResponseHeaders } = recording.get("issuing-ca-mount").inputs;
    assert.ok(
      ["Location", "Replay-Nonce", "Link"].every((header) => allowedResponseHeaders.includes(header)),
    );
  });

  it("is off unless wanted, and switches it off where it was on", async () => {
    const { recording } = await recordProgram();
    assert.equal(written(recording, "issuing-ca-acme").fields.enabled, false);
    assert.ok(
      !recording.all.some(({ name }) => name === "issuing-ca-cluster" || name.startsWith("parent-ca-acme")),
    );
    assert.equal(recording.get("issuing-ca-mount").inputs.allowedResponseHeaders, undefined);
  });

  it("is within the reach of Pulumi's own token, with exactly these fields and on this mount only", async () => {
    const { recording } = await recordProgram({ ...names, acme: true, vaultRootToken: "revoke" });
    const { policy } = value(recording.get("vault-token-token").inputs);
    const ruleOf = (path: string) =>
      policy.split("\n\n").find((rule: string) => rule.startsWith(`path "${path}" `));
    for (const name of ["issuing-ca-cluster", "issuing-ca-acme"]) {
      const { path } = written(recording, name);
      assert.match(ruleOf(path), /capabilities = \["create", "read", "update"\]/, path);
    }
    const { path, fields } = written(recording, "issuing-ca-acme");
    for (const field of ["allowed_roles", "default_directory_policy", "eab_policy"]) {
      const allowed = JSON.stringify(fields[field]).replaceAll(",", ", ");
      assert.ok(ruleOf(path).includes(`"${field}" = [${allowed}]`), field);
    }
    const parent = recording.get("parent-ca-mount").inputs.path;
    assert.equal(ruleOf(`${parent}/config/acme`), undefined);
    assert.ok(!policy.includes("new-eab"));
  });
});
