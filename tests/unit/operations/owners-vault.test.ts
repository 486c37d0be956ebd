import assert from "node:assert/strict";
import { diagnose, Outcome } from "../../../operations/doctor/check";
import { checksOf } from "../../../operations/doctor/checks";
import { Surroundings } from "../../../operations/doctor/surroundings";
import { gatherStatus } from "../../../operations/status/gather";
import { openWay, vaultAddressOf } from "../../../operations/way-to-vault";
import type { Stack } from "../../../operations/stack";
import { FakeCluster } from "../../support/fake-cluster";
import { FakeVault } from "../../support/fake-vault";
import { fakeStack } from "../../support/operations";

describe("The commands and a Vault of the owner's", function () {
  this.timeout(30_000);
  let cluster: FakeCluster;
  let vault: FakeVault;
  let stack: Stack;

  beforeEach(async () => {
    [cluster, vault] = await Promise.all([FakeCluster.start(), FakeVault.start()]);
    vault.initialise(1, 1);
    vault.state.sealed = false;
    vault.answers["GET sys/health"] = [200, { initialized: true, sealed: false, standby: false }];
    vault.answers["POST auth/homelab/login"] = [200, { auth: { client_token: "hvs.of-the-issuer" } }];
    cluster.objects["/api/v1/namespaces/cert-manager/serviceaccounts/issuer/token"] = {
      status: { token: "ey.of-the-account" },
    };
    // Settings that would mean a port-forward to an installed one.
    const settings = { vaultExisting: `${vault.endpoint.address}/`, vaultAuthPath: "homelab" };
    stack = { ...fakeStack(cluster, vault, { ...settings, vaultLoadBalancerIp: "" }), pageUrl: undefined };
  });

  afterEach(() => Promise.all([cluster.stop(), vault.stop()]));

  const findings = async () => {
    const all = await diagnose(checksOf(stack), new Surroundings(stack));
    return new Map(all.map((finding) => [finding.id, finding]));
  };

  it("reach it at its address, with no port-forward", async () => {
    assert.equal(vaultAddressOf(stack), vault.endpoint.address);
    const way = await openWay(stack, (fault) => assert.fail(fault));
    assert.deepEqual(way.vault, vault.endpoint);
  });

  it("have its status told by itself, by its place, and asks for no pods", async () => {
    const { vault: shown, urls } = await gatherStatus(stack);
    const name = new URL(vault.endpoint.address).host;
    assert.deepEqual(shown.nodes, [{ name, state: "active", ok: true }]);
    assert.deepEqual(urls, [{ name: "Vault", url: `${vault.endpoint.address}/ui` }]);
    vault.answers["GET sys/health"] = [200, { initialized: true, sealed: true, standby: true }];
    const { next } = await gatherStatus(stack);
    assert.deepEqual(next[0], {
      what: `Vault: ${name} sealed or without data`,
      command: `vault operator unseal -address=${vault.endpoint.address}`,
    });
  });

  it("log in by its own auth method", async () => {
    const found = await findings();
    for (const id of ["vault-address", "vault-tls", "vault-initialised", "vault-unsealed", "login"]) {
      assert.equal(found.get(id)?.outcome, Outcome.Right, id);
    }
  });

  it("name what its owner has to do, where this program cannot", async () => {
    vault.answers["GET sys/health"] = [200, { initialized: true, sealed: true, standby: true }];
    assert.match((await findings()).get("vault-unsealed")!.fix!, /^vault operator unseal -address=https/);
    vault.answers["GET sys/health"] = [200, { initialized: true, sealed: false, standby: false }];
    stack = { ...stack, vaultToken: async () => "hvs.of-yesterday" };
    assert.equal(
      (await findings()).get("vault-token")!.fix,
      "pulumi config set --secret vaultToken && pulumi up",
    );
    stack = { ...stack, vault: { ...vault.endpoint, caPem: "" } };
    assert.match((await findings()).get("vault-tls")!.fix!, /^pulumi config set vaultCaPem < ca\.pem/);
    await vault.stop();
    assert.match((await findings()).get("vault-address")!.fix!, /^start your Vault; /);
    vault = await FakeVault.start();
  });
});
