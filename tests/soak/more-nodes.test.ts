import assert from "node:assert/strict";
import { generateRootToken } from "../support/break-glass";
import { certificatesNotReady, removeCertificates, requestCertificate } from "../support/issuance-stream";
import { eventually, forgetStackOutputs, inLab, stackOutputs, tryInLab } from "../support/lab";
import { allNodesAreReady, members, raftSettings, raftStack, vaultPods } from "../support/raft-stack";
import { StackRun } from "../support/stack";

const inVault = ["kubectl", "-n", "vault"];

async function issues(name: string): Promise<void> {
  await requestCertificate(name);
  await eventually("a certificate is issued", 120, async () => (await certificatesNotReady()).length === 0);
  await removeCertificates();
}

async function votes(): Promise<number> {
  return (await members()).filter(([, votes]) => votes).length;
}

async function lastSnapshot(): Promise<string> {
  const { stdout, stderr } = await tryInLab(["npm", "run", "-s", "restore"]);
  return (stdout + stderr).match(/vault-\d{8}T\d{6}Z\.snap/g)?.at(-1) ?? assert.fail("there is no snapshot");
}

describe("a Vault of three nodes", function () {
  this.timeout(900_000);
  const runs: StackRun[] = [];

  async function runWith(settings: Record<string, unknown>): Promise<StackRun> {
    const run = await StackRun.with({ ...raftSettings, ...settings });
    runs.push(run);
    return run;
  }

  before(async () => {
    runs.push(await raftStack());
  });

  after(async () => {
    await runs.at(-1)!.destroy();
    runs.forEach((run) => run.forget());
    forgetStackOutputs();
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
  });

  it("grows to five by a run with vaultReplicas 5", async () => {
    const run = await runWith({ vaultReplicas: 5 });
    await run.up();
    await eventually("five nodes with a vote", 180, async () => (await votes()) === 5);
    assert.equal((await vaultPods("standby")).length, 4);
    await issues("of-five");
    await run.up("--expect-no-changes");
  });

  it("shrinks to three by the documented commands, and is refused before", async () => {
    const run = await runWith({});
    const refused = await run.attempt("preview", "--non-interactive");
    assert.notEqual(refused.status, 0);
    assert.match(refused.stdout + refused.stderr, /vaultReplicas: the Vault in namespace vault has 5 nodes/);
    const { rootToken } = await stackOutputs();
    // Through a node that stays: Vault's address leads to any of them, and one that has left passes nothing on.
    const remove = 'read -r VAULT_TOKEN; export VAULT_TOKEN; vault operator raft remove-peer "$0"';
    for (const node of ["vault-4", "vault-3"]) {
      const inside = [...inVault, "exec", "-i", "vault-0", "-c", "vault", "--", "sh", "-c", remove, node];
      await inLab(inside, { input: `${rootToken}\n` });
    }
    await inLab([...inVault, "scale", "statefulset", "vault", "--replicas=3"]);
    const claims = ["data-vault-3", "data-vault-4", "audit-vault-3", "audit-vault-4"];
    await inLab([...inVault, "delete", "pvc", ...claims]);
    await run.up();
    // Those that stay are restarted one after the other, with a configuration that names three; the run has waited.
    await inLab([...inVault, "rollout", "status", "statefulset", "vault", "--timeout=1s"]);
    await eventually("three nodes with a vote", 120, async () => (await votes()) === 3);
    await eventually("three nodes of Vault are unsealed", 120, allNodesAreReady);
    await issues("of-three");
  });

  it("takes snapshots, and goes back to one, with the root token revoked", async () => {
    const run = await runWith({ vaultRootToken: "revoke" });
    await run.up();
    forgetStackOutputs();
    await inLab([...inVault, "create", "job", "by-hand", "--from=cronjob/vault-snapshots"]);
    await inLab([...inVault, "wait", "--for=condition=Complete", "--timeout=150s", "job/by-hand"]);
    const snapshot = await lastSnapshot();
    const refused = await tryInLab(["npm", "run", "-s", "restore", "--", snapshot]);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, /takes a root token.*VAULT_TOKEN/);
    const env = { VAULT_TOKEN: await generateRootToken((await stackOutputs()).unsealKeys) };
    const restored = await tryInLab(["npm", "run", "-s", "restore", "--", snapshot], { env });
    assert.equal(restored.status, 0, restored.stderr);
    await eventually("three nodes of Vault are unsealed", 120, allNodesAreReady);
    await issues("after-restore");
    await run.up("--expect-no-changes");
  });
});
