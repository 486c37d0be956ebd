import assert from "node:assert/strict";
import * as net from "node:net";
import { openRelay, type Relay } from "../../components/internal/relay";
import { callVault, sealStatus } from "../../components/internal/vault-client";
import { vaultForwardProvider } from "../../components/internal/vault-forward-resource";
import { forwardPorts, openVaultForward, type VaultForward } from "../../components/internal/vault-forward";
import { vaultUnsealProvider } from "../../components/internal/vault-unseal-resource";
import { waitForVault } from "../../components/internal/wait-for-vault";
import { FakeCluster } from "../support/fake-cluster";
import { FakeVault } from "../support/fake-vault";

const podsPath = "/api/v1/namespaces/vault/pods";

/** A pod as the API server lists it. */
function pod(name: string, { active = false, phase = "Running", leaving = false } = {}): object {
  return {
    metadata: {
      name,
      labels: { "vault-active": String(active) },
      ...(leaving ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    status: { phase },
  };
}

const portOf = ({ endpoint }: FakeVault) => Number(new URL(endpoint.address).port);

/** A port that something else listens at. */
async function takenPort(): Promise<net.Server & { port: number }> {
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end("SSH-2.0\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(server, { port: (server.address() as net.AddressInfo).port });
}

describe("A relay", () => {
  const opened: (Relay | undefined)[] = [];
  const relay = async (port: number, identity: string, name = "") => {
    const one = await openRelay({ port, identity, lead: (client) => void client.end(name) });
    opened.push(one);
    return one;
  };

  afterEach(() => opened.splice(0).forEach((one) => one?.close()));

  /** What is answered to some bytes. */
  async function answer(port: number, first: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ port, host: "127.0.0.1" });
      let text = "";
      socket.on("error", reject);
      socket.on("data", (data) => (text += data.toString()));
      socket.on("close", () => resolve(text));
      socket.write(first);
    });
  }
  const clientHello = Buffer.from([0x16, 3, 1]);

  it("leads TLS connections on with all that they have sent, and tells others who it is", async () => {
    let received: Buffer | undefined;
    const one = await openRelay({
      port: 0,
      identity: "mine",
      lead: (client) => {
        client.once("data", (data) => {
          received = data;
          client.end("led");
        });
        client.resume();
      },
    });
    opened.push(one);
    assert.equal(await answer(one!.port, clientHello), "led");
    assert.deepEqual(received, clientHello);
    assert.equal(await answer(one!.port, Buffer.from("GET /")), "mine\n");
  });

  it("leaves a port to another of the same way, and takes it over when that one is gone", async () => {
    const first = await relay(0, "same", "first");
    const second = await relay(first!.port, "same", "second");
    assert.equal(second?.port, first!.port);
    assert.equal(await answer(first!.port, clientHello), "first");
    first!.close();
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal(await answer(first!.port, clientHello), "second");
  });

  it("does not take a port that a relay of another way, or another program, has", async () => {
    const other = await relay(0, "other");
    assert.equal(await relay(other!.port, "mine"), undefined);
    const server = await takenPort();
    assert.equal(await relay(server.port, "mine"), undefined);
    server.close();
  });
});

