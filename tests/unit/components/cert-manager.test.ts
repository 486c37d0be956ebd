import assert from "node:assert/strict";
import { CertManager } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { Recording } from "../../support/mocks";

describe("CertManager", () => {
  let recording: Recording;
  let component: CertManager;

  before(async () => {
    recording = await Recording.start();
    component = new CertManager("cert-manager");
    await recording.finish();
  });

  it("is a namespace and a release", () => {
    assert.equal(recording.get("cert-manager").type, "cert-manager-vault:index:CertManager");
    assertChildren(recording, "cert-manager", {
      "cert-manager-namespace": "kubernetes:core/v1:Namespace",
      "cert-manager-release": "kubernetes:helm.sh/v3:Release",
    });
    assert.equal(recording.get("cert-manager-namespace").inputs.metadata.name, "cert-manager");
  });

  it("is jetstack's chart by OCI under a name that does not change, CRDs included", () => {
    const { inputs } = recording.get("cert-manager-release");
    assert.equal(inputs.name, "cert-manager");
    assert.equal(inputs.namespace, "cert-manager");
    assert.equal(inputs.chart, "oci://quay.io/jetstack/charts/cert-manager");
    assert.equal(inputs.version, "v1.21.1");
    assert.equal(inputs.repositoryOpts, undefined);
    assert.equal(inputs.values.crds.enabled, true);
    assert.equal(inputs.values.crds.keep, false);
  });

  it("is awaited, with the chart's check of the webhook", () => {
    const { inputs } = recording.get("cert-manager-release");
    assert.ok(!inputs.skipAwait && inputs.timeout >= 300);
    assert.notEqual(inputs.values.startupapicheck?.enabled, false);
  });

  it("gives its namespace and ServiceAccount only when it is ready", async () => {
    await assertOutputs(recording, component, "cert-manager", {
      namespace: "cert-manager",
      serviceAccountName: "cert-manager",
    });
    for (const output of [component.namespace, component.serviceAccountName]) {
      assert.ok((await recording.dependencies(output)).includes("cert-manager-release"));
    }
  });

  it("takes another place, chart and version, and keeps CRDs when told to", async () => {
    const other = await Recording.start();
    new CertManager("other", {
      namespace: "certificates",
      chart: "cert-manager",
      chartRepository: "https://charts.example.org",
      chartVersion: "v1.20.0",
      keepCrds: true,
    });
    await other.finish();
    assert.equal(other.get("other-namespace").inputs.metadata.name, "certificates");
    const { inputs } = other.get("other-release");
    assert.equal(inputs.namespace, "certificates");
    assert.equal(inputs.chart, "cert-manager");
    assert.equal(inputs.repositoryOpts.repo, "https://charts.example.org");
    assert.equal(inputs.version, "v1.20.0");
    assert.equal(inputs.values.crds.keep, true);
  });

  it("approves requests itself, by the chart's default, until it is told not to", async () => {
    assert.ok(!("disableAutoApproval" in recording.get("cert-manager-release").inputs.values));
    const other = await Recording.start();
    new CertManager("other", { autoApproval: false });
    await other.finish();
    assert.equal(other.get("other-release").inputs.values.disableAutoApproval, true);
  });
});
