import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { ensureOfflineCa } from "../../lab/offline-ca";
import { eventually, forgetStackOutputs, inLab, kubectl, servedChain, stackOutputs } from "../support/lab";
import { anotherIntermediate, type GivenCa } from "../support/next-ca";
import { canary, page, renew } from "../support/renewal";
import { letLeavesEnd, underWitness, type Witnessed } from "../support/rotation";
import { StackRun } from "../support/stack";
import { verifyWithOnlyTheRoot } from "../support/verify-chain";

// Numbers of their own for a shorter run.
const certificates = Number(process.env.SOAK_CERTIFICATES ?? 50);
const rotations = Number(process.env.SOAK_ROTATIONS ?? 5);
const load = { certificates, atOnce: 4 };
const address = "192.168.1.241:443";
const host = "podinfo.wsp.local";

async function withCa(ca: GivenCa, settings: Record<string, unknown>): Promise<StackRun> {
  const run = await StackRun.with(settings);
  await run.setSecret("caBundle", ca.bundle);
  await run.setSecret("caPassphrase", ca.passphrase);
  return run;
}

async function upOnce(run: StackRun): Promise<void> {
  await run.up();
  run.forget();
  forgetStackOutputs();
}

/** Nobody has noticed anything. */
function assertUnnoticed(what: string, { handshakes, renewals }: Witnessed): void {
  const { made, failed } = handshakes;
  console.log(
    `      ${what}: ${made} handshakes made, ${failed.length} failed; ${renewals.renewed} renewals`,
  );
  assert.deepEqual(failed, []);
  assert.deepEqual(renewals.troubles, []);
  assert.ok(made > 100 && renewals.renewed >= certificates);
}

describe(`CAs that take each other's place, under ${certificates} Certificates being renewed`, function () {
  this.timeout(3_600_000);
  let root: string;
  let present: GivenCa;

  before(async () => {
    ({ rootCaPem: root } = await stackOutputs());
  });

  after(async () => {
    const unattended = ["--yes", "--skip-preview", "--non-interactive"];
    await inLab(["pulumi", "destroy", ...unattended]);
    await inLab(["pulumi", "up", ...unattended]);
    forgetStackOutputs();
  });

  it(`${rotations} issuing CAs, one after the other`, async () => {
    const chains: string[][] = [];
    const witnessed = await underWitness(root, load, async () => {
      for (let generation = 2; generation < 2 + rotations; generation += 1) {
        chains.push(await servedChain(address, host));
        await upOnce(await StackRun.with({ issuingCaGeneration: generation }));
        await renew(page);
      }
    });
    assertUnnoticed("issuing CA", witnessed);
    assert.equal(new Set(chains.map(([, issuing]) => issuing)).size, rotations);
    for (const [leaf, ...rest] of chains) {
      await verifyWithOnlyTheRoot(leaf!, rest, root);
    }
  });

  it("another intermediate of the same root", async () => {
    const before = await servedChain(address, host);
    present = await anotherIntermediate("second");
    const settings = { issuingCaGeneration: 1 + rotations };
    const witnessed = await underWitness(root, load, async () => {
      await upOnce(await withCa(present, settings));
      await renew(page);
    });
    assertUnnoticed("intermediate", witnessed);
    const after = await servedChain(address, host);
    assert.ok(present.bundle.includes(after[2]!.trim()), "the page's chain goes by the new intermediate");
    for (const [leaf, ...rest] of [before, after]) {
      await verifyWithOnlyTheRoot(leaf!, rest, root);
    }
    const again = await withCa(present, settings);
    // Takes note of the page's new certificate.
    await again.up();
    await again.up("--expect-no-changes");
    again.forget();
  });

  it("another root, which is trusted before it is used", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "next-root-"));
    const offline = ensureOfflineCa(directory);
    const read = (file: string) => readFileSync(file, "utf8");
    const next = { bundle: read(offline.bundle), passphrase: read(offline.passphrase) };
    const nextRoot = read(offline.rootCertificate);
    rmSync(directory, { recursive: true });
    const settings = { issuingCaGeneration: 1 + rotations };

    const forgotten = await withCa(next, settings);
    const refused = await forgotten.attempt("preview", "--non-interactive", "--color=never");
    forgotten.forget();
    assert.notEqual(refused.status, 0);
    assert.match(
      refused.stdout + refused.stderr,
      /additionalRootCertificates: the certificate of Vault's listener is below the root/,
    );

    await upOnce(await withCa(present, { ...settings, additionalRootCertificates: nextRoot }));
    const { trustedRootsPem } = await stackOutputs();
    const before = await servedChain(address, host);
    const witnessed = await underWitness(trustedRootsPem, load, async () => {
      await upOnce(await withCa(next, { ...settings, additionalRootCertificates: root }));
      await renew(page);
      await renew(canary);
      await eventually("Vault's listener below the new root", 180, async () =>
        next.bundle.includes((await servedChain("192.168.1.242:8200", "vault.vault"))[1]!.trim()),
      );
    });
    assertUnnoticed("root", witnessed);
    const after = await servedChain(address, host);
    await verifyWithOnlyTheRoot(before[0]!, before.slice(1), root);
    await verifyWithOnlyTheRoot(after[0]!, after.slice(1), nextRoot);

    await letLeavesEnd();
    await upOnce(await withCa(next, settings));
    assert.equal((await stackOutputs()).trustedRootsPem.trim(), nextRoot.trim());
    const bundle = await kubectl("-n", "cert-manager", "get", "secret", "ca-bundle");
    const text = Buffer.from(bundle.data["ca-chain.cert.pem"], "base64").toString();
    assert.ok(text.endsWith(nextRoot) && !text.includes(root.trim()));
    await renew(canary);
  });
});
