import assert from "node:assert/strict";
import { eventually, inLab, servedChain, stackOutputs, tryInLab, vaultRead } from "../support/lab";
import { page, renew } from "../support/renewal";
import { issuersWithKey, letLeavesEnd, underWitness, type Witnessed } from "../support/rotation";
import { StackRun } from "../support/stack";
import { verifyWithOnlyTheRoot } from "../support/verify-chain";

const name = "home-lab-dot-local-int";
const address = "192.168.1.241:443";
const host = "podinfo.wsp.local";

async function current(): Promise<any> {
  return (await vaultRead("read", `pki_int/issuer/${name}`)).data;
}

/** The page's chain, once it is of this issuer: the ingress controller takes a moment for a new Secret. */
async function servedBelow(issuer: any): Promise<string[]> {
  let chain: string[] = [];
  await eventually("the page below the new issuing CA", 60, async () => {
    chain = await servedChain(address, host);
    return chain[1]?.trim() === issuer.certificate.trim();
  });
  return chain;
}

describe("another issuing CA, by a number, under clients and renewals", function () {
  this.timeout(600_000);
  let root: string;
  let issuerBefore: any;
  let issuerAfter: any;
  let chainBefore: string[];
  let chainAfter: string[];
  let witnessed: Witnessed;
  let preview: string;

  before(async () => {
    ({ rootCaPem: root } = await stackOutputs());
    issuerBefore = await current();
    chainBefore = await servedChain(address, host);
    const run = await StackRun.with({ issuingCaGeneration: 2 });
    witnessed = await underWitness(root, { certificates: 10, atOnce: 2 }, async () => {
      preview = await run.pulumi("preview", "--non-interactive", "--color=never");
      await run.up();
      await renew(page);
      chainAfter = await servedBelow(await current());
    });
    run.forget();
    issuerAfter = await current();
  });

  it("is shown by a preview, and nothing but it", () => {
    assert.match(preview, /issuing-ca-request .*replace/);
    assert.doesNotMatch(
      preview,
      /(vault-release|parent-ca-\S+|issuing-ca-mount|issuing-ca-role) .*(replace|delete)/,
    );
  });

  it("fails no handshake of a client that trusts only the root", () => {
    const { made, failed, leaves } = witnessed.handshakes;
    console.log(
      `      ${made} handshakes made, ${failed.length} failed, ${Object.keys(leaves).length} leaves`,
    );
    assert.deepEqual(failed, []);
    assert.ok(made > 100, `${made} handshakes`);
    assert.ok(Object.keys(leaves).length >= 2, "before and after");
  });

  it("is nothing that cert-manager would report: no Certificate not Ready, no request failed", () => {
    const { renewed, troubles } = witnessed.renewals;
    console.log(`      ${renewed} renewals`);
    assert.deepEqual(troubles, []);
    assert.ok(renewed >= 20, `${renewed} renewals`);
  });

  it("has a key of its own, the name of the one before, and signs all that is new", async () => {
    assert.equal((await vaultRead("read", "pki_int/issuer/default")).data.issuer_id, issuerAfter.issuer_id);
    assert.notEqual(issuerAfter.key_id, issuerBefore.key_id);
    for (const chain of [chainAfter.join("\n"), ...witnessed.renewals.chains]) {
      assert.ok(chain.includes(issuerAfter.certificate.trim()));
      assert.ok(!chain.includes(issuerBefore.certificate.trim()));
    }
  });

  it("leaves what the one before has signed as good as it was", async () => {
    assert.equal(chainBefore[1]!.trim(), issuerBefore.certificate.trim());
    await verifyWithOnlyTheRoot(chainBefore[0]!, chainBefore.slice(1), root);
    await verifyWithOnlyTheRoot(chainAfter[0]!, chainAfter.slice(1), root);
  });

  it("leaves the one before its CRL, and no right to sign certificates", async () => {
    const [former, ...more] = Object.values(await issuersWithKey("pki_int")).filter(
      ({ issuer_id }) => issuer_id === issuerBefore.issuer_id,
    );
    assert.deepEqual(more, []);
    assert.match(former.issuer_name, new RegExp(`^${name}-until-\\d{4}-\\d\\d-\\d\\d-[0-9a-f]{8}$`));
    assert.equal(former.usage, "crl-signing,ocsp-signing,read-only");
    const sign =
      "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=a.wsp.local 2>/dev/null | " +
      'vault write "pki_int/issuer/$0/sign/home-lab-dot-local" common_name=a.wsp.local csr=-';
    const { rootToken } = await stackOutputs();
    const env = { VAULT_TOKEN: rootToken };
    const refused = await tryInLab(["sh", "-c", sign, issuerBefore.issuer_id], { env });
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /usage/i);
    const script =
      'd=$(mktemp -d); trap "rm -r $d" EXIT; printf "%s" "$CA" >$d/ca; ' +
      'curl -fsS --cacert "$VAULT_CACERT" "$VAULT_ADDR/v1/pki_int/issuer/$0/crl/pem" | openssl crl -noout -CAfile $d/ca 2>&1';
    const verified = await inLab(["sh", "-c", script, issuerBefore.issuer_id], {
      env: { CA: issuerBefore.certificate },
    });
    assert.match(verified, /verify OK/);
  });

  it("is also made for another life, which was once refused for the name that is taken", async () => {
    const run = await StackRun.with({ issuingCaGeneration: 2, issuingCaMaxTtl: "8759h" });
    await run.up();
    run.forget();
    const made = await current();
    assert.notEqual(made.key_id, issuerAfter.key_id);
    assert.equal(Object.keys(await issuersWithKey("pki_int")).length, 3);
  });

  it("goes with its key when all that it has signed is over, by the next run, and nothing is left to do", async () => {
    await letLeavesEnd();
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
    const present = await current();
    // The lab's own settings again, for which one more has taken over.
    const issuers = Object.values(await issuersWithKey("pki_int"));
    assert.equal(issuers.length, 2);
    assert.ok(
      !issuers.some(({ issuer_id }) => [issuerBefore.issuer_id, issuerAfter.issuer_id].includes(issuer_id)),
    );
    const keys = await vaultRead("list", "pki_int/keys");
    assert.deepEqual(keys.sort(), issuers.map(({ key_id }) => key_id).sort());
    await renew(page);
    await servedBelow(present);
    // Takes note of the page's new certificate.
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
    await inLab(["pulumi", "preview", "--refresh", "--non-interactive", "--expect-no-changes"]);
  });
});
