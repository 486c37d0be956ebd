import assert from "node:assert/strict";
import { GeneratedCa } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, Recording, textsInClear, value } from "../../support/mocks";
import { certificateOf } from "../../support/provider-answers";

describe("GeneratedCa", () => {
  let recording: Recording;
  let component: GeneratedCa;

  before(async () => {
    recording = await Recording.start();
    component = new GeneratedCa("authority", {
      rootCommonName: "My Root",
      intermediateCommonName: "My Intermediate",
    });
    await recording.finish();
  });

  it("is a key and a certificate each for root and intermediate", () => {
    assert.equal(recording.get("authority").type, "cert-manager-vault:index:GeneratedCa");
    assertChildren(recording, "authority", {
      "authority-root-key": "tls:index/privateKey:PrivateKey",
      "authority-root": "tls:index/selfSignedCert:SelfSignedCert",
      "authority-intermediate-key": "tls:index/privateKey:PrivateKey",
      "authority-intermediate-request": "tls:index/certRequest:CertRequest",
      "authority-intermediate": "tls:index/locallySignedCert:LocallySignedCert",
    });
  });

  it("has a root for 20 years that bounds no path, and an intermediate that ends before it and allows Vault's CA", () => {
    const { inputs: root } = recording.get("authority-root");
    const { inputs: intermediate } = recording.get("authority-intermediate");
    for (const inputs of [root, intermediate]) {
      assert.equal(inputs.isCaCertificate, true);
      assert.deepEqual(inputs.allowedUses, ["cert_signing", "crl_signing"]);
    }
    assert.deepEqual([root.validityPeriodHours, root.maxPathLength], [175_200, undefined]);
    assert.deepEqual([intermediate.validityPeriodHours, intermediate.maxPathLength], [175_176, 1]);
    assert.deepEqual(root.subject, { commonName: "My Root" });
    assert.deepEqual(recording.get("authority-intermediate-request").inputs.subject, {
      commonName: "My Intermediate",
    });
    assert.equal(value(intermediate.caCertPem), certificateOf("My Root"));
  });

  it("tells nobody a key in clear", () => {
    for (const { name, inputs, outputs } of recording.all) {
      const clear = [...textsInClear(inputs), ...textsInClear(outputs)];
      assert.ok(!clear.some((text) => /(listener|generated) key/.test(text)), name);
    }
    assert.ok(isSecret(recording.get("authority-intermediate").inputs.caPrivateKeyPem));
  });

  it("gives what the owner's own CA gives", async () => {
    const expected = {
      rootCertificatePem: certificateOf("My Root"),
      signingCertificatePem: "listener certificate\n",
      chainPem: `listener certificate\n${certificateOf("My Root")}`,
      signingKeyPem: "generated key\n",
      importBundlePem: `listener certificate\ngenerated key\n${certificateOf("My Root")}`,
    };
    await assertOutputs(recording, component, "authority", expected, ["signingKeyPem", "importBundlePem"]);
  });

  it("lives as long as is wanted", async () => {
    const other = await Recording.start();
    new GeneratedCa("other", { rootCommonName: "R", intermediateCommonName: "I", maxTtl: "100d" });
    await other.finish();
    assert.equal(other.get("other-root").inputs.validityPeriodHours, 2400);
    assert.equal(other.get("other-intermediate").inputs.validityPeriodHours, 2376);
  });
});
