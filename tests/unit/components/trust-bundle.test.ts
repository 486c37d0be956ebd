import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { TrustBundle } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { Recording } from "../../support/mocks";

describe("TrustBundle", () => {
  let recording: Recording;
  let component: TrustBundle;

  before(async () => {
    recording = await Recording.start();
    component = new TrustBundle("trust", {
      bundleName: "homelab-roots",
      rootsPem: [pulumi.output("root\n"), "former root\n"],
      namespaceLabels: ["trust=homelab", "example.org/tier="],
    });
    await recording.finish();
  });

  it("is a Bundle of every root, in its order, awaited until it is written", async () => {
    assert.equal(recording.get("trust").type, "cert-manager-vault:index:TrustBundle");
    assertChildren(recording, "trust", {
      "trust-bundle": "kubernetes:trust.cert-manager.io/v1alpha1:Bundle",
    });
    const { metadata, spec } = recording.get("trust-bundle").inputs;
    assert.equal(metadata.name, "homelab-roots");
    assert.equal(metadata.annotations["pulumi.com/waitFor"], "condition=Synced");
    assert.deepEqual(spec.sources, [{ inLine: "root\n" }, { inLine: "former root\n" }]);
    await assertOutputs(recording, component, "trust", { bundleName: "homelab-roots" });
    assert.ok((await recording.dependencies(component.bundleName)).includes("trust-bundle"));
  });

  it("writes a ConfigMap only, to namespaces that have all the labels", () => {
    assert.deepEqual(recording.get("trust-bundle").inputs.spec.target, {
      configMap: { key: "ca.crt" },
      namespaceSelector: { matchLabels: { trust: "homelab", "example.org/tier": "" } },
    });
  });

  it("goes although nobody is there to take a finalizer away", () => {
    const { annotations } = recording.get("trust-bundle").inputs.metadata;
    assert.equal(annotations["pulumi.com/deletionPropagationPolicy"], "background");
  });

  it("writes to every namespace without labels", async () => {
    const other = await Recording.start();
    new TrustBundle("other", { bundleName: "roots", rootsPem: ["root\n"] });
    await other.finish();
    const { target } = other.get("other-bundle").inputs.spec;
    assert.deepEqual(target.namespaceSelector, { matchLabels: {} });
  });
});
