import assert from "node:assert/strict";
import { inLab, kubectl, tryInLab } from "../support/lab";

const unattended = ["--yes", "--skip-preview", "--non-interactive"];

describe("what Helm has made and somebody has deleted", function () {
  this.timeout(600_000);

  it("is put back by helm rollback to the present revision, of which pulumi up --refresh takes note", async () => {
    const service = ["-n", "cert-manager", "service", "cert-manager-webhook"];
    await inLab(["kubectl", "delete", ...service]);
    const releases = JSON.parse(await inLab(["helm", "-n", "cert-manager", "list", "-o", "json"]));
    await inLab(["helm", "-n", "cert-manager", "rollback", "cert-manager", releases[0].revision]);
    assert.equal((await tryInLab(["kubectl", "get", ...service])).status, 0);
    await inLab(["pulumi", "up", "--refresh", ...unattended]);
    await inLab(["pulumi", "preview", "--refresh", "--non-interactive", "--expect-no-changes"]);
    const { status } = await kubectl("-n", "cert-manager", "get", "deployment", "cert-manager-webhook");
    assert.equal(status.readyReplicas, 1);
  });
});
