import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { recoveryFilePath } from "../../components/internal/recovery-file";
import { vaultKeysProvider, type VaultKeysInputs } from "../../components/internal/vault-keys-resource";
import { vaultUnsealProvider } from "../../components/internal/vault-unseal-resource";
import { FakeVault } from "../support/fake-vault";

const program = path.join(__dirname, "..", "support", "vault-init-run.ts");
const stateHome = process.env.XDG_STATE_HOME;

describe("a run that is killed with -9", function () {
  this.timeout(30_000);
  let vault: FakeVault;
  let folder: string;
  let inputs: VaultKeysInputs;
  let checkpoint: string;
  let child: ChildProcess;

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "interrupted-"));
    process.env.XDG_STATE_HOME = folder;
    checkpoint = path.join(folder, "checkpoint.json");
    vault = await FakeVault.start();
    inputs = {
      ...vault.endpoint,
      namespace: "vault",
      replicas: 1,
      timeoutSeconds: 5,
      keyShares: 3,
      keyThreshold: 2,
      pgpKeys: [],
      pgpFingerprints: [],
      recoveryName: "interrupted",
      existingUnsealKeys: [],
      existingRootToken: "",
    };
  });

  afterEach(async () => {
    child.kill("SIGKILL");
    await vault.stop();
    fs.rmSync(folder, { recursive: true });
    if (stateHome === undefined) {
      delete process.env.XDG_STATE_HOME;
    } else {
      process.env.XDG_STATE_HOME = stateHome;
    }
  });

  /** Starts a run, and gives what resolves when it is dead. */
  function start(hangBeforeCheckpoint = false): Promise<void> {
    child = spawn(process.execPath, ["--import", "tsx", program], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin!.end(JSON.stringify({ inputs, checkpoint, hangBeforeCheckpoint }));
    return new Promise((resolve) => child.once("exit", () => resolve()));
  }

  /** Kills the run when a request arrives at Vault, or was done there. */
  function killAt(moment: "onRequest" | "onAnswer", wanted: string, before?: () => Promise<void>): void {
    vault[moment] = async (asked) => {
      if (asked === wanted) {
        vault[moment] = async () => {};
        const dead = new Promise((resolve) => child.once("exit", resolve));
        child.kill("SIGKILL");
        await dead;
        await before?.();
      }
    };
  }

  function sender(): number {
    const note = recoveryFilePath("interrupted").replace(/\.json$/, ".requested");
    return JSON.parse(fs.readFileSync(note, "utf8")).pid;
  }

  /** The run after it, whole: ends with the keys of this Vault, and without a file left over. */
  async function assertNextRunFinishes(): Promise<void> {
    const saved = fs.existsSync(checkpoint) && JSON.parse(fs.readFileSync(checkpoint, "utf8"));
    const outs = saved || (await vaultKeysProvider.create(inputs)).outs;
    await vaultUnsealProvider.create({ ...inputs, unsealKeys: outs.unsealKeys, keysName: "vault-init-keys" });
    assert.equal(outs.rootToken, vault.state.rootToken);
    assert.deepEqual(outs.unsealKeys, vault.state.unsealKeys);
    assert.equal(vault.state.sealed, false);
    assert.deepEqual(fs.readdirSync(path.dirname(recoveryFilePath("interrupted"))), []);
  }

  it("before it has asked for the keys is followed by one that asks", async () => {
    killAt("onRequest", "sys/seal-status");
    await start();
    assert.equal(vault.state.initCalls, 0);
    await assertNextRunFinishes();
    assert.equal(vault.state.initCalls, 1);
  });

  it("while Vault works on the request loses no key: the next one waits for the answer", async () => {
    let next: Promise<void> | undefined;
    killAt("onRequest", "sys/init", async () => {
      next = assertNextRunFinishes();
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(vault.state.initialized, false, "the next run is there before Vault has done anything");
    });
    await start();
    while (!next) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await next;
    assert.equal(vault.state.initCalls, 1);
  });

  it("after the answer, before anything is written, loses no key", async () => {
    killAt("onAnswer", "sys/init", async () => {
      assert.ok(!fs.existsSync(recoveryFilePath("interrupted")));
    });
    await start();
    assert.equal(vault.state.initialized, true);
    await assertNextRunFinishes();
    assert.equal(vault.state.initCalls, 1);
  });

  it("after the recovery file is written loses no key", async () => {
    const file = recoveryFilePath("interrupted");
    fs.mkdirSync(path.dirname(file));
    const watcher = fs.watch(path.dirname(file), () => {
      if (fs.existsSync(file)) {
        child.kill("SIGKILL");
      }
    });
    await start(true).finally(() => watcher.close());
    assert.ok(fs.existsSync(file) && !fs.existsSync(checkpoint));
    await assertNextRunFinishes();
    assert.equal(vault.state.initCalls, 1);
  });

  it("with the keys in hand, before the checkpoint, loses no key", async () => {
    const dead = start(true);
    child.stdout!.once("data", () => child.kill("SIGKILL"));
    await dead;
    assert.ok(!fs.existsSync(checkpoint));
    await assertNextRunFinishes();
    assert.equal(vault.state.initCalls, 1);
  });

  it("after the checkpoint, before Vault is unsealed, is followed by one that unseals and removes the recovery file", async () => {
    killAt("onRequest", "sys/unseal");
    await start();
    assert.ok(fs.existsSync(checkpoint) && fs.existsSync(recoveryFilePath("interrupted")));
    await assertNextRunFinishes();
  });

  it("together with the process that waits for the answer, as by a power cut, is followed by one that says what to do", async () => {
    killAt("onAnswer", "sys/init", async () => process.kill(sender(), "SIGKILL") as unknown as void);
    await start();
    await assert.rejects(
      vaultKeysProvider.create(inputs),
      /keys are lost: this stack asked for them at .* nothing is lost with it: reset its storage .*delete pvc/s,
    );
    // The owner does as it says.
    Object.assign(vault.state, { initialized: false, sealed: true });
    await assertNextRunFinishes();
  });

  it("together with that process, before Vault has done anything, is followed by one that asks again", async () => {
    vault.onRequest = async (asked) => {
      if (asked === "sys/init") {
        vault.onRequest = async () => {};
        process.kill(sender(), "SIGKILL");
        child.kill("SIGKILL");
        await new Promise(() => {});
      }
    };
    await start();
    assert.equal(vault.state.initialized, false);
    await assertNextRunFinishes();
    assert.equal(vault.state.initCalls, 1);
  });
});
