import assert from "node:assert/strict";
import { deltaCrlsProvider } from "../../components/internal/delta-crls-resource";
import { hasAllRules } from "../../components/internal/policy-rules";
import { dispensablePath } from "../../components/internal/token-policy";
import { linesLogged } from "../support/console-log";
import { FakeVault, type FakeIssuer } from "../support/fake-vault";

describe("The delta CRLs of a mount in Vault", function () {
  this.timeout(30_000);
  let vault: FakeVault;
  let issuing: FakeIssuer;
  const olds = { mountPath: "pki_int" };

  beforeEach(async () => {
    vault = await FakeVault.start();
    vault.initialise(1, 1);
    vault.state.sealed = false;
    issuing = issuer({ issuer_name: "issuing", delta_crl: "there" });
    vault.state.issuers = { pki_int: { "id-issuing": issuing, "id-parent": issuer({ key_id: "" }) } };
  });

  afterEach(() => vault.stop());

  function issuer(made: Partial<FakeIssuer>): FakeIssuer {
    const usage = "crl-signing,issuing-certificates,read-only";
    return { issuer_name: "", key_id: "key", certificate: "", ca_chain: [], usage, ...made };
  }

  const inputs = (token = vault.state.rootToken) => ({ ...vault.endpoint, token, mountPath: "pki_int" });
  const changes = async (news = inputs()) => (await deltaCrlsProvider.diff!("id", olds, news)).changes;
  const rotations = () => vault.state.requests.filter((request) => request.includes("rotate"));

  it("that are there are left alone", async () => {
    assert.equal(await changes(), false);
    await deltaCrlsProvider.create(inputs());
    await deltaCrlsProvider.update!("id", olds, inputs());
    assert.deepEqual(rotations(), []);
  });

  it("that are lost are made again, once", async () => {
    issuing.delta_crl = "";
    assert.equal(await changes(), true);
    assert.deepEqual(rotations(), [], "not in a preview");
    assert.deepEqual(await linesLogged(deltaCrlsProvider.update!("id", olds, inputs())), [
      "the delta CRL of Vault's mount pki_int was lost (issuing): it is made again",
    ]);
    assert.deepEqual(rotations(), ["GET pki_int/crl/rotate-delta"]);
    assert.equal(await changes(), false);
  });

  it("are none of an issuer without a key or the right to sign CRLs, of one that has none yet, and of no mount", async () => {
    issuing.delta_crl = "";
    for (const without of [{ key_id: "" }, { usage: "read-only" }, { delta_crl: undefined }]) {
      vault.state.issuers = { pki_int: { "id-issuing": { ...issuing, ...without } } };
      assert.equal(await changes(), false, JSON.stringify(without));
    }
    vault.state.issuers = {};
    assert.equal(await changes(), false);
    assert.deepEqual(await deltaCrlsProvider.create(inputs()), { id: "pki_int", outs: olds });
  });

  it("cannot be judged while Vault is sealed", async () => {
    issuing.delta_crl = "";
    vault.state.sealed = true;
    assert.equal(await changes(), false);
  });

  it("that this token may not have made are told of, and end no run", async () => {
    issuing.delta_crl = "";
    vault.answers["GET pki_int/crl/rotate-delta"] = [403, { errors: ["permission denied"] }];
    const said = (await linesLogged(deltaCrlsProvider.update!("id", olds, inputs()))).join("\n");
    assert.match(
      said,
      /was lost \(issuing\), and cannot be made again: Vault refused to read pki_int\/crl\/rotate-delta: 403 permission denied\. "vault read pki_int\/crl\/rotate"/,
    );
    assert.ok(!said.includes(vault.state.rootToken));
  });

  it("take no root token for a policy that lacks their rule only", () => {
    const rest = 'path "pki/roles/one" {\n  capabilities = ["read"]\n}\n';
    const rule = `path "pki/${dispensablePath}" {\n  capabilities = ["read"]\n}\n`;
    assert.ok(hasAllRules(rest, `${rest}\n${rule}`, dispensablePath));
    assert.ok(!hasAllRules(rest, `${rest}\n${rule}\npath "pki/roles/two" {\n}\n`, dispensablePath));
    assert.ok(!hasAllRules(`${rest}\n${rule.replace("read", "list")}`, `${rest}\n${rule}`, dispensablePath));
  });
});
