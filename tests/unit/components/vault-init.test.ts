import assert from "node:assert/strict";
import { VaultInit } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { makePgpOwner } from "../../support/pgp";
import { isSecret, Recording, value } from "../../support/mocks";

describe("VaultInit", () => {
  let recording: Recording;
  let component: VaultInit;
  const args = { address: "https://192.168.1.242:8200", caPem: "root\n", namespace: "vault" };

  before(async () => {
    recording = await Recording.start();
    component = new VaultInit("init", { ...args, keyShares: 3, keyThreshold: 2 });
    await recording.finish();
  });

  it("is the keys, the unsealing and the sidecar's Secret", () => {
    assert.equal(recording.get("init").type, "cert-manager-vault:index:VaultInit");
    assertChildren(recording, "init", {
      "init-keys": "pulumi-nodejs:dynamic/cert-manager-vault:VaultKeys",
      "init-unseal": "pulumi-nodejs:dynamic/cert-manager-vault:VaultUnseal",
      "init-unseal-secret": "kubernetes:core/v1:Secret",
    });
  });

  it("asks for the shares and the threshold at the address, trusting only the CA", () => {
    const { inputs } = recording.get("init-keys");
    assert.equal(inputs.keyShares, 3);
    assert.equal(inputs.keyThreshold, 2);
    for (const name of ["init-keys", "init-unseal"]) {
      const where = recording.get(name).inputs;
      assert.equal(where.address, args.address, name);
      assert.equal(where.caPem, args.caPem, name);
      assert.equal(where.namespace, "vault", name);
      assert.equal(where.timeoutSeconds, 300, name);
      assert.equal(where.recoveryName, "cert-manager-vault-unit-init", `${name}: no other stack's name`);
    }
  });

  it("has the provider's answer kept as a secret", () => {
    const { additionalSecretOutputs } = recording.get("init-keys");
    assert.ok(additionalSecretOutputs.includes("rootToken"));
    assert.ok(additionalSecretOutputs.includes("unsealKeys"));
  });

  it("unseals with the keys, as a secret", () => {
    const { inputs, dependsOn } = recording.get("init-unseal");
    assert.ok(isSecret(inputs.unsealKeys));
    assert.deepEqual(value(inputs.unsealKeys), ["unseal-key-0", "unseal-key-1", "unseal-key-2"]);
    assert.equal(inputs.keysName, "init-keys");
    assert.ok(dependsOn.includes("init-keys"), "the recovery file goes only when the keys are in the state");
  });

  it("gives the sidecar as many keys as it takes, and no more", () => {
    const { inputs } = recording.get("init-unseal-secret");
    assert.deepEqual(inputs.metadata, { name: "vault-unseal-keys", namespace: "vault" });
    assert.ok(isSecret(inputs.stringData));
    assert.deepEqual(value(inputs.stringData), { "key-0": "unseal-key-0", "key-1": "unseal-key-1" });
  });

  it("gives token and keys as secrets, the token only when Vault is unsealed", async () => {
    const expected = {
      rootToken: "hvs.made-by-init",
      unsealKeys: ["unseal-key-0", "unseal-key-1", "unseal-key-2"],
      instanceId: "first-vault",
    };
    await assertOutputs(recording, component, "init", expected, ["rootToken", "unsealKeys"]);
    assert.ok((await recording.dependencies(component.rootToken)).includes("init-unseal"));
  });

  it("takes keys of an initialised Vault, and keeps them secret even when they are given in clear", async () => {
    const other = await Recording.start();
    new VaultInit("other", { ...args, existingUnsealKeys: ["a2V5"], existingRootToken: "hvs.existing" });
    await other.finish();
    for (const name of ["other", "other-keys"]) {
      const { inputs } = other.get(name);
      assert.ok(isSecret(inputs.existingUnsealKeys) && isSecret(inputs.existingRootToken), name);
      assert.deepEqual(value(inputs.existingUnsealKeys), ["a2V5"], name);
      assert.equal(value(inputs.existingRootToken), "hvs.existing", name);
    }
  });

  it("makes one share by default, and asks for keys of nobody", async () => {
    const other = await Recording.start();
    new VaultInit("other", args);
    const { inputs } = (await other.finish()).get("other-keys");
    assert.equal(inputs.keyShares, 1);
    assert.equal(inputs.keyThreshold, 1);
    assert.deepEqual(value(inputs.existingUnsealKeys), []);
    assert.equal(value(inputs.existingRootToken), "");
  });

  it("gives Vault PGP keys in the form that it takes, and puts no key into the cluster then", async () => {
    const owner = await makePgpOwner("Ann");
    const other = await Recording.start();
    new VaultInit("other", { ...args, pgpKeys: [owner.armored] });
    await other.finish();
    const fingerprints = [owner.privateKey.getFingerprint()];
    assert.deepEqual(other.get("other-keys").inputs.pgpKeys, [owner.base64]);
    assert.deepEqual(other.get("other-keys").inputs.pgpFingerprints, fingerprints);
    assert.deepEqual(other.get("other-unseal").inputs.pgpFingerprints, fingerprints);
    assert.ok(!other.all.some(({ type }) => type === "kubernetes:core/v1:Secret"));
    assert.throws(
      () => new VaultInit("third", { ...args, pgpKeys: [owner.armored], autoUnseal: true }),
      /autoUnseal: cannot be with pgpKeys/,
    );
  });

  it("puts no key into the cluster when the sidecar is not to unseal", async () => {
    const other = await Recording.start();
    new VaultInit("other", { ...args, autoUnseal: false, timeoutSeconds: 20 });
    await other.finish();
    assert.ok(!other.all.some(({ type }) => type === "kubernetes:core/v1:Secret"));
    assert.equal(other.get("other-unseal").inputs.timeoutSeconds, 20);
  });

  it("waits for the pods that a run restarts, which takes the sidecar's Secret, before it gives the token", async () => {
    const other = await Recording.start();
    const waiting = new VaultInit("other", {
      ...args,
      replicas: 3,
      statefulSetName: "vault",
      kubeconfig: "config",
    });
    await other.finish();
    const { type, inputs, dependsOn } = other.get("other-rollout");
    assert.equal(type, "pulumi-nodejs:dynamic/cert-manager-vault:Rollout");
    for (const one of ["other-unseal", "other-unseal-secret"]) {
      assert.ok(dependsOn.includes(one), one);
    }
    const { namespace, statefulSet, replicas, address, timeoutSeconds } = inputs;
    assert.deepEqual(
      { namespace, statefulSet, replicas, address, timeoutSeconds },
      { namespace: "vault", statefulSet: "vault", replicas: 3, address: args.address, timeoutSeconds: 300 },
    );
    for (const name of ["other", "other-rollout"]) {
      assert.ok(isSecret(other.get(name).inputs.kubeconfig), name);
    }
    assert.ok((await other.dependencies(waiting.rootToken)).includes("other-rollout"));
  });

  it("waits for no pods that their owner restarts", async () => {
    const { armored } = await makePgpOwner("Ann");
    for (const ofOwner of [{ autoUnseal: false }, { pgpKeys: [armored] }]) {
      const other = await Recording.start();
      new VaultInit("other", { ...args, ...ofOwner, statefulSetName: "vault" });
      await other.finish();
      assert.ok(!other.all.some(({ name }) => name === "other-rollout"));
    }
  });
});
