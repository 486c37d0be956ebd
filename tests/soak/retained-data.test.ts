import assert from "node:assert/strict";
import { assertNothingIsLeft, resourcesInState } from "../support/clean-cluster";
import { forgetStackOutputs, inLab, kubectl, stackOutputs } from "../support/lab";
import { fetchPage } from "../support/page";
import { StackRun } from "../support/stack";

describe("with vaultRetainData, destroy", function () {
  this.timeout(900_000);

  after(forgetStackOutputs);

  it("takes Vault away and keeps its volumes, in their namespace", async () => {
    const run = await StackRun.with({ vaultRetainData: true });
    await run.up();
    const claims = async () => {
      const { items } = await kubectl("-n", "vault", "get", "pvc");
      return items.map(({ metadata, spec }: any) => [metadata.name, metadata.uid, spec.volumeName]);
    };
    const before = await claims();
    await run.destroy();
    run.forget();
    assert.deepEqual(await resourcesInState(), []);
    assert.deepEqual(await claims(), before);
    assert.deepEqual(before.map(([name]: string[]) => name).sort(), ["audit-vault-0", "data-vault-0"]);
    assert.deepEqual((await kubectl("-n", "vault", "get", "pods,statefulsets,services")).items, []);
  });

  it("is followed by an up that begins anew once the namespace is deleted", async () => {
    await inLab(["kubectl", "delete", "namespace", "vault"]);
    await assertNothingIsLeft();
    forgetStackOutputs();
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
    const { rootCaPem } = await stackOutputs();
    assert.match((await fetchPage(rootCaPem)).message, /podinfo/);
  });
});