describe("The port-forward to Vault", function () {
  this.timeout(30_000);
  let cluster: FakeCluster;
  let nodes: FakeVault[];
  let forward: VaultForward | undefined;
  let told: string[];

  beforeEach(async () => {
    cluster = await FakeCluster.start();
    nodes = [await FakeVault.start(), await FakeVault.start()];
    nodes.forEach((node, index) => (cluster.forwards[`vault/vault-${index}`] = portOf(node)));
    told = [];
  });

  afterEach(async () => {
    forward?.close();
    forward = undefined;
    await Promise.all(nodes.map((node) => node.stop()));
    await cluster.stop();
  });

  const wish = (replicas = 1) => ({
    kubeconfig: cluster.kubeconfig,
    context: "",
    namespace: "vault",
    replicas,
    owner: "unit",
  });
  const list = (...items: object[]) =>
    (cluster.objects[podsPath] = { kind: "PodList", apiVersion: "v1", metadata: {}, items });
  const open = async (replicas = 1) =>
    (forward = await openVaultForward(wish(replicas), [0], (fault) => told.push(fault)));
  const requests = () => nodes.map(({ state }) => state.requests.length);
  /** A question by way of the forward, checked against the CA of a node. */
  const ask = async (node = 0, { address } = forward!) =>
    sealStatus({ address, caPem: nodes[node]!.caPem }, 5);

  it("leads to the pod, whose certificate names the address", async () => {
    list(pod("vault-0"));
    const { address, nodesAddress } = await open();
    assert.match(address, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(nodesAddress, address);
    assert.equal((await ask()).initialized, false);
    assert.deepEqual(requests(), [1, 0]);
  });

  it("carries large requests and answers whole", async () => {
    list(pod("vault-0"));
    nodes[0]!.answers["POST large"] = [200, { text: "a".repeat(3_000_000) }];
    const { address } = await open();
    const endpoint = { address, caPem: nodes[0]!.caPem };
    const body = { text: "b".repeat(3_000_000) };
    const answer = await callVault(endpoint, { method: "POST", path: "large", body });
    assert.equal((answer.body as { text: string }).text.length, 3_000_000);
  });

  it("leads to the active node, wherever it moves", async () => {
    list(pod("vault-0"), pod("vault-1", { active: true }));
    await open(2);
    await ask(1);
    list(pod("vault-0", { active: true }), pod("vault-1"));
    await ask(0);
    assert.deepEqual(requests(), [1, 1]);
  });

  it("leads to the first that runs while none is active, as before the initialisation", async () => {
    list(pod("vault-1"), pod("vault-0"));
    await open(2);
    await ask(0);
    assert.deepEqual(requests(), [1, 0]);
  });

  it("passes over pods that do not run, or are leaving", async () => {
    list(
      pod("vault-0", { active: true, leaving: true }),
      pod("vault-2", { phase: "Pending" }),
      pod("vault-1"),
    );
    await open(3);
    await ask(1);
    assert.deepEqual(requests(), [0, 1]);
  });

  it("tries another when nobody listens in a pod", async () => {
    list(pod("vault-0"), pod("vault-1"));
    delete cluster.forwards["vault/vault-0"];
    await open(2);
    await assert.rejects(ask(1));
    await ask(1);
    assert.deepEqual(requests(), [0, 1]);
  });

  it("has an address for each of several nodes", async () => {
    list(pod("vault-0"), pod("vault-1", { active: true }));
    const { address, nodesAddress } = await open(2);
    assert.notEqual(nodesAddress, address);
    for (const node of [0, 1, 0]) {
      await ask(node, { ...forward!, address: nodesAddress });
    }
    await ask(1);
    assert.deepEqual(requests(), [2, 2]);
  });

  it("ends connections while there is no pod, and works again when there is one", async () => {
    list();
    await open();
    await assert.rejects(ask(), /socket|ECONNRESET|hang up/);
    list(pod("vault-0"));
    assert.equal((await ask()).initialized, false);
    assert.deepEqual(told, []);
  });

  it("goes to the new pod after a restart, when a connection has been open all the time", async () => {
    list(pod("vault-0"));
    await open();
    await ask();
    await nodes[0]!.stop();
    await assert.rejects(ask());
    nodes[0] = await FakeVault.start();
    cluster.forwards["vault/vault-0"] = portOf(nodes[0]);
    assert.equal((await ask()).initialized, false);
  });

  it("says once that the API server refuses it", async () => {
    list(pod("vault-0"));
    cluster.refusesForwards = 403;
    await open();
    await assert.rejects(ask());
    await assert.rejects(ask());
    assert.equal(told.length, 1);
    assert.match(
      told[0]!,
      /namespace vault: the API server refuses it \(HTTP status 403\).*pods\/portforward/,
    );
  });

  it("takes ports that are the same for an owner, and others' for another owner", () => {
    const ports = forwardPorts("project-homelab-vault-forward");
    assert.deepEqual(ports, forwardPorts("project-homelab-vault-forward"));
    assert.notDeepEqual(ports, forwardPorts("project-other-vault-forward"));
    assert.ok(
      ports.every((port) => port % 2 === 0 && port >= 20000 && port < 28000),
      ports.join(),
    );
  });

  it("goes on to the next port when another program has one, and fails when they have all", async () => {
    const [taken, free] = await Promise.all([takenPort(), takenPort()]);
    free.close();
    list(pod("vault-0"));
    forward = await openVaultForward(wish(), [taken.port, free.port], () => undefined);
    assert.equal(forward.port, free.port);
    await assert.rejects(
      openVaultForward(wish(), [taken.port], () => undefined),
      new RegExp(`finds no port of 127\\.0\\.0\\.1: other programs have ${taken.port}\\. `),
    );
    taken.close();
  });

  it("is waited for by a refresh that looks whether Vault is unsealed before it is open", async () => {
    list(pod("vault-0"));
    nodes[0]!.initialise(1, 1);
    nodes[0]!.state.sealed = false;
    const place = await takenPort();
    await new Promise((resolve) => place.close(resolve));
    const address = `https://127.0.0.1:${place.port}`;
    const state = { sealed: false, address, nodesAddress: address, caPem: nodes[0]!.caPem, replicas: 1 };
    const read = vaultUnsealProvider.read!("id", state);
    await new Promise((resolve) => setTimeout(resolve, 700));
    forward = await openVaultForward(wish(), [place.port], () => undefined);
    assert.deepEqual((await read).props, state);
  });

  it("is told of where Vault is waited for in vain", async () => {
    list();
    const { address, nodesAddress } = await open();
    const options = { namespace: "vault", timeoutSeconds: 0 };
    const endpoint = { address, nodesAddress, caPem: nodes[0]!.caPem };
    await assert.rejects(waitForVault(endpoint, options), (error: Error) => {
      assert.match(error.message, /by a port-forward, .* --target '\*\*::vault-forward-open'/);
      assert.doesNotMatch(error.message, /EXTERNAL-IP/);
      return true;
    });
  });

  describe("as a resource", () => {
    const owner = () => ({ ...wish(), owner: `unit-${Math.random()}` });
    const changes = async (olds: any, news: any) =>
      (await vaultForwardProvider.diff!("id", olds, news)).changes;

    it("is open from the run that makes it on, and is no change then", async () => {
      list(pod("vault-0"));
      const inputs = owner();
      const { outs } = await vaultForwardProvider.create(inputs);
      assert.deepEqual(await ask(0, outs as any), await ask(0, outs as any));
      assert.equal(await changes(outs, inputs), false);
      assert.equal(outs!.port, forwardPorts(inputs.owner)[0]);
    });

    it("is open in a preview, and in a refresh that runs no program, at the port that the state has", async () => {
      list(pod("vault-0"));
      const inputs = owner();
      const port = forwardPorts(inputs.owner)[3]!;
      const address = `https://127.0.0.1:${port}`;
      const state = { ...inputs, port, address, nodesAddress: address };
      const { props } = await vaultForwardProvider.read!("id", state);
      assert.deepEqual(props, state);
      assert.equal((await ask(0, state as any)).initialized, false);
      assert.equal(await changes(state, inputs), false);
    });

    it("is a change, and no replacement, when another program has its port", async () => {
      const inputs = owner();
      const taken = await takenPort();
      const address = `https://127.0.0.1:${taken.port}`;
      const state = { ...inputs, port: taken.port, address, nodesAddress: address };
      const diff = await vaultForwardProvider.diff!("id", state, inputs);
      assert.deepEqual(diff, { changes: true });
      const { outs } = await vaultForwardProvider.update!("id", state, inputs);
      assert.equal(outs!.port, forwardPorts(inputs.owner)[0]);
      taken.close();
    });

    it("leads to another cluster when the settings do", async () => {
      const inputs = owner();
      const { outs } = await vaultForwardProvider.create(inputs);
      const other = await FakeCluster.start();
      try {
        other.objects[podsPath] = { items: [pod("vault-0")] };
        other.forwards["vault/vault-0"] = portOf(nodes[1]!);
        const news = { ...inputs, kubeconfig: other.kubeconfig };
        assert.equal(await changes(outs, news), true);
        const { outs: moved } = await vaultForwardProvider.update!("id", outs as any, news);
        assert.equal(moved!.port, outs!.port);
        await ask(1, moved as any);
        assert.deepEqual(requests(), [0, 1]);
      } finally {
        await other.stop();
      }
    });
  });
});
