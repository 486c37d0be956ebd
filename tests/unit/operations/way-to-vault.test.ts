import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as path from "node:path";
import { forwardIdentity } from "../../../components/internal/vault-forward";
import { diagnose, Outcome } from "../../../operations/doctor/check";
import { checksOf } from "../../../operations/doctor/checks";
import { Surroundings } from "../../../operations/doctor/surroundings";
import { gatherStatus } from "../../../operations/status/gather";
import type { Stack } from "../../../operations/stack";
import { forwardWish, openWay, type OpenWay } from "../../../operations/way-to-vault";
import { FakeCluster } from "../../support/fake-cluster";
import { FakeVault } from "../../support/fake-vault";
import { value } from "../../support/mocks";
import { fakeStack } from "../../support/operations";
import { recordProgram } from "../../support/program";

const podsPath = "/api/v1/namespaces/vault/pods";

describe("The commands' way to Vault", function () {
  this.timeout(30_000);
  let cluster: FakeCluster;
  let vault: FakeVault;
  let way: OpenWay | undefined;
  let told: string[];

  beforeEach(async () => {
    [cluster, vault] = await Promise.all([FakeCluster.start(), FakeVault.start()]);
    vault.initialise(1, 1);
    vault.state.sealed = false;
    vault.answers["GET sys/health"] = [200, { initialized: true, sealed: false, standby: false }];
    cluster.forwards["vault/vault-0"] = Number(new URL(vault.endpoint.address).port);
    cluster.objects[podsPath] = {
      items: [{ metadata: { name: "vault-0" }, status: { phase: "Running" } }],
    };
    told = [];
  });

  afterEach(async () => {
    way?.close();
    way = undefined;
    await Promise.all([cluster.stop(), vault.stop()]);
  });

  /** A stack whose Vault is reached by nothing but a port-forward. */
  async function forwarded(): Promise<Stack> {
    const stack: Stack = {
      ...fakeStack(cluster, vault, { vaultLoadBalancerIp: "" }),
      vault: { address: "https://127.0.0.1:1", caPem: vault.caPem },
      vaultAddress: "https://127.0.0.1:20000",
      pageUrl: undefined,
    };
    way = await openWay(stack, (fault) => told.push(fault));
    return { ...stack, vault: way.vault };
  }

  it("is the address where there is one", async () => {
    const stack = fakeStack(cluster, vault);
    way = await openWay(stack, (fault) => told.push(fault));
    assert.deepEqual(way.vault, stack.vault);
  });

  it("has status look at Vault, and tell the address that people find it at", async () => {
    const report = await gatherStatus(await forwarded());
    assert.deepEqual(report.vault, {
      address: "https://127.0.0.1:20000",
      nodes: [{ name: "vault-0", state: "active", ok: true }],
    });
    assert.deepEqual(report.urls, [{ name: "Vault, forwarded", url: "https://127.0.0.1:20000/ui" }]);
  });

  it("has the doctor look at Vault", async () => {
    const stack = await forwarded();
    const findings = await diagnose(checksOf(stack), new Surroundings(stack));
    const outcomes = Object.fromEntries(findings.map(({ id, outcome }) => [id, outcome]));
    for (const id of ["vault-address", "vault-tls", "vault-initialised", "vault-unsealed"]) {
      assert.equal(outcomes[id], Outcome.Right, id);
    }
    const found = findings.find(({ id }) => id === "vault-address")?.found;
    assert.equal(found, "by a port-forward to namespace vault");
  });

  it("has the doctor name a Vault without a pod, and a right that is missing", async () => {
    cluster.objects[podsPath] = { items: [] };
    const stack = await forwarded();
    const first = async () => {
      const findings = await diagnose(checksOf(stack), new Surroundings(stack));
      return findings.find(({ outcome }) => outcome === Outcome.Broken);
    };
    const broken = await first();
    assert.equal(broken?.id, "vault-address");
    assert.match(broken.found, /^nothing answers by a port-forward to namespace vault \(/);
    assert.equal(broken.fix, "kubectl -n vault describe pods");
    assert.deepEqual(told, []);
    cluster.objects["/apis/apps/v1/namespaces/vault/statefulsets/vault"] = {
      spec: { replicas: 1 },
      status: { readyReplicas: 1 },
    };
    cluster.answers[podsPath] = 403;
    assert.match((await first())!.fix!, /get pods; .*auth can-i create pods\/portforward/);
    assert.match(told.join(), /the API server refuses it \(HTTP status 403\)/);
  });

  it("leads by the same way as a run's, so that either shares the other's", async () => {
    const { recording } = await recordProgram({ vaultLoadBalancerIp: "" });
    const inputs = value(recording.get("vault-forward-open").inputs);
    const kubeConfigSource = { kubeconfig: inputs.kubeconfig, environment: process.env.KUBECONFIG };
    const wish = forwardWish({ ...(await forwarded()), kubeConfigSource, name: "owner/project/unit" });
    assert.equal(wish.owner, inputs.owner);
    assert.equal(forwardIdentity(wish), forwardIdentity(inputs));
  });

  it("does not keep a command that has done its work", async () => {
    const script = `
      import { openVaultForward } from "./components/internal/vault-forward";
      const wish = { kubeconfig: "", context: "", namespace: "vault", replicas: 3, owner: "unit" };
      void openVaultForward(wish, [0], () => undefined).then(({ address }) => console.log(address));`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      cwd: path.join(__dirname, "../../.."),
      timeout: 20_000,
    });
    let printed = "";
    child.stdout.on("data", (text) => (printed += text));
    assert.equal(await new Promise((resolve) => child.once("close", resolve)), 0);
    assert.match(printed, /^https:\/\/127\.0\.0\.1:\d+\n$/);
  });
});
