import assert from "node:assert/strict";
import { TrustManager } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { Recording, value } from "../../support/mocks";

describe("TrustManager", () => {
  let recording: Recording;
  let component: TrustManager;

  before(async () => {
    recording = await Recording.start();
    component = new TrustManager("trust-manager", { namespace: "cert-manager" });
    await recording.finish();
  });

  it("is a release and the wait for its webhook", () => {
    assert.equal(recording.get("trust-manager").type, "cert-manager-vault:index:TrustManager");
    assertChildren(recording, "trust-manager", {
      "trust-manager-release": "kubernetes:helm.sh/v3:Release",
      "trust-manager-admission": "pulumi-nodejs:dynamic/cert-manager-vault:Admission",
    });
  });

  it("is jetstack's chart by OCI under a name that does not change, CRD included", () => {
    const { inputs } = recording.get("trust-manager-release");
    assert.equal(inputs.name, "trust-manager");
    assert.equal(inputs.namespace, "cert-manager");
    assert.equal(inputs.chart, "oci://quay.io/jetstack/charts/trust-manager");
    assert.equal(inputs.version, "v0.24.0");
    assert.equal(inputs.repositoryOpts, undefined);
    assert.deepEqual(inputs.values.crds, { enabled: true, keep: false });
  });

  it("takes no public CAs, writes no Secrets, and reads none but in its own namespace", () => {
    const { values } = recording.get("trust-manager-release").inputs;
    assert.equal(values.defaultPackage.enabled, false);
    assert.equal(values.secretTargets.enabled, false);
    assert.equal(values.app.trust.namespace, "cert-manager");
  });

  it("is awaited until its webhook answers, again for another release", async () => {
    const { inputs } = recording.get("trust-manager-release");
    assert.ok(!inputs.skipAwait && inputs.timeout >= 300);
    const admission = recording.get("trust-manager-admission");
    assert.equal(value(admission.inputs.release), "trust-manager v0.24.0");
    assert.ok(admission.dependsOn.includes("trust-manager-release"));
    await assertOutputs(recording, component, "trust-manager", { namespace: "cert-manager" });
    assert.ok((await recording.dependencies(component.namespace)).includes("trust-manager-admission"));
  });

  it("takes another chart and version, and keeps the CRD when told to", async () => {
    const other = await Recording.start();
    new TrustManager("other", {
      namespace: "certificates",
      chart: "trust-manager",
      chartRepository: "https://charts.example.org",
      chartVersion: "v0.23.0",
      keepCrds: true,
    });
    await other.finish();
    const { inputs } = other.get("other-release");
    assert.equal(inputs.namespace, "certificates");
    assert.equal(inputs.values.app.trust.namespace, "certificates");
    assert.equal(inputs.chart, "trust-manager");
    assert.equal(inputs.repositoryOpts.repo, "https://charts.example.org");
    assert.equal(inputs.version, "v0.23.0");
    assert.equal(inputs.values.crds.keep, true);
    assert.equal(value(other.get("other-admission").inputs.release), "trust-manager v0.23.0");
  });

  it("leaves no key in a namespace that stays, when told to: its Secret goes after the release", async () => {
    const other = await Recording.start();
    new TrustManager("other", { namespace: "certificates", deleteTlsSecret: true });
    await other.finish();
    const { type, inputs } = other.get("other-tls-secret");
    assert.equal(type, "pulumi-nodejs:dynamic/cert-manager-vault:CertificateSecret");
    assert.deepEqual(
      [inputs.namespace, inputs.name, inputs.certificate],
      ["certificates", "trust-manager-tls", "trust-manager"],
    );
    assert.ok(other.get("other-release").dependsOn.includes("other-tls-secret"));
  });
});
