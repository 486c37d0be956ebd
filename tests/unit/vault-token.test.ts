import assert from "node:assert/strict";
import { tokenRevocationProvider } from "../../components/internal/token-revocation-resource";
import { vaultTokenProvider, type VaultTokenInputs } from "../../components/internal/vault-token-resource";
import { FakeVault } from "../support/fake-vault";

describe("the token that Pulumi works with", () => {
  let vault: FakeVault;
  let inputs: VaultTokenInputs;

  beforeEach(async () => {
    vault = await FakeVault.start();
    vault.initialise(1, 1);
    vault.state.sealed = false;
    inputs = {
      ...vault.endpoint,
      narrow: true,
      rootToken: vault.state.rootToken,
      policyName: "narrow",
      policy: 'path "pki" {}',
      periodSeconds: 3600,
      rotation: 0,
    };
  });

  afterEach(async () => vault.stop());

  const create = async (with_: Partial<VaultTokenInputs> = {}) =>
    (await vaultTokenProvider.create({ ...inputs, ...with_ })).outs!;
  const changes = async (olds: any, with_: Partial<VaultTokenInputs> = {}) =>
    (await vaultTokenProvider.diff!("id", olds, { ...inputs, ...with_ })).changes;
  const update = async (olds: any, with_: Partial<VaultTokenInputs> = {}) =>
    (await vaultTokenProvider.update!("id", olds, { ...inputs, ...with_ })).outs!;
  const revoke = async (tokenInUse: string, tokens: string[]) =>
    tokenRevocationProvider.create({ ...vault.endpoint, tokenInUse, tokens });

  it("is the root token while that is kept", async () => {
    const outs = await create({ narrow: false });
    assert.equal(outs.token, vault.state.rootToken);
    assert.equal(await changes(outs, { narrow: false }), false);
    assert.deepEqual(vault.state.tokens.size, 0);
  });

  it("is an orphan of its own, periodic and with one policy, otherwise", async () => {
    const outs = await create();
    assert.ok(vault.state.tokens.has(outs.token));
    assert.equal(vault.state.policies.get("narrow"), inputs.policy);
    assert.deepEqual(vault.state.roles.get("narrow"), {
      allowed_policies: ["narrow"],
      token_no_default_policy: true,
      orphan: true,
      renewable: true,
      token_period: 3600,
    });
    assert.deepEqual(outs.retired, []);
  });

  it("is renewed by every look at it, and nothing changes", async () => {
    const outs = await create();
    vault.state.requests.length = 0;
    assert.equal(await changes(outs), false);
    assert.deepEqual(vault.state.requests, ["POST auth/token/renew-self"]);
  });

  it("goes on working when the root token is revoked, and only then", async () => {
    const outs = await create();
    await revoke(outs.token, [vault.state.rootToken]);
    assert.equal(vault.state.rootTokenRevoked, true);
    assert.equal(await changes(outs), false);
    await assert.rejects(revoke("hvs.unknown", [outs.token]), /not accepted by Vault, so no other token/);
    assert.ok(vault.state.tokens.has(outs.token));
  });

  it("makes the one after it by itself, and is revoked when that is in use", async () => {
    const first = await create();
    vault.state.rootTokenRevoked = true;
    assert.equal(await changes(first, { rotation: 1 }), true);
    const second = await update(first, { rotation: 1 });
    assert.notEqual(second.token, first.token);
    assert.deepEqual(second.retired, [first.token]);
    assert.ok(vault.state.tokens.has(first.token), "a run that is interrupted here still has it");
    assert.equal(await changes(second, { rotation: 1 }), false);
    await revoke(second.token, [vault.state.rootToken, ...second.retired]);
    assert.deepEqual([...vault.state.tokens.keys()], [second.token]);
  });

  it("is not forgotten before it is revoked, when the next rotation comes first", async () => {
    const first = await create();
    const second = await update(first, { rotation: 1 });
    const third = await update(second, { rotation: 2 });
    assert.deepEqual(third.retired, [first.token, second.token]);
    await revoke(third.token, third.retired);
    const fourth = await update(third, { rotation: 3 });
    assert.deepEqual(fourth.retired, [third.token], "what Vault does not know any more is forgotten");
  });

  it("survives a change of the provider's code", async () => {
    const outs = await create();
    assert.deepEqual(await update(outs), outs);
  });

  it("that has expired is made anew with a root token", async () => {
    const outs = await create();
    vault.state.tokens.clear();
    assert.equal(await changes(outs), true);
    const again = await update(outs);
    assert.ok(vault.state.tokens.has(again.token));
  });

  it("that has expired ends the run with the way out, when the root token is revoked", async () => {
    const outs = await create();
    vault.state.tokens.clear();
    vault.state.rootTokenRevoked = true;
    await assert.rejects(
      update(outs),
      /own token in Vault is not accepted .* Make a new root token .*docs\/security\.md.*vaultExistingRootToken/s,
    );
  });

  it("takes a root token for another policy, or the run says so", async () => {
    const outs = await create();
    const wider = { policy: 'path "other" {}' };
    assert.equal(await changes(outs, wider), true);
    const after = await update(outs, wider);
    assert.equal(after.token, outs.token, "the token stays: it has the policy by name");
    assert.ok(vault.state.policies.get("narrow")!.startsWith('path "other" {}'));
    vault.state.rootTokenRevoked = true;
    const wider2 = { policy: 'path "another" {}' };
    await assert.rejects(update(after, wider2), /other names or paths .* Make a new root token/s);
  });

  it("takes no root token for less than it reaches, and still reaches it: it is deleted with this token", async () => {
    const issuer = 'path "pki/roles/issuer" {\n  capabilities = ["delete"]\n}\n';
    const rest = 'path "pki" {\n}\n\npath "sys" {\n}\n';
    const outs = await create({ policy: `${rest}\n${issuer}` });
    vault.state.rootTokenRevoked = true;
    assert.equal(await changes(outs, { policy: rest }), false);
    assert.equal((await update(outs, { policy: rest, rotation: 1 })).policy, outs.policy);
    assert.equal(vault.state.policies.get("narrow"), outs.policy);
    assert.equal(await changes(outs, { policy: rest.replace("sys", "sys/other") }), true);
    assert.equal(await changes(outs, { policy: `${rest}\n${issuer.replace("delete", "read")}` }), true);
  });

  it("reaches what is no longer the program's next to what is new", async () => {
    const outs = await create({ policy: 'path "old" {\n}\n\npath "pki" {\n  old\n}\n' });
    const renamed = { policy: 'path "new" {\n}\n\npath "pki" {\n  new\n}\n' };
    const after = await update(outs, renamed);
    const both = 'path "new" {\n}\n\npath "pki" {\n  new\n}\n\npath "old" {\n}\n';
    assert.equal(vault.state.policies.get("narrow"), both);
    assert.equal(await changes(after, renamed), false);
    assert.equal((await update(after, renamed)).policy, both);
  });

  it("cannot become a root token that is revoked, which is said before anything fails", async () => {
    const outs = await create();
    vault.state.rootTokenRevoked = true;
    assert.equal(await changes(outs, { narrow: false }), true);
    await assert.rejects(update(outs, { narrow: false }), /vaultRootToken is keep, but .* Make a new root/s);
  });

  it("becomes a new root token, and the one of its own is retired", async () => {
    const outs = await create();
    const root = await update(outs, { narrow: false });
    assert.equal(root.token, vault.state.rootToken);
    assert.deepEqual(root.retired, [outs.token]);
  });

  it("is left alone by a preview that finds Vault sealed", async () => {
    const outs = await create();
    vault.state.sealed = true;
    assert.equal(await changes(outs), false);
  });

  it("never shows in an error", async () => {
    const outs = await create();
    vault.state.tokens.clear();
    vault.state.rootTokenRevoked = true;
    await assert.rejects(update(outs), (error: Error) => {
      assert.ok(!error.message.includes(outs.token) && !error.message.includes(inputs.rootToken));
      return true;
    });
  });
});
