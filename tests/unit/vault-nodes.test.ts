import assert from "node:assert/strict";
import { askNodes, unsealNodes } from "../../components/internal/vault-nodes";
import { vaultUnsealProvider } from "../../components/internal/vault-unseal-resource";
import { FakeNodes } from "../support/fake-nodes";

describe("several nodes of Vault behind one address", function () {
  this.timeout(60_000);
  const keys = ["Zmlyc3Q=", "c2Vjb25k"];
  const options = { namespace: "vault", timeoutSeconds: 10, replicas: 3 };
  let fake: FakeNodes;

  beforeEach(async () => {
    fake = await FakeNodes.start(3, keys);
  });

  afterEach(async () => {
    await fake.stop();
  });

  it("are told apart", async () => {
    const { nodes } = await askNodes(fake.endpoint, 3);
    assert.deepEqual(nodes.map(({ node }) => node).sort(), ["vault-0", "vault-1", "vault-2"]);
  });

  it("are asked at an address of their own, where they have one", async () => {
    const { address, caPem } = fake.endpoint;
    const { nodes } = await askNodes({ address: "https://127.0.0.1:1", nodesAddress: address, caPem }, 3);
    assert.equal(nodes.length, 3);
  });

  it("are all unsealed, each with all the keys that it takes", async () => {
    assert.equal(await unsealNodes(fake.endpoint, options, keys), "serving");
    for (const node of fake.nodes) {
      assert.equal(node.sealed, false, node.name);
      assert.deepEqual(node.given, keys, `${node.name} gets every key once`);
    }
  });

  it("are not done when one has not joined yet, and are when it has", async () => {
    fake.nodes[2]!.initialized = false;
    setTimeout(() => (fake.nodes[2]!.initialized = true), 3000);
    await unsealNodes(fake.endpoint, options, keys);
    assert.equal(fake.nodes[2]!.sealed, false);
  });

  it("do without one that stays away, once the time is over", async () => {
    fake.nodes[1]!.up = false;
    assert.equal(await unsealNodes(fake.endpoint, { ...options, timeoutSeconds: 1 }, keys), "serving");
  });

  it("do not do without a majority, and the error names what each says", async () => {
    fake.nodes[1]!.up = false;
    fake.nodes[2]!.initialized = false;
    await assert.rejects(
      unsealNodes(fake.endpoint, { ...options, timeoutSeconds: 1 }, keys),
      /2 of 3 nodes answer \(.*vault-2 without data/,
    );
  });

  it("are not taken for wiped because one of them is new", async () => {
    fake.nodes[0]!.initialized = false;
    await assert.rejects(unsealNodes(fake.endpoint, { ...options, timeoutSeconds: 1 }, keys), /without data/);
  });

  it("make a run unseal again when one of them is sealed or away, and not otherwise", async () => {
    const inputs = {
      ...fake.endpoint,
      ...options,
      recoveryName: "unit-nodes",
      keysName: "vault-init-keys",
      unsealKeys: keys,
      pgpFingerprints: [],
    };
    const { outs } = await vaultUnsealProvider.create(inputs);
    const changes = async () => (await vaultUnsealProvider.diff!("id", outs!, inputs)).changes;
    assert.equal(await changes(), false);
    fake.nodes[1]!.sealed = true;
    assert.equal(await changes(), true);
    fake.nodes[1]!.sealed = false;
    fake.nodes[2]!.up = false;
    assert.equal(await changes(), true);
  });
});
