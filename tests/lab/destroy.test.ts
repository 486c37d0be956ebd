import assert from "node:assert/strict";
import { assertNothingIsLeft } from "../support/clean-cluster";
import { interruptedUp } from "../support/interrupted-run";
import { forgetStackOutputs, inLab, stackOutputs, tryInLab } from "../support/lab";
import { fetchPage } from "../support/page";
import { StackRun } from "../support/stack";

const unattended = ["--yes", "--skip-preview", "--non-interactive"];

describe("destroy", function () {
  this.timeout(900_000);

  after(forgetStackOutputs);

  it("leaves nothing, although neither Vault nor a webhook runs", async () => {
    const run = await StackRun.with({ approverPolicy: true });
    try {
      await run.up();
      await inLab(["kubectl", "-n", "vault", "scale", "statefulset", "vault", "--replicas=0"]);
      const webhooks = ["cert-manager-webhook", "cert-manager-approver-policy", "trust-manager"];
      await inLab(["kubectl", "-n", "cert-manager", "scale", "deployment", ...webhooks, "--replicas=0"]);
      await run.destroy();
    } finally {
      run.forget();
    }
    await assertNothingIsLeft();
  });

  it("leaves nothing of an up that was interrupted half-way", async () => {
    const printed = await interruptedUp(25, "interrupt");
    assert.match(printed, /created/, "something was there to destroy");
    await inLab(["pulumi", "destroy", ...unattended]);
    await assertNothingIsLeft();
  });

  it("is followed by an up that ends with the page again, also when that up is killed and run again", async () => {
    await interruptedUp(20, "kill");
    forgetStackOutputs();
    await inLab(["pulumi", "up", ...unattended]);
    const { rootCaPem } = await stackOutputs();
    assert.match((await fetchPage(rootCaPem)).message, /podinfo/);
    await inLab(["pulumi", "preview", "--refresh", "--non-interactive", "--expect-no-changes"]);
  });

  it("keeps no recovery file once the keys are in the state", async () => {
    const script =
      'find "${XDG_STATE_HOME:-$HOME/.local/state}/cert-manager-vault" -name "*.json" 2>/dev/null';
    const { stdout } = await tryInLab(["sh", "-c", script]);
    assert.equal(stdout, "");
  });
});
