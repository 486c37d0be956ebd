import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority } from "../../../components";
import { assertOutputs } from "../../support/component-checks";
import { isSecret, Recording, resolved, textsInClear, unhandledRejections, value } from "../../support/mocks";
import { encryptedKey, makeAuthority, type Authority } from "../../support/openssl-ca";

describe("CertificateAuthority", () => {
  let root: Authority;
  let intermediate: Authority;
  let bundlePem: string;
  const passphrase = "correct horse";

  before(() => {
    root = makeAuthority({ name: "Root" });
    intermediate = makeAuthority({ name: "Intermediate", issuer: root });
    const key = encryptedKey(intermediate, passphrase);
    bundlePem = intermediate.certificatePem + key + root.certificatePem;
  });

  it("gives the parts of the bundle, the key decrypted, and makes nothing", async () => {
    const recording = await Recording.start();
    const component = new CertificateAuthority("authority", { bundlePem, passphrase });
    await recording.finish();
    assert.deepEqual(
      recording.all.map(({ name, type }) => [name, type]),
      [["authority", "cert-manager-vault:index:CertificateAuthority"]],
    );
    const expected = {
      rootCertificatePem: root.certificatePem,
      signingCertificatePem: intermediate.certificatePem,
      chainPem: intermediate.certificatePem + root.certificatePem,
      signingKeyPem: intermediate.keyPem,
      importBundlePem: intermediate.certificatePem + intermediate.keyPem + root.certificatePem,
    };
    await assertOutputs(recording, component, "authority", expected, ["signingKeyPem", "importBundlePem"]);
  });

  it("keeps bundle and passphrase secret, and certificates public, however they are given", async () => {
    for (const secrecy of ["secret", "clear"]) {
      const give = (text: string) => (secrecy === "secret" ? pulumi.secret(text) : text);
      const recording = await Recording.start();
      new CertificateAuthority("authority", { bundlePem: give(bundlePem), passphrase: give(passphrase) });
      const { inputs, outputs } = (await recording.finish()).get("authority");
      assert.ok(isSecret(inputs.bundlePem) && isSecret(inputs.passphrase), `given in ${secrecy}`);
      assert.equal(value(inputs.bundlePem), bundlePem);
      assert.ok(!isSecret(outputs?.chainPem), `given in ${secrecy}`);
      assert.ok(![...textsInClear(inputs), ...textsInClear(outputs)].some((text) => /KEY|horse/.test(text)));
    }
  });

  it("holds back what Vault imports until Vault can sign with it, but not in a preview", async () => {
    const bundleOfAge = (seconds: number) => {
      const notBefore = new Date(Math.floor(Date.now() / 1000 - seconds) * 1000);
      const young = makeAuthority({ name: "Young", issuer: root, notBefore });
      const bundle = young.certificatePem + young.keyPem + root.certificatePem;
      return { args: { bundlePem: bundle }, oldEnough: notBefore.getTime() + 31_000 };
    };

    await Recording.start(true);
    const shown = bundleOfAge(0);
    await resolved(new CertificateAuthority("preview", shown.args).importBundlePem);
    assert.ok(Date.now() < shown.oldEnough, "a preview waits for nothing");

    await Recording.start();
    const made = bundleOfAge(29);
    await resolved(new CertificateAuthority("authority", made.args).importBundlePem);
    assert.ok(Date.now() >= made.oldEnough);
  });

  it("refuses a bundle with every reason at once, none of them a secret", async () => {
    const blocked = makeAuthority({
      name: "Blocked",
      issuer: root,
      basicConstraints: "critical,CA:true,pathlen:0",
    });
    const bad = blocked.certificatePem + encryptedKey(intermediate, passphrase);
    const rejections = await unhandledRejections(async () => {
      const recording = await Recording.start();
      new CertificateAuthority("authority", { bundlePem: bad, passphrase: "wrong horse" });
      await recording.finish();
    });
    const fault = rejections.find((rejection) => pulumi.ResourceError.isInstance(rejection));
    assert.ok(fault, `a ResourceError among ${rejections.map(String).join("; ")}`);
    assert.match(fault.message, /pathlen:0/);
    assert.match(fault.message, /no root certificate/);
    assert.match(fault.message, /passphrase/);
    assert.ok(!/PRIVATE KEY|horse/.test(fault.message));
  });
});
