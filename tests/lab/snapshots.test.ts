import assert from "node:assert/strict";
import { certificatesNotReady, removeCertificates, requestCertificate } from "../support/issuance-stream";
import { eventually, inLab, kubectl, stackOutputs, tryInLab, vaultRead } from "../support/lab";
import { allNodesAreReady, members, raftStack } from "../support/raft-stack";
import { StackRun } from "../support/stack";

const inVault = ["kubectl", "-n", "vault"];

/** Runs the scheduled Job once, now; whether it succeeded, and what it wrote. */
async function runJob(name: string): Promise<{ succeeded: boolean; log: string }> {
  await inLab([...inVault, "create", "job", name, "--from=cronjob/vault-snapshots"]);
  let succeeded = false;
  await eventually(`the end of the Job ${name}`, 150, async () => {
    const { status } = await kubectl("-n", "vault", "get", "job", name);
    const ended = (status.conditions ?? []).filter((condition: any) => condition.status === "True");
    succeeded = ended.some((condition: any) => condition.type === "Complete");
    return succeeded || ended.some((condition: any) => condition.type === "Failed");
  });
  const log = await inLab([...inVault, "logs", "-l", `batch.kubernetes.io/job-name=${name}`, "--tail=-1"]);
  await inLab([...inVault, "delete", "job", name]);
  return { succeeded, log };
}

async function restore(...args: string[]): Promise<{ status: number; text: string }> {
  const { status, stdout, stderr } = await tryInLab(["npm", "run", "-s", "restore", "--", ...args]);
  return { status, text: stdout + stderr };
}

async function snapshots(): Promise<string[]> {
  const { status, text } = await restore();
  assert.equal(status, 2, text);
  return text.match(/vault-\d{8}T\d{6}Z\.snap/g) ?? [];
}

describe("snapshots of Vault", function () {
  this.timeout(900_000);
  let run: StackRun;

  before(async () => {
    run = await raftStack();
  });

  after(async () => {
    await run.destroy();
    run.forget();
  });

  it("begin with one that the first run has written and read back", async () => {
    assert.equal((await snapshots()).length, 1);
    const job = await kubectl("-n", "vault", "get", "job", "vault-snapshots-now");
    assert.equal(job.status.succeeded, 1);
  });

  it("are written by the scheduled Job, which keeps the wanted number", async () => {
    const [first] = await snapshots();
    for (const name of ["by-hand-1", "by-hand-2"]) {
      const { succeeded, log } = await runJob(name);
      assert.ok(succeeded, log);
      assert.match(log, /vault-\d{8}T\d{6}Z\.snap: \d{4,} bytes/);
      assert.doesNotMatch(log, /hvs\./);
    }
    const kept = await snapshots();
    assert.equal(kept.length, 2);
    assert.ok(!kept.includes(first!), "the oldest is gone");
  });

  it("are taken by an identity that may do nothing else", async () => {
    const { rootToken } = await stackOutputs();
    const script =
      'VAULT_TOKEN=$(vault token create -policy=snapshots -ttl=1m -field=token); export VAULT_TOKEN; vault token capabilities "$0"';
    const may = async (path: string) =>
      (await inLab(["sh", "-c", script, path], { env: { VAULT_TOKEN: rootToken } })).trim();
    assert.equal(await may("sys/storage/raft/snapshot"), "read");
    for (const path of ["sys/storage/raft/snapshot-force", "pki_int/sign/home-lab-dot-local", "sys/mounts"]) {
      assert.equal(await may(path), "deny", path);
    }
  });

  it("fail loudly when they cannot be taken", async () => {
    const { rootToken } = await stackOutputs();
    await inLab(["vault", "delete", "auth/kubernetes/role/snapshots"], { env: { VAULT_TOKEN: rootToken } });
    const { succeeded, log } = await runJob("without-role");
    assert.equal(succeeded, false);
    assert.match(log, /invalid role name/);
  });

  it("that are missing for two runs of the schedule are reported by a run, which puts it right and takes one", async () => {
    const status = { lastSuccessfulTime: "2020-01-01T03:00:10Z" };
    await inLab([
      ...[...inVault, "patch", "cronjob", "vault-snapshots", "--subresource=status", "--type=merge"],
      ...["-p", JSON.stringify({ status })],
    ]);
    const before = await snapshots();
    const text = await run.up("--refresh");
    assert.match(text, /the last snapshot by schedule is of 2020-01-01T03:00:10/);
    assert.notDeepEqual(await snapshots(), before);
  });

  it("bring everything back after all data was lost: the same CA, the same keys, a state that fits", async () => {
    const issuer = async () => (await vaultRead("read", "pki_int/issuer/default")).data.certificate;
    const before = await issuer();
    await loseAllData();

    const { status, text } = await restore((await snapshots()).at(-1)!);
    assert.equal(status, 0, text);
    assert.match(text, /the empty Vault has been given the snapshot/);
    const { rootToken, unsealKeys } = await stackOutputs();
    for (const secret of [rootToken, ...unsealKeys]) {
      assert.ok(!text.includes(secret));
    }

    assert.equal(await issuer(), before);
    assert.equal((await members()).length, 3);
    await requestCertificate("after-restore");
    await eventually("a certificate is issued again", 180, async () => {
      const waiting = await certificatesNotReady();
      return waiting.length === 0;
    });
    await removeCertificates();
    await run.up("--expect-no-changes");
  });
});

/** All data volumes of Vault go; the pods come back with new ones. */
async function loseAllData(): Promise<void> {
  await inLab([...inVault, "scale", "statefulset", "vault", "--replicas=0"]);
  await inLab([...inVault, "wait", "--for=delete", "--timeout=120s", "pod", "-l", "component=server"]);
  await inLab([...inVault, "delete", "pvc", "data-vault-0", "data-vault-1", "data-vault-2"]);
  await inLab([...inVault, "scale", "statefulset", "vault", "--replicas=3"]);
  await eventually("an empty Vault", 120, async () => {
    const status = await tryInLab([
      ...["kubectl", "-n", "vault", "exec", "vault-0", "-c", "vault", "--"],
      ...["vault", "status", "-format=json"],
    ]);
    return JSON.parse(status.stdout).initialized === false;
  });
  assert.equal(await allNodesAreReady(), false);
}
