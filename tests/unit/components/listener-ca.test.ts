import assert from "node:assert/strict";
import { ListenerCa } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, Recording } from "../../support/mocks";
import { certificateOf } from "../../support/provider-answers";

describe("ListenerCa", () => {
  it("is a key and a CA certificate of 20 years, the key a secret", async () => {
    const recording = await Recording.start();
    const component = new ListenerCa("listener-ca", {});
    await recording.finish();
    assertChildren(recording, "listener-ca", {
      "listener-ca-key": "tls:index/privateKey:PrivateKey",
      "listener-ca-certificate": "tls:index/selfSignedCert:SelfSignedCert",
    });
    const { inputs } = recording.get("listener-ca-certificate");
    assert.equal(inputs.isCaCertificate, true);
    assert.equal(inputs.validityPeriodHours, 175_200);
    assert.ok(isSecret(inputs.privateKeyPem));
    const expected = {
      certificatePem: certificateOf("Vault listener CA"),
      privateKeyPem: "listener key\n",
    };
    await assertOutputs(recording, component, "listener-ca", expected, ["privateKeyPem"]);
  });
});
