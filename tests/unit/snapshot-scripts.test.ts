import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { snapshotScript } from "../../components/internal/snapshot-script";
import { restoreScript } from "../../operations/restore-script";

/**
 * Stands in for the `vault` command. It writes down what it was called with; files in $FOLDER say how Vault is:
 * `snapshot` is what it gives for one, `active`, `initialized` and `silent` exist or not.
 */
const fakeVault = `#!/bin/sh
echo "$@" >>"$FOLDER/calls"
case "$*" in
  "write -field=token "*) [ -e "$FOLDER/refused" ] && echo "permission denied" >&2 && exit 2; echo hvs.snapshots ;;
  "operator raft snapshot save "*) [ "$VAULT_TOKEN" = hvs.snapshots ] && cat "$FOLDER/snapshot" >"$5" ;;
  "operator raft snapshot inspect "*) grep -q "whole" "$5" ;;
  "operator raft snapshot restore "*) echo "$VAULT_ADDR $VAULT_TOKEN" >>"$FOLDER/restored" ;;
  "operator init "*)
    touch "$FOLDER/initialized"; printf 'Unseal Key 1: dGVtcG9yYXJ5\\n\\nInitial Root Token: hvs.temporary\\n' ;;
  "write sys/unseal key=-") [ "$(cat)" = dGVtcG9yYXJ5 ] && touch "$FOLDER/unsealed" ;;
  status*)
    case "$VAULT_ADDR" in *active*) [ -e "$FOLDER/active" ]; exit ;; esac
    [ -e "$FOLDER/silent" ] && exit 1
    [ "$2" ] && echo "  \\"initialized\\": $([ -e "$FOLDER/initialized" ] && echo true || echo false),"
    [ -e "$FOLDER/unsealed" ] && echo "HA Mode         active" && exit 0
    exit 2 ;;
esac
`;

describe("snapshots", () => {
  let folder: string;

  const file = (name: string): string => path.join(folder, name);
  const calls = (): string => fs.readFileSync(file("calls"), "utf8");
  const touch = (name: string, text = ""): void => fs.writeFileSync(file(name), text);

  function run(script: string, input = ""): SpawnSyncReturns<string> {
    const env = { PATH: `${file("bin")}:${process.env.PATH}`, FOLDER: folder };
    return spawnSync("sh", ["-c", script], { env, input, encoding: "utf8" });
  }

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "snapshots-"));
    for (const name of ["bin", "kept"]) {
      fs.mkdirSync(file(name));
    }
    touch("calls");
    fs.writeFileSync(file("bin/vault"), fakeVault, { mode: 0o755 });
  });

  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  describe("are written", () => {
    const script = () =>
      snapshotScript({
        loginPath: "auth/kubernetes/login",
        role: "snapshots",
        tokenFile: "/token",
        folder: file("kept"),
        keep: 3,
      });
    const kept = (): string[] => fs.readdirSync(file("kept")).sort();

    it("under the time of their making, readable by their owner only, and the token is revoked", () => {
      touch("snapshot", "whole");
      const { status, stdout } = run(script());
      assert.equal(status, 0);
      assert.equal(kept().length, 1);
      assert.match(kept()[0]!, /^vault-\d{8}T\d{6}Z\.snap$/);
      assert.equal(fs.statSync(file(`kept/${kept()[0]}`)).mode & 0o777, 0o600);
      assert.match(stdout, /: 5 bytes/);
      assert.match(calls(), /token revoke -self\n$/);
    });

    it("and the oldest beyond the wanted number are removed", () => {
      touch("snapshot", "whole");
      for (const day of [1, 2, 3, 4]) {
        touch(`kept/vault-2020010${day}T000000Z.snap`);
      }
      touch("kept/uploaded.snap");
      assert.equal(run(script()).status, 0);
      const left = kept();
      assert.deepEqual(left.slice(0, 3), [
        "uploaded.snap",
        "vault-20200103T000000Z.snap",
        "vault-20200104T000000Z.snap",
      ]);
      assert.equal(left.length, 4, "what has another name is somebody else's");
    });

    for (const [what, content] of [
      ["an empty one", ""],
      ["one that cannot be read back", "torn"],
    ] as const) {
      it(`but ${what} fails the Job and is not kept, nor is an older one removed for it`, () => {
        touch("snapshot", content);
        for (const day of [1, 2, 3]) {
          touch(`kept/vault-2020010${day}T000000Z.snap`);
        }
        assert.notEqual(run(script()).status, 0);
        assert.equal(kept().length, 3);
      });
    }

    it("by nobody who cannot log in, which fails the Job", () => {
      touch("refused");
      const { status, stderr } = run(script());
      assert.notEqual(status, 0);
      assert.match(stderr, /permission denied/);
    });

    it("without the token in an argument or in the output", () => {
      touch("snapshot", "whole");
      const { stdout, stderr } = run(script());
      assert.doesNotMatch(calls() + stdout + stderr, /hvs\./);
    });
  });

  describe("are restored", () => {
    const script = () =>
      restoreScript({ first: "https://first", active: "https://active", file: file("kept/a.snap") });
    const restored = (): string => fs.readFileSync(file("restored"), "utf8");

    beforeEach(() => {
      touch("kept/a.snap", "whole");
    });

    it("into a running Vault with the token that was given", () => {
      touch("active");
      assert.equal(run(script(), "hvs.root").status, 0);
      assert.equal(restored(), "https://active hvs.root\n");
      assert.doesNotMatch(calls(), /init|-force/);
    });

    it("into an empty one under keys that nobody sees", () => {
      const { status, stdout, stderr } = run(script(), "hvs.root");
      assert.equal(status, 0, stderr);
      assert.equal(restored(), "https://first hvs.temporary\n");
      assert.match(calls(), /restore -force/);
      assert.doesNotMatch(calls() + stdout + stderr, /hvs\.|dGVtcG9yYXJ5/);
    });

    it("not into a sealed one: its data may be better than the snapshot's", () => {
      touch("initialized");
      const { status, stderr } = run(script(), "hvs.root");
      assert.notEqual(status, 0);
      assert.match(stderr, /pulumi up first/);
      assert.ok(!fs.existsSync(file("restored")));
    });

    it("not from a file that is torn", () => {
      touch("kept/a.snap", "torn");
      touch("active");
      assert.notEqual(run(script(), "hvs.root").status, 0);
      assert.ok(!fs.existsSync(file("restored")));
    });

    it("not when Vault does not answer at all", () => {
      touch("silent");
      assert.match(run(script(), "hvs.root").stderr, /does not answer/);
    });
  });
});
