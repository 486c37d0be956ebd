import assert from "node:assert/strict";
import { TlsHandshake } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { Recording } from "../../support/mocks";

describe("TlsHandshake", () => {
  let recording: Recording;
  let component: TlsHandshake;
  const args = { address: "192.168.1.241", serverName: "podinfo.wsp.local", trustedRootPem: "root\n" };

  before(async () => {
    recording = await Recording.start();
    component = new TlsHandshake("proof", args);
    await recording.finish();
  });

  it("is one handshake", () => {
    assert.equal(recording.get("proof").type, "cert-manager-vault:index:TlsHandshake");
    assertChildren(recording, "proof", {
      "proof-handshake": "pulumi-nodejs:dynamic/cert-manager-vault:Handshake",
    });
  });

  it("is made at port 443 for five minutes at most, trusting only the root", () => {
    const { inputs } = recording.get("proof-handshake");
    assert.equal(inputs.address, args.address);
    assert.equal(inputs.port, 443);
    assert.equal(inputs.serverName, args.serverName);
    assert.equal(inputs.trustedRootPem, args.trustedRootPem);
    assert.equal(inputs.timeoutSeconds, 300);
    assert.match(inputs.lookAt, /Ingress.*Certificate/);
  });

  it("gives what was served", async () => {
    await assertOutputs(recording, component, "proof", {
      notBefore: "2026-01-01T00:00:00.000Z",
      notAfter: "2026-01-02T00:00:00.000Z",
      chainSubjects: ["CN=podinfo.wsp.local", "CN=Issuing", "CN=Intermediate", "CN=Root"],
    });
  });

  it("takes another port, time and place to look at", async () => {
    const other = await Recording.start();
    new TlsHandshake("other", {
      ...args,
      port: 8443,
      path: "/",
      timeoutSeconds: 5,
      lookAt: "kubectl get ingress",
    });
    const { inputs } = (await other.finish()).get("other-handshake");
    assert.equal(inputs.port, 8443);
    assert.equal(inputs.path, "/");
    assert.equal(inputs.timeoutSeconds, 5);
    assert.equal(inputs.lookAt, "kubectl get ingress");
  });
});
