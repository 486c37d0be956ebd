import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import * as path from "node:path";
import { eventually, forgetStackOutputs, inLab, kubectl, stackOutputs, tryInLab } from "../support/lab";
import { fetchPage } from "../support/page";
import { StackRun } from "../support/stack";

const unchanged = ["--expect-no-changes"];
const quiet = ["--yes", "--skip-preview", "--non-interactive", "--color=never"];

/** Without any address of Vault, in place of what is there. */
describe("a stack without a LoadBalancer's address for Vault", function () {
  this.timeout(900_000);
  let run: StackRun;

  before(async () => {
    run = await StackRun.with({ vaultLoadBalancerIp: "" });
    await inLab(["pulumi", "destroy", ...quiet]);
    forgetStackOutputs();
  });

  after(async () => {
    await run.destroy();
    run.forget();
    forgetStackOutputs();
    // What comes after begins with the lab's own stack.
    await inLab(["pulumi", "up", ...quiet]);
  });

  /** What listens on the loopback interface at the port of the stack's address. */
  async function isOpen(): Promise<boolean> {
    const { port } = new URL((await stackOutputs()).vaultAddress);
    const { status } = await tryInLab(["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port}`]);
    return status === 0;
  }

  it("comes up to the page, by a port-forward that ends with the run", async () => {
    await run.up();
    const { rootCaPem, vaultAddress } = await stackOutputs();
    assert.match(vaultAddress, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.match((await fetchPage(rootCaPem)).message, /podinfo/);
    const service = await kubectl("-n", "vault", "get", "service", "vault-ui");
    assert.equal(service.spec.type, "ClusterIP");
    await eventually("the port-forward to be closed", 20, async () => !(await isOpen()));
  });

  it("is not changed by a second up", async () => {
    assert.match(await run.up(...unchanged), /\d+ unchanged/);
  });

  it("is looked through by a preview and a refresh that run no program", async () => {
    await run.pulumi("preview", "--refresh", "--non-interactive", ...unchanged);
    await run.pulumi("refresh", ...quiet, ...unchanged);
  });

  it("is put right by an up that refreshes first", async () => {
    const { rootToken, vaultCaPem } = await stackOutputs();
    const inPod = ["kubectl", "-n", "vault", "exec", "vault-0", "-c", "vault", "-i", "--"];
    const script = "read -r VAULT_TOKEN; export VAULT_TOKEN; vault delete pki_int/roles/home-lab-dot-local";
    await inLab([...inPod, "sh", "-c", script], { input: `${rootToken}\n` });
    assert.ok(vaultCaPem);
    assert.match(await run.up("--refresh"), /issuing-ca-role/);
    await run.pulumi("preview", "--refresh", "--non-interactive", ...unchanged);
  });

  it("is reached again after the pod was deleted, while its forward stays open", async () => {
    const forward = keepForward(run);
    try {
      await eventually("npm run forward to answer", 60, isOpen);
      const { vaultAddress, vaultCaPem } = await stackOutputs();
      const health = async (): Promise<string> => {
        const script = 'curl -sS --cacert <(printf %s "$CA") "$0/v1/sys/seal-status"';
        return inLab(["bash", "-c", script, vaultAddress], { env: { CA: vaultCaPem } });
      };
      assert.match(await health(), /"sealed":false/);
      await inLab(["kubectl", "-n", "vault", "delete", "pod", "vault-0"]);
      await eventually("Vault to answer by the same forward", 120, async () =>
        /"sealed":false/.test(await health()),
      );
      // A run beside it shares it.
      await run.up(...unchanged);
    } finally {
      forward.kill("SIGINT");
    }
  });

  it("is told of by npm run status and the doctor", async () => {
    const status = JSON.parse(
      await inLab([...run.environment(), "npm", "run", "-s", "status", "--", "--json"]),
    );
    assert.deepEqual(status.vault.nodes, [{ name: "vault-0", state: "active", ok: true }]);
    assert.deepEqual(status.next, []);
    const doctor = await tryInLab([...run.environment(), "npm", "run", "-s", "doctor", "--", "--json"]);
    const { checks } = JSON.parse(doctor.stdout);
    const broken = checks.filter((check: any) => check.outcome !== "right").map((check: any) => check.id);
    // The lab's machine knows neither the page's host nor the root.
    assert.deepEqual(
      broken.filter((id: string) => !["dns", "trust-store"].includes(id)),
      [],
    );
  });

  it("does without the page as well, and takes it away", async () => {
    const withoutPage = await StackRun.with({ vaultLoadBalancerIp: "", demo: false });
    try {
      await withoutPage.up();
      forgetStackOutputs();
      assert.equal((await stackOutputs()).url, undefined);
      const { items } = await kubectl("get", "ingresses", "-A");
      // CRLs are served all the same.
      assert.deepEqual(
        items.map(({ metadata }: any) => metadata.name),
        ["pki-distribution-point"],
      );
      await withoutPage.up(...unchanged);
      const status = await tryInLab([...withoutPage.environment(), "npm", "run", "-s", "status"]);
      assert.equal(status.status, 0, status.stdout + status.stderr);
    } finally {
      withoutPage.forget();
    }
  });

  it("is destroyed without a trace, although no program runs", async () => {
    await run.destroy();
    const { items } = await kubectl("get", "namespaces");
    const names = items.map(({ metadata }: any) => metadata.name);
    assert.ok(!names.includes("vault") && !names.includes("podinfo"), names.join(", "));
  });
});

/** What `npm run forward` runs, which npm would not pass a signal on to. */
function keepForward(run: StackRun): ChildProcess {
  const lab = path.join(__dirname, "..", "..", "lab", "bin", "lab");
  const command = ["node", "--import", "tsx", "operations/forward.ts"];
  return spawn(lab, ["exec", ...run.environment(), ...command], { stdio: "ignore" });
}
