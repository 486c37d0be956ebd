import {
  certificatesNotReady,
  removeCertificates,
  requestCertificate,
  signAllTheTime,
} from "../support/issuance-stream";
import { eventually, inLab } from "../support/lab";
import { allNodesAreReady, raftStack, vaultPods } from "../support/raft-stack";
import { StackRun } from "../support/stack";

const runs = 5;
const signPath = "pki_int/sign/home-lab-dot-local";

const faults: Record<string, (leader: string) => Promise<unknown>> = {
  "the active node's process killed": (leader) =>
    inLab([
      ...["kubectl", "-n", "vault", "exec", leader, "-c", "unsealer", "--"],
      ...["sh", "-c", "kill -9 $(pidof vault)"],
    ]),
  "the active node's pod removed at once": (leader) =>
    inLab(["kubectl", "-n", "vault", "delete", "pod", leader, "--grace-period=0", "--force"]),
  "the active node's pod deleted": (leader) =>
    inLab(["kubectl", "-n", "vault", "delete", "pod", leader, "--wait=false"]),
};

describe(`the loss of Vault's active node under a stream of issuances, ${runs} times each`, () => {
  const table: Record<string, Record<string, string>> = {};
  let run: StackRun;

  before(async function () {
    this.timeout(900_000);
    run = await raftStack();
  });

  after(async function () {
    this.timeout(900_000);
    console.table(table);
    await run.destroy();
    run.forget();
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
  });

  for (const [fault, inject] of Object.entries(faults)) {
    it(fault, async function () {
      this.timeout(runs * 400_000);
      const gaps: number[] = [];
      const complete: number[] = [];
      for (let made = 0; made < runs; made += 1) {
        const [leader] = await vaultPods("active");
        let started = 0;
        const answers = await signAllTheTime(signPath, async () => {
          for (let second = 0; second < 20; second += 1) {
            await requestCertificate(`stream-${made}-${second}`);
            if (second === 5) {
              started = Date.now();
              await inject(leader!);
            }
            await new Promise((resolve) => setTimeout(resolve, 1000));
          }
          await eventually("every requested Certificate is Ready", 180, async () => {
            const waiting = await certificatesNotReady();
            return waiting.length === 0;
          });
          await eventually("three nodes of Vault are unsealed", 180, allNodesAreReady);
        });
        gaps.push(answers.gapSeconds);
        complete.push(Math.round((Date.now() - started) / 1000));
        await removeCertificates();
      }
      table[fault] = {
        "no signature": `${Math.min(...gaps)} to ${Math.max(...gaps)} s`,
        "three nodes again": `${Math.min(...complete)} to ${Math.max(...complete)} s`,
      };
    });
  }
});
