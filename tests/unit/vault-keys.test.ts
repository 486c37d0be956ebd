import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { obtainVaultKeys } from "../../components/internal/obtain-vault-keys";
import { readRecoveryFile, recoveryFilePath } from "../../components/internal/recovery-file";
import { vaultKeysProvider } from "../../components/internal/vault-keys-resource";
import { vaultUnsealProvider } from "../../components/internal/vault-unseal-resource";
import { FakeVault } from "../support/fake-vault";

describe("the keys of Vault", () => {
  const source = {
    namespace: "vault",
    replicas: 1,
    timeoutSeconds: 5,
    keyShares: 3,
    keyThreshold: 2,
    pgpKeys: [] as string[],
    pgpFingerprints: [] as string[],
    recoveryName: "unit-vault",
  };
  let vault: FakeVault;
  let folder: string;
  const stateHome = process.env.XDG_STATE_HOME;

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "recovery-"));
    process.env.XDG_STATE_HOME = folder;
    vault = await FakeVault.start();
  });

  afterEach(async () => {
    await vault.stop();
    fs.rmSync(folder, { recursive: true });
    if (stateHome === undefined) {
      delete process.env.XDG_STATE_HOME;
    } else {
      process.env.XDG_STATE_HOME = stateHome;
    }
  });

  it("come from initialising a new Vault with the wanted shares and threshold", async () => {
    const keys = await obtainVaultKeys(vault.endpoint, source);
    assert.equal(keys.unsealKeys.length, 3);
    assert.equal(vault.state.threshold, 2);
    assert.equal(keys.rootToken, vault.state.rootToken);
  });

  it("are in a recovery file that only its owner can read, before they are handed on", async () => {
    const keys = await obtainVaultKeys(vault.endpoint, source);
    const file = recoveryFilePath(source.recoveryName);
    assert.deepEqual(readRecoveryFile(source.recoveryName), keys);
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    assert.equal(fs.statSync(path.dirname(file)).mode & 0o777, 0o700);
    assert.deepEqual(fs.readdirSync(path.dirname(file)), [path.basename(file)], "no unfinished file is left");
  });

  it("are taken from the recovery file when an interrupted run has initialised Vault", async () => {
    const first = await obtainVaultKeys(vault.endpoint, source);
    const second = await obtainVaultKeys(vault.endpoint, source);
    assert.deepEqual(second, first);
    assert.equal(vault.state.initCalls, 1);
    assert.equal(vault.state.sealed, false, "adopted keys are proved by unsealing with them");
  });

  it("are taken from the settings when somebody else has initialised Vault", async () => {
    vault.initialise(3, 2);
    const existing = { rootToken: vault.state.rootToken, unsealKeys: vault.state.unsealKeys };
    assert.deepEqual(await obtainVaultKeys(vault.endpoint, { ...source, existing }), existing);
  });

  it("are refused when they do not open this Vault, without repeating them", async () => {
    vault.initialise(3, 2);
    const existing = { rootToken: "hvs.wrong", unsealKeys: ["d3Jvbmc="] };
    await assert.rejects(obtainVaultKeys(vault.endpoint, { ...source, existing }), (error: Error) => {
      assert.match(error.message, /unseal keys from vaultExistingUnsealKeys .* do not open this Vault/);
      assert.ok(!error.message.includes("hvs.wrong") && !error.message.includes("d3Jvbmc="));
      return true;
    });
  });

  it("are refused when the root token is not this Vault's", async () => {
    vault.initialise(3, 2);
    const existing = { rootToken: "hvs.wrong", unsealKeys: vault.state.unsealKeys };
    await assert.rejects(
      obtainVaultKeys(vault.endpoint, { ...source, existing }),
      /root token .* is not accepted/,
    );
  });

  it("are refused when the settings say another number of them than Vault does", async () => {
    vault.initialise(5, 3);
    const existing = { rootToken: vault.state.rootToken, unsealKeys: vault.state.unsealKeys };
    await assert.rejects(
      obtainVaultKeys(vault.endpoint, { ...source, existing }),
      /takes 3 of 5 unseal keys.*config set vaultKeyShares 5.*config set vaultKeyThreshold 3/s,
    );
  });

  it("are refused when they are a root token alone", async () => {
    vault.initialise(3, 2);
    const existing = { rootToken: vault.state.rootToken, unsealKeys: [] };
    await assert.rejects(
      obtainVaultKeys(vault.endpoint, { ...source, existing }),
      /give vaultExistingUnsealKeys as well/,
    );
  });

  it("unknown for an initialised Vault name the two ways out", async () => {
    vault.initialise(1, 1);
    await assert.rejects(
      obtainVaultKeys(vault.endpoint, source),
      /already initialised.*vaultExistingUnsealKeys.*vaultExistingRootToken.*reset its storage/s,
    );
  });

  it("of a Vault that is no more are put aside, not overwritten", async () => {
    const old = { rootToken: "hvs.old", unsealKeys: ["b2xk"] };
    const file = recoveryFilePath(source.recoveryName);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify(old));
    const keys = await obtainVaultKeys(vault.endpoint, source);
    assert.notDeepEqual(keys, old);
    const files = fs.readdirSync(path.dirname(recoveryFilePath(source.recoveryName)));
    const aside = files.find((file) => file.endsWith(".old"));
    assert.ok(aside, `one of ${files.join(", ")} keeps the old keys`);
    const text = fs.readFileSync(
      path.join(path.dirname(recoveryFilePath(source.recoveryName)), aside),
      "utf8",
    );
    assert.deepEqual(JSON.parse(text), old);
  });

  it("are waited for no longer than told, and the error says what for and where to look", async () => {
    const nobody = { address: "https://127.0.0.1:1", caPem: vault.caPem };
    await assert.rejects(
      obtainVaultKeys(nobody, { ...source, timeoutSeconds: 0 }),
      /waited \d+ s for Vault to answer at https:\/\/127\.0\.0\.1:1.*ECONNREFUSED.*kubectl -n vault get service/s,
    );
  });

  it("are not asked of a Vault whose certificate another CA has signed", async () => {
    const other = await FakeVault.start();
    try {
      const endpoint = { ...vault.endpoint, caPem: other.caPem };
      await assert.rejects(obtainVaultKeys(endpoint, { ...source, timeoutSeconds: 0 }), /certificate/);
      assert.equal(vault.state.initialized, false);
    } finally {
      await other.stop();
    }
  });

  describe("in the state", () => {
    const outputs = {
      rootToken: "hvs.kept",
      unsealKeys: ["a2VwdA=="],
      keyShares: 1,
      keyThreshold: 1,
      instanceId: "kept",
    };
    const inputs = {
      ...source,
      address: "https://127.0.0.1:1",
      caPem: "",
      keyShares: 1,
      keyThreshold: 1,
      existingUnsealKeys: [],
      existingRootToken: "",
    };

    it("survive a change of the provider's code", async () => {
      assert.deepEqual(await vaultKeysProvider.update!("id", outputs, inputs), { outs: outputs });
    });

    it("take a new root token from the settings once Vault accepts it, and keep the unseal keys", async () => {
      vault.initialise(1, 1);
      const olds = { ...outputs, unsealKeys: vault.state.unsealKeys };
      const given = { ...inputs, ...vault.endpoint, existingRootToken: vault.state.rootToken };
      assert.equal((await vaultKeysProvider.diff!("id", olds, given)).changes, true);
      const { outs } = await vaultKeysProvider.update!("id", olds, given);
      assert.equal(outs?.rootToken, vault.state.rootToken);
      assert.deepEqual(outs?.unsealKeys, vault.state.unsealKeys);
      assert.equal((await vaultKeysProvider.diff!("id", outs, given)).changes, false);
      const wrong = { ...given, existingRootToken: "hvs.wrong" };
      await assert.rejects(vaultKeysProvider.update!("id", outs, wrong), /root token .* is not accepted/);
    });

    it("take the keys of a rekey from the settings, in their new number", async () => {
      vault.initialise(3, 2);
      const given = {
        ...inputs,
        ...vault.endpoint,
        keyShares: 3,
        keyThreshold: 2,
        existingRootToken: vault.state.rootToken,
        existingUnsealKeys: vault.state.unsealKeys,
      };
      assert.deepEqual((await vaultKeysProvider.check!(inputs, given)).failures ?? [], []);
      const { outs } = await vaultKeysProvider.update!("id", outputs, given);
      assert.deepEqual(outs?.unsealKeys, vault.state.unsealKeys);
      assert.equal(outs?.keyShares, 3);
    });

    it("made anew stand for another Vault than those made before", async () => {
      const first = await vaultKeysProvider.create({ ...inputs, ...vault.endpoint });
      await vault.stop();
      vault = await FakeVault.start();
      const second = await vaultKeysProvider.create({ ...inputs, ...vault.endpoint });
      assert.ok(first.outs?.instanceId);
      assert.notEqual(second.outs?.instanceId, first.outs.instanceId);
    });

    it("refuse a changed number of shares, naming the setting and the way", async () => {
      const result = await vaultKeysProvider.check!(inputs, { ...inputs, keyShares: 5 });
      assert.equal(result.failures?.length, 1);
      assert.match(result.failures[0]!.reason, /vaultKeyShares.*vault operator rekey/);
    });
  });

  describe("unseal", () => {
    const unsealInputs = () => ({
      ...vault.endpoint,
      namespace: "vault",
      replicas: 1,
      timeoutSeconds: 5,
      recoveryName: source.recoveryName,
      pgpFingerprints: [],
      keysName: "vault-init-keys",
      unsealKeys: vault.state.unsealKeys,
    });

    it("Vault, and only then the recovery file is removed", async () => {
      await obtainVaultKeys(vault.endpoint, source);
      assert.ok(readRecoveryFile(source.recoveryName));
      const { outs } = await vaultUnsealProvider.create(unsealInputs());
      assert.equal(outs?.sealed, false);
      assert.equal(vault.state.sealed, false);
      assert.equal(readRecoveryFile(source.recoveryName), undefined);
    });

    it("is planned again by a run that finds Vault sealed, and not by one that does not", async () => {
      vault.initialise(1, 1);
      const { outs } = await vaultUnsealProvider.create(unsealInputs());
      assert.equal((await vaultUnsealProvider.diff!("id", outs!, unsealInputs())).changes, false);
      vault.state.sealed = true;
      assert.equal((await vaultUnsealProvider.diff!("id", outs!, unsealInputs())).changes, true);
    });

    it("is planned by a run that cannot reach Vault, so that the run waits for it", async () => {
      vault.initialise(1, 1);
      const inputs = unsealInputs();
      const { outs } = await vaultUnsealProvider.create(inputs);
      await vault.stop();
      assert.equal((await vaultUnsealProvider.diff!("id", outs!, inputs)).changes, true);
      vault = await FakeVault.start();
    });

    it("shows as drift after a refresh", async () => {
      vault.initialise(1, 1);
      const { outs } = await vaultUnsealProvider.create(unsealInputs());
      vault.state.sealed = true;
      assert.equal((await vaultUnsealProvider.read!("id", outs)).props?.sealed, true);
    });

    it("says what was lost when the storage was wiped, and the one command that builds it again", async () => {
      await assert.rejects(
        vaultUnsealProvider.create(unsealInputs()),
        /not initialised although .* storage was wiped.* issuing CA's key.*pulumi up --replace '\*\*::vault-init-keys'/,
      );
    });
  });
});
