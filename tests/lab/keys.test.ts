import assert from "node:assert/strict";
import * as path from "node:path";
import { eventually, forgetStackOutputs, inLab, kubectl, stackOutputs, tryInLab } from "../support/lab";
import { decryptShare, makePgpOwner, type PgpOwner } from "../support/pgp";
import { StackRun } from "../support/stack";

const name = "cert-manager-vault-lab-vault-init";

/**
 * A run in a session of its own, all of which is killed between the recovery file and the checkpoint: the engine is
 * stopped when it is about to ask Vault, so that it cannot write a checkpoint, and ended when the answer is on the disk.
 */
const killedRun = `
folder=$1; shift
setsid --fork sh -c 'echo $$ > "$0/pid"; exec "$@" > "$0/output" 2>&1' "$folder" "$@"
state="$XDG_STATE_HOME/cert-manager-vault/${name}"
until [ -e "$state.requested" ] || [ -e "$state.json" ]; do
  sleep 0.01
  [ ! -e "$folder/pid" ] || kill -0 "$(cat "$folder/pid")" || { tail -c 3000 "$folder/output"; exit 1; }
done
kill -STOP "$(cat "$folder/pid")"
until [ -e "$state.json" ]; do sleep 0.01; done
for process in $(ps -o pid= --sid "$(cat "$folder/pid")"); do kill -KILL "$process"; done
`;

describe("up that is killed with -9 between the recovery file and the checkpoint, with PGP keys", function () {
  this.timeout(600_000);
  let owners: PgpOwner[];
  let run: StackRun;
  let recovered: { rootToken: string; unsealKeys: string[] };
  let said: string;

  async function stateFiles(): Promise<string[]> {
    const folder = path.dirname(await stateFile(""));
    return (await inLab(["sh", "-c", 'ls "$0" 2>/dev/null; true', folder])).split("\n").filter(Boolean);
  }

  async function stateFile(ending: string): Promise<string> {
    const home = (await inLab(["printenv", "XDG_STATE_HOME"])).trim();
    return path.join(home, "cert-manager-vault", `${name}${ending}`);
  }

  /** Two of the three owners give their unseal keys, as they decrypt them from the files that the run lays out. */
  async function ownersUnseal(): Promise<void> {
    // A run takes a while to come to Vault.
    await eventually("files for the owners", 300, async () =>
      (await stateFiles()).includes(path.basename(await stateFile(".share-3.pgp"))),
    );
    for (const index of [2, 0]) {
      const share = await inLab(["base64", "-w0", await stateFile(`.share-${index + 1}.pgp`)]);
      const key = await decryptShare(share, owners[index]!);
      await inLab(["vault", "write", "sys/unseal", "key=-"], { input: key });
    }
  }

  before(async () => {
    owners = await Promise.all(["Ann", "Bob", "Cyd"].map((owner) => makePgpOwner(owner)));
    run = await StackRun.with({
      vaultKeyShares: 3,
      vaultKeyThreshold: 2,
      vaultPgpKeys: [owners[0]!.armored, owners[1]!.base64, owners[2]!.base64],
    });
    await run.destroy();
    const folder = (await inLab(["mktemp", "-d"])).trim();
    const up = [...run.environment(), "pulumi", "up", "--yes", "--skip-preview", "--non-interactive"];
    await inLab(["sh", "-c", killedRun, "killed-run", folder, ...up]);
    await inLab(["rm", "-r", folder]);
    recovered = JSON.parse(await inLab(["cat", await stateFile(".json")]));
  });

  after(() => run.forget());

  it("leaves Vault initialised, and its keys in the recovery file only", async () => {
    const { stdout } = await tryInLab(["vault", "status", "-format=json"]);
    const { initialized, sealed, n, t } = JSON.parse(stdout);
    assert.deepEqual({ initialized, sealed, n, t }, { initialized: true, sealed: true, n: 3, t: 2 });
    const { deployment } = JSON.parse(await inLab(["pulumi", "stack", "export"]));
    const known = deployment.resources.filter(({ type }: any) => type.endsWith(":VaultKeys"));
    assert.deepEqual(known, []);
    assert.equal((await inLab(["stat", "-c", "%a", await stateFile(".json")])).trim(), "600");
  });

  it("is followed by one that takes them, says that it waits for the owners, and ends with the page", async () => {
    // What Pulumi itself asks for after a run that was killed.
    await inLab(["pulumi", "cancel", "--yes"]);
    [said] = await Promise.all([run.up(), ownersUnseal()]);
    forgetStackOutputs();
    const outputs = await stackOutputs();
    assert.equal(outputs.rootToken, recovered.rootToken);
    assert.deepEqual(outputs.unsealKeys, recovered.unsealKeys);
    assert.equal(outputs.url, "https://podinfo.wsp.local");
    assert.match(said, /vaultAutoUnseal: is off/);
    assert.match(said, /gpg --decrypt '.*share-1\.pgp'/);
    assert.match(said, /vault operator unseal/);
  });

  it("leaves no file once the keys are in the state", async () => {
    assert.deepEqual(await stateFiles(), []);
  });

  it("leaves the killed run's operations in the state until a refresh clears them", async () => {
    const pending = async () =>
      JSON.parse(await inLab(["pulumi", "stack", "export"])).deployment.pending_operations ?? [];
    assert.notDeepEqual(await pending(), []);
    await run.pulumi("refresh", "--clear-pending-creates", "--yes", "--skip-preview", "--non-interactive");
    assert.deepEqual(await pending(), []);
  });

  it("leaves only ciphertext in state and outputs, which the owners decrypt", async () => {
    const keys = await Promise.all(
      recovered.unsealKeys.map((share, index) => decryptShare(share, owners[index]!)),
    );
    const state = await inLab(["pulumi", "stack", "export", "--show-secrets"]);
    for (const key of keys) {
      assert.match(key, /^[0-9a-f]{64,}$/);
      assert.ok(!state.includes(key) && !state.includes(Buffer.from(key, "hex").toString("base64")));
    }
  });

  it("puts no unseal key into the cluster: after a restart Vault waits for its owners, and so does the next run", async () => {
    const secrets = await kubectl("-n", "vault", "get", "secrets");
    const names = secrets.items.map(({ metadata }: any) => metadata.name);
    assert.ok(!names.includes("vault-unseal-keys"));
    await inLab(["kubectl", "-n", "vault", "delete", "pod", "vault-0", "--wait"]);
    await eventually("a sealed Vault", 120, async () => {
      const { status } = await tryInLab(["vault", "status"]);
      return status === 2;
    });
    await Promise.all([run.up(), ownersUnseal()]);
    assert.deepEqual(await stateFiles(), []);
    await run.up("--expect-no-changes");
  });
});
