import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { RootAuthority } from "../../../components";
import { assertOutputs } from "../../support/component-checks";
import { isSecret, Recording, textsInClear, unhandledRejections, value } from "../../support/mocks";
import { encryptedKey, makeAuthority, type Authority } from "../../support/openssl-ca";

describe("RootAuthority", () => {
  let root: Authority;
  const passphrase = "correct horse";

  before(() => {
    root = makeAuthority({ name: "Root" });
  });

  it("gives the root and what Vault imports, the key decrypted, and makes nothing", async () => {
    const recording = await Recording.start();
    const bundlePem = root.certificatePem + encryptedKey(root, passphrase);
    const component = new RootAuthority("authority", { bundlePem, passphrase });
    await recording.finish();
    assert.deepEqual(
      recording.all.map(({ name, type }) => [name, type]),
      [["authority", "cert-manager-vault:index:RootAuthority"]],
    );
    const expected = {
      rootCertificatePem: root.certificatePem,
      importBundlePem: root.certificatePem + root.keyPem,
    };
    await assertOutputs(recording, component, "authority", expected, ["importBundlePem"]);
  });

  it("records the same inputs with the key and without, so that taking it out is no change", async () => {
    const inputs = [];
    for (const bundlePem of [root.certificatePem + root.keyPem, root.certificatePem]) {
      const recording = await Recording.start();
      const component = new RootAuthority("authority", { bundlePem });
      const recorded = (await recording.finish()).get("authority");
      assert.ok(isSecret(recorded.inputs.bundlePem));
      assert.ok(
        ![...textsInClear(recorded.inputs), ...textsInClear(recorded.outputs)].some((text) =>
          /KEY/.test(text),
        ),
      );
      await assertOutputs(recording, component, "authority", { importBundlePem: bundlePem }, [
        "importBundlePem",
      ]);
      inputs.push(value(recorded.inputs));
    }
    assert.deepEqual(inputs[0], inputs[1]);
  });

  it("refuses what is no root, with every reason and no secret", async () => {
    const other = makeAuthority({ name: "Intermediate", issuer: root });
    const rejections = await unhandledRejections(async () => {
      const recording = await Recording.start();
      new RootAuthority("authority", {
        bundlePem: other.certificatePem + encryptedKey(other, passphrase),
        passphrase: "wrong horse",
      });
      await recording.finish();
    });
    const fault = rejections.find((rejection) => pulumi.RunError.isInstance(rejection));
    assert.ok(fault, `a RunError among ${rejections.map(String).join("; ")}`);
    assert.match(fault.message, /no root certificate[^]*passphrase does not open/);
    assert.ok(!/PRIVATE KEY-|horse/.test(fault.message));
  });
});
