import assert from "node:assert/strict";
import { VaultPortForward } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, project, Recording, stack, value } from "../../support/mocks";

describe("VaultPortForward", () => {
  it("is one resource, for a Vault of one node in its usual namespace", async () => {
    const recording = await Recording.start();
    const component = new VaultPortForward("forward", {});
    await recording.finish();
    assert.equal(recording.get("forward").type, "cert-manager-vault:index:VaultPortForward");
    assertChildren(recording, "forward", {
      "forward-open": "pulumi-nodejs:dynamic/cert-manager-vault:VaultForward",
    });
    const { namespace, replicas, owner } = recording.get("forward-open").inputs;
    assert.deepEqual([namespace, replicas], ["vault", 1]);
    assert.equal(owner, `${project}-${stack}-forward`, "two of them do not share a port");
    await assertOutputs(recording, component, "forward", {
      address: "https://127.0.0.1:20000",
      nodesAddress: "https://127.0.0.1:20001",
    });
  });

  it("takes the namespace, the nodes and the cluster that it is given, whose kubeconfig stays secret", async () => {
    const recording = await Recording.start();
    const cluster = { kubeconfig: "apiVersion: v1", kubernetesContext: "home" };
    new VaultPortForward("forward", { namespace: "secrets", replicas: 3, ...cluster });
    const { inputs, additionalSecretOutputs } = (await recording.finish()).get("forward-open");
    assert.deepEqual([inputs.namespace, inputs.replicas, inputs.context], ["secrets", 3, "home"]);
    assert.ok(isSecret(inputs.kubeconfig));
    assert.equal(value(inputs.kubeconfig), "apiVersion: v1");
    assert.ok(additionalSecretOutputs.includes("kubeconfig"));
    assert.ok(isSecret(recording.get("forward").inputs.kubeconfig));
  });
});
