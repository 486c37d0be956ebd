import assert from "node:assert/strict";
import {
  certificatesNotReady,
  removeCertificates,
  requestCertificate,
  signAllTheTime,
} from "../support/issuance-stream";
import { eventually, inLab, kubectl } from "../support/lab";
import { allNodesAreReady, members, raftSettings, raftStack, vaultPods } from "../support/raft-stack";
import { StackRun } from "../support/stack";

const signPath = "pki_int/sign/home-lab-dot-local";

describe("a Vault with file storage", function () {
  this.timeout(300_000);

  it("is not turned into one of three nodes: the run is refused with what would be lost", async () => {
    const run = await StackRun.with({ vaultReplicas: 3, vaultAntiAffinity: false });
    try {
      const { status, stdout, stderr } = await run.attempt("preview", "--non-interactive");
      assert.notEqual(status, 0);
      assert.match(stdout + stderr, /vaultReplicas: the Vault in namespace vault has file storage/);
      assert.match(stdout + stderr, /nothing was created/);
    } finally {
      run.forget();
    }
  });
});

describe("a Vault of three nodes", function () {
  this.timeout(900_000);
  let run: StackRun;

  before(async () => {
    run = await raftStack();
  });

  after(() => {
    run.forget();
  });

  it("has one that is active and two that stand by, all of them with a vote and volumes of their own", async () => {
    assert.equal((await vaultPods("active")).length, 1);
    assert.equal((await vaultPods("standby")).length, 2);
    assert.deepEqual(
      (await members()).map(([name]) => name),
      ["vault-0", "vault-1", "vault-2"],
    );
    // Vault lets a new one vote when it has been well for ten seconds.
    await eventually("all three have a vote", 60, async () => (await members()).every(([, votes]) => votes));
    const claims = await kubectl("-n", "vault", "get", "pvc", "-l", "component=server");
    assert.deepEqual(
      claims.items.map((claim: any) => claim.metadata.name).sort(),
      ["audit", "data"].flatMap((kind) => [0, 1, 2].map((ordinal) => `${kind}-vault-${ordinal}`)),
    );
  });

  it("may lose no more than one of them to maintenance", async () => {
    const budget = await kubectl("-n", "vault", "get", "poddisruptionbudget", "vault");
    assert.equal(budget.spec.maxUnavailable, 1);
    assert.equal(budget.status.currentHealthy, 3);
  });

  it("gives cert-manager the active one", async () => {
    const issuer = await kubectl("get", "clusterissuer", "vault-issuer");
    assert.equal(issuer.spec.vault.server, "https://vault-active.vault:8200");
  });

  it("loses no certificate when the active one is killed, and signs again before long", async () => {
    const [leader] = await vaultPods("active");
    let requested = 0;
    const answers = await signAllTheTime(signPath, async () => {
      const issue = async (count: number) => {
        for (let made = 0; made < count; made += 1) {
          await requestCertificate(`stream-${requested++}`);
          await new Promise((resolve) => setTimeout(resolve, 1000));
        }
      };
      await issue(5);
      const kill = "kill -9 $(pidof vault)";
      await inLab(["kubectl", "-n", "vault", "exec", leader!, "-c", "unsealer", "--", "sh", "-c", kill]);
      await issue(15);
      await eventually("every requested Certificate is Ready", 120, async () => {
        const waiting = await certificatesNotReady();
        return waiting.length === 0;
      });
    });
    console.log(
      `      ${answers.signed} of ${answers.asked} direct requests signed, longest gap ${answers.gapSeconds} s, ` +
        `${requested} of ${requested} Certificates Ready`,
    );
    assert.ok(answers.gapSeconds > 0 && answers.gapSeconds < 60, `${answers.gapSeconds} s`);
    assert.notDeepEqual(await vaultPods("active"), [leader], "another one has taken over");
    await removeCertificates();
  });

  it("has all three again by itself, and an issuer that is Ready", async () => {
    await eventually("three nodes of Vault are unsealed", 120, allNodesAreReady);
    assert.equal((await members()).length, 3);
    await inLab(["kubectl", "wait", "--for=condition=Ready", "--timeout=60s", "clusterissuer/vault-issuer"]);
    await run.up("--expect-no-changes");
  });

  it("are restarted by a run that changes them, which ends with the last of them, and one right after it changes nothing", async () => {
    const changed = await StackRun.with({ ...raftSettings, vaultAuditLogMaxSize: "512Mi" });
    try {
      for (const settings of [changed, run]) {
        const uids = await uidsOfPods();
        const output = await settings.up();
        const { status } = await kubectl("-n", "vault", "get", "statefulset", "vault");
        assert.equal(status.currentRevision, status.updateRevision);
        assert.equal(status.readyReplicas, 3);
        const now = await uidsOfPods();
        assert.equal(now.length, 3);
        assert.ok(
          now.every((uid) => !uids.includes(uid)),
          "all three are others",
        );
        assert.match(output, /Vault's pods are restarted one after the other: 0 of 3 are done/);
        await settings.up("--expect-no-changes");
      }
    } finally {
      changed.forget();
    }
  });
});

async function uidsOfPods(): Promise<string[]> {
  const { items } = await kubectl("-n", "vault", "get", "pods", "-l", "component=server");
  return items.map((pod: any) => pod.metadata.uid);
}
