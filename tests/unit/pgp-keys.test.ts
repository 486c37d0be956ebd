import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { readPgpKey } from "../../components/internal/pgp-key";
import { recoveryFilePath, stateFilePath } from "../../components/internal/recovery-file";
import { vaultKeysProvider } from "../../components/internal/vault-keys-resource";
import { vaultUnsealProvider } from "../../components/internal/vault-unseal-resource";
import { keyNotes, pgpKeyFaults } from "../../settings/key-rules";
import { FakeVault } from "../support/fake-vault";
import { decryptShare, makePgpOwner, type PgpOwner } from "../support/pgp";

const stateHome = process.env.XDG_STATE_HOME;

describe("PGP keys", () => {
  let owners: PgpOwner[];

  before(async () => {
    owners = await Promise.all(["Ann", "Bob", "Cyd"].map((name) => makePgpOwner(name)));
  });

  describe("in the settings", () => {
    const faultsOf = (...vaultPgpKeys: string[]) =>
      pgpKeyFaults({ vaultPgpKeys, vaultKeyShares: vaultPgpKeys.length });

    it("are taken armored and as base64", async () => {
      assert.deepEqual(await faultsOf(owners[0]!.armored, owners[1]!.base64), []);
      const armored = await readPgpKey(owners[0]!.armored);
      assert.deepEqual(armored, await readPgpKey(owners[0]!.base64));
    });

    it("are as many as there are unseal keys", async () => {
      const faults = await pgpKeyFaults({ vaultPgpKeys: [owners[0]!.base64], vaultKeyShares: 3 });
      assert.match(faults.join(), /^vaultPgpKeys: there are 1 for 3 unseal keys \(vaultKeyShares\)/);
    });

    it("are not one twice", async () => {
      assert.match((await faultsOf(owners[0]!.base64, owners[0]!.armored)).join(), /key 2 is key 1 again/);
    });

    it("are refused when they cannot be read, expired or are for signing only, all in one report", async () => {
      const past = new Date(Date.now() - 86_400_000);
      const expired = await makePgpOwner("Dan", { date: past, expiresInSeconds: 3600 });
      const signing = await makePgpOwner("Eve", { signingOnly: true });
      const faults = await faultsOf("bm8ga2V5", expired.armored, signing.armored);
      assert.equal(faults.length, 3);
      assert.match(faults[0]!, /^vaultPgpKeys: key 1 cannot be read: give a PGP public key/);
      assert.match(faults[1]!, /^vaultPgpKeys: key 2 has expired at 20/);
      assert.match(faults[2]!, /^vaultPgpKeys: key 3 cannot be encrypted for/);
    });

    it("are refused when they are private, without repeating them", async () => {
      const armored = owners[0]!.privateKey.armor();
      const base64 = Buffer.from(owners[0]!.privateKey.write()).toString("base64");
      for (const fault of await faultsOf(armored, base64)) {
        assert.match(fault, /is a private key: give the public one/);
        assert.ok(!fault.includes(armored.slice(100, 140)) && !fault.includes(base64.slice(0, 40)));
      }
    });

    it("turn the unattended unseal off, which is said", () => {
      const settings = { vaultPgpKeys: [owners[0]!.base64], vaultAutoUnseal: true };
      assert.match(keyNotes(settings as never).join(), /vaultAutoUnseal: is off, because/);
    });
  });

  describe("of a Vault", () => {
    let vault: FakeVault;
    let folder: string;

    beforeEach(async () => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "pgp-"));
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

    async function inputsFor(some: PgpOwner[], timeoutSeconds = 10) {
      const keys = await Promise.all(some.map((owner) => readPgpKey(owner.armored)));
      return {
        ...vault.endpoint,
        namespace: "vault",
        replicas: 1,
        timeoutSeconds,
        keyShares: some.length,
        keyThreshold: 2,
        pgpKeys: keys.map(({ base64 }) => base64),
        pgpFingerprints: keys.map(({ fingerprint }) => fingerprint),
        keysName: "vault-init-keys",
        recoveryName: "pgp",
        existingUnsealKeys: [],
        existingRootToken: "",
      };
    }

    function giveKey(key: string): void {
      vault.state.given.add(key);
      vault.state.sealed = vault.state.given.size < vault.state.threshold;
    }

    it("leave nothing but ciphertext in the outputs and in the recovery file", async () => {
      const { outs } = await vaultKeysProvider.create(await inputsFor(owners));
      const texts = [JSON.stringify(outs), fs.readFileSync(recoveryFilePath("pgp"), "utf8")];
      for (const key of vault.state.unsealKeys) {
        const hex = Buffer.from(key, "base64").toString("hex");
        assert.ok(texts.every((text) => !text.includes(key) && !text.includes(hex)));
      }
      for (const [index, owner] of owners.entries()) {
        const hex = await decryptShare(outs!.unsealKeys[index]!, owner);
        assert.equal(Buffer.from(hex, "hex").toString("base64"), vault.state.unsealKeys[index]);
      }
    });

    it("make a run wait for their owners, who find their share in a file that is gone afterwards", async () => {
      const inputs = await inputsFor(owners);
      const { outs } = await vaultKeysProvider.create(inputs);
      const unsealed = vaultUnsealProvider.create({ ...inputs, unsealKeys: outs!.unsealKeys });
      const file = (number: number) => stateFilePath("pgp", `.share-${number}.pgp`);
      while (!fs.existsSync(file(3))) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      for (const number of [1, 3]) {
        const share = fs.readFileSync(file(number)).toString("base64");
        const hex = await decryptShare(share, owners[number - 1]!);
        giveKey(Buffer.from(hex, "hex").toString("base64"));
      }
      assert.equal((await unsealed).outs?.sealed, false);
      assert.deepEqual(fs.readdirSync(path.dirname(file(1))), []);
    }).timeout(15_000);

    it("that nobody uses in time end the run with the commands, and the next one goes on", async () => {
      const inputs = await inputsFor(owners, 0);
      const { outs } = await vaultKeysProvider.create(inputs);
      const unsealInputs = { ...inputs, unsealKeys: outs!.unsealKeys };
      await assert.rejects(
        vaultUnsealProvider.create(unsealInputs),
        /sealed, 0 of 2 unseal keys given.*gpg --decrypt '.*share-1\.pgp'.*VAULT_ADDR=https.* vault operator unseal.*pulumi up again/s,
      );
      vault.state.unsealKeys.slice(0, 2).forEach(giveKey);
      await vaultUnsealProvider.create(unsealInputs);
      assert.ok(!fs.existsSync(recoveryFilePath("pgp")));
    });

    it("are those of an interrupted run, or the next one says which they were", async () => {
      const inputs = await inputsFor(owners);
      await vaultKeysProvider.create(inputs);
      const others = { ...inputs, pgpKeys: [], pgpFingerprints: [] };
      await assert.rejects(vaultKeysProvider.create(others), /made with the PGP keys .* set vaultPgpKeys/s);
      assert.equal((await vaultKeysProvider.create(inputs)).outs?.rootToken, vault.state.rootToken);
    });

    it("cannot change once Vault is initialised", async () => {
      const inputs = await inputsFor(owners);
      const { failures } = await vaultKeysProvider.check!(inputs, {
        ...inputs,
        pgpFingerprints: inputs.pgpFingerprints.slice().reverse(),
      });
      assert.match(failures![0]!.reason, /put vaultPgpKeys back/);
    });
  });
});
