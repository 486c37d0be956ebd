import assert from "node:assert/strict";
import { ApproverPolicy } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, Recording, value } from "../../support/mocks";

describe("ApproverPolicy", () => {
  let recording: Recording;
  let component: ApproverPolicy;

  before(async () => {
    recording = await Recording.start();
    component = new ApproverPolicy("approver", { namespace: "cert-manager" });
    await recording.finish();
  });

  it("is a release and the wait for its webhook", () => {
    assert.equal(recording.get("approver").type, "cert-manager-vault:index:ApproverPolicy");
    assertChildren(recording, "approver", {
      "approver-release": "kubernetes:helm.sh/v3:Release",
      "approver-admission": "pulumi-nodejs:dynamic/cert-manager-vault:Admission",
    });
  });

  it("is jetstack's chart by OCI under the chart's own name, CRD included", () => {
    const { inputs } = recording.get("approver-release");
    assert.equal(inputs.name, "cert-manager-approver-policy");
    assert.equal(inputs.namespace, "cert-manager");
    assert.equal(inputs.chart, "oci://quay.io/jetstack/charts/cert-manager-approver-policy");
    assert.equal(inputs.version, "v0.27.0");
    assert.equal(inputs.repositoryOpts, undefined);
    assert.deepEqual(inputs.values, { crds: { enabled: true, keep: false } });
  });

  it("is awaited until its webhook admits a policy, again for another release", async () => {
    const { inputs } = recording.get("approver-release");
    assert.ok(!inputs.skipAwait && inputs.timeout >= 300);
    const admission = recording.get("approver-admission");
    assert.equal(value(admission.inputs.release), "cert-manager-approver-policy v0.27.0");
    assert.equal(admission.inputs.webhook, inputs.name);
    assert.equal(admission.inputs.probe.kind, "CertificateRequestPolicy");
    assert.ok(isSecret(admission.inputs.kubeconfig));
    assert.ok(admission.dependsOn.includes("approver-release"));
    await assertOutputs(recording, component, "approver", { namespace: "cert-manager" });
    assert.ok((await recording.dependencies(component.namespace)).includes("approver-admission"));
  });

  it("takes another chart and version, and keeps the CRD when told to", async () => {
    const other = await Recording.start();
    new ApproverPolicy("other", {
      namespace: "certificates",
      chart: "approver",
      chartRepository: "https://charts.example.org",
      chartVersion: "v0.26.0",
      keepCrds: true,
    });
    await other.finish();
    const { inputs } = other.get("other-release");
    assert.equal(inputs.namespace, "certificates");
    assert.equal(inputs.chart, "approver");
    assert.equal(inputs.repositoryOpts.repo, "https://charts.example.org");
    assert.equal(inputs.version, "v0.26.0");
    assert.equal(inputs.values.crds.keep, true);
  });
});
