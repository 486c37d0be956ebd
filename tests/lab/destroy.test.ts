import assert from "node:assert/strict";
import { forgetStackOutputs, inLab, kubectl, stackOutputs, tryInLab } from "../support/lab";

describe("destroy", function () {
  this.timeout(900_000);

  before(async () => {
    await inLab(["pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive"]);
  });

  it("leaves no resource in the state", async () => {
    const state = JSON.parse(await inLab(["pulumi", "stack", "export"]));
    const left = (state.deployment.resources ?? []).filter(
      (resource: any) => resource.type !== "pulumi:pulumi:Stack",
    );
    assert.deepEqual(left, []);
  });

  it("leaves no namespace, volume, CRD, webhook or cluster-wide right in the cluster", async () => {
    const kinds = [
      "namespaces",
      "persistentvolumes",
      "customresourcedefinitions",
      "validatingwebhookconfigurations",
      "mutatingwebhookconfigurations",
      "clusterroles",
      "clusterrolebindings",
    ];
    for (const kind of kinds) {
      const objects = await kubectl("get", kind);
      const left = objects.items
        .map((item: any) => item.metadata.name)
        .filter((name: string) => /vault|cert-manager|podinfo/.test(name));
      assert.deepEqual(left, [], kind);
    }
  });

  it("is followed by an up that ends with the page again", async () => {
    forgetStackOutputs();
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
    const { rootCaPem } = await stackOutputs();
    const script =
      'printf "%s" "$ROOT" | curl -fsS --cacert /dev/stdin --capath /dev/null https://podinfo.wsp.local';
    const page = JSON.parse(await inLab(["sh", "-c", script], { env: { ROOT: rootCaPem } }));
    assert.match(page.message, /podinfo/);
  });

  it("keeps no recovery file once the keys are in the state", async () => {
    const script =
      'find "${XDG_STATE_HOME:-$HOME/.local/state}/cert-manager-vault" -name "*.json" 2>/dev/null';
    const { stdout } = await tryInLab(["sh", "-c", script]);
    assert.equal(stdout, "");
  });
});
