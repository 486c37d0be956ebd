import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { inLab, stackOutputs } from "../support/lab";
import { encryptedKey, makeAuthority, type Authority } from "../support/openssl-ca";
import { assertTrustedPage, stackOfOrigin, vaultAnswer } from "../support/origin-stack";
import { StackRun } from "../support/stack";

const issuingCa = "homelab.local Vault Intermediate";

describe("a root that goes into Vault itself", function () {
  this.timeout(600_000);
  let run: StackRun;
  let root: Authority;

  before(async () => {
    root = makeAuthority({ name: "My Root", key: "p-384" });
    run = await stackOfOrigin("import-root");
    await run.setSecret("caBundle", root.certificatePem + encryptedKey(root, "correct horse"));
    await run.setSecret("caPassphrase", "correct horse");
    await run.up();
  });

  after(async () => {
    await run.destroy();
    run.forget();
  });

  it("signs the issuing CA, and a client that trusts only it fetches the page", async () => {
    assert.deepEqual(await assertTrustedPage(), ["podinfo.wsp.local", issuingCa, "My Root"]);
    assert.equal((await stackOutputs()).rootCaPem, root.certificatePem);
  });

  it("is taken out of the settings without its key being missed: nothing changes", async () => {
    await run.setSecret("caBundle", root.certificatePem);
    await run.up("--expect-no-changes");
    const issuer = (await vaultAnswer("read", "pki/issuer/default")).data;
    assert.equal(issuer.certificate.trim(), root.certificatePem.trim());
    assert.notEqual(issuer.key_id, "", "Vault has the key");
  });

  it("is not replaced by another one that nobody trusts yet: a preview says so", async () => {
    await run.setSecret("caBundle", makeAuthority({ name: "Other Root" }).certificatePem);
    const { status, stdout, stderr } = await run.attempt("preview", "--non-interactive", "--color=never");
    assert.notEqual(status, 0);
    assert.match(
      stdout + stderr,
      /additionalRootCertificates: the certificate of the page .* is below the root/,
    );
  });
});

describe("a CA that is signed offline", function () {
  this.timeout(600_000);
  let run: StackRun;
  let root: Authority;

  before(async () => {
    root = makeAuthority({ name: "Offline Root", key: "rsa-2048" });
    run = await stackOfOrigin("offline");
    await run.up();
  });

  after(async () => {
    await run.destroy();
    run.forget();
  });

  const withSigned = async (signedCaCertificate: string) => {
    run.forget();
    const without = { caBundle: undefined, caPassphrase: undefined };
    run = await StackRun.with({ ...without, caOrigin: "offline", signedCaCertificate });
  };

  it("ends its first run well, with a request and commands, and nothing that hangs on it", async () => {
    const { caRequest, signingCommands } = await stackOutputs();
    assert.match(caRequest, /^-----BEGIN CERTIFICATE REQUEST-----/);
    assert.match(signingCommands, /openssl x509 -req /);
    const namespaces = await inLab(["kubectl", "get", "namespaces", "-o", "name"]);
    assert.doesNotMatch(namespaces, /podinfo|cert-manager/);
  });

  it("has a certificate refused that is for another key, in a preview", async () => {
    const other = makeAuthority({ name: "homelab.local Intermediate CA", issuer: root });
    await withSigned(other.certificatePem + root.certificatePem);
    const { status, stdout, stderr } = await run.attempt("preview", "--non-interactive", "--color=never");
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /signedCaCertificate: the certificate .* is for another key/);
  });

  it("goes on when the printed commands have been run where the root is", async () => {
    const { signingCommands } = await stackOutputs();
    await withSigned(await signedBy(root, signingCommands));
    await run.up();
    // Before the page: for a moment the ingress controller knows its certificate and not yet its pod, and answers 503.
    await run.up("--expect-no-changes");
    assert.deepEqual(await assertTrustedPage(), [
      "podinfo.wsp.local",
      issuingCa,
      "homelab.local Intermediate CA",
      "Offline Root",
    ]);
  });
});

/** Follows the commands in a folder with the root in it, as they say. */
async function signedBy(root: Authority, commands: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "root-"));
  try {
    writeFileSync(path.join(folder, "ca.cert.pem"), root.certificatePem);
    writeFileSync(path.join(folder, "ca.key.pem"), root.keyPem);
    execFileSync("sh", ["-eu"], { cwd: folder, input: commands, stdio: "pipe" });
    return readFileSync(path.join(folder, "signed.pem"), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
