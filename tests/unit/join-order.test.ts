import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { joinOrderScript } from "../../components/internal/join-order";

/** Stands in for the `vault` command: unsealed are the addresses in a file. */
const fakeVault = `#!/bin/sh
echo "$VAULT_ADDR" >>"$FOLDER/calls"
grep -qx "$VAULT_ADDR" "$FOLDER/unsealed"
`;

describe("a new node of Vault", () => {
  let folder: string;

  const file = (name: string): string => path.join(folder, name);

  /** Exit status, or "waiting" when it still runs after a while, in which it has looked several times. */
  async function start(pod: string, later?: () => void): Promise<number | "waiting"> {
    const script = joinOrderScript(
      { pods: ["vault-0", "vault-1", "vault-2"], domain: "vault-internal", dataFolder: file("data") },
      0.05,
    );
    const env = { PATH: `${file("bin")}:${process.env.PATH}`, FOLDER: folder, POD_NAME: pod };
    const child = spawn("sh", ["-c", script], { env, stdio: "ignore" });
    const ended = new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? -1)));
    const looked = new Promise<"waiting">((resolve) => setTimeout(() => resolve("waiting"), 1000));
    const result = await Promise.race([ended, looked]);
    if (result === "waiting") {
      later?.();
      const after = later ? await ended : result;
      child.kill("SIGKILL");
      return after;
    }
    return result;
  }

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "join-order-"));
    fs.mkdirSync(file("bin"));
    fs.writeFileSync(file("bin/vault"), fakeVault, { mode: 0o755 });
    fs.writeFileSync(file("unsealed"), "");
  });

  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  it("starts at once when it is the first", async () => {
    assert.equal(await start("vault-0"), 0);
  });

  it("waits when it is not, so that nothing but the first can be initialised", async () => {
    assert.equal(await start("vault-1"), "waiting");
  });

  it("starts when another one is unsealed, whichever it is", async () => {
    assert.equal(
      await start("vault-1", () =>
        fs.writeFileSync(file("unsealed"), "https://vault-2.vault-internal:8200\n"),
      ),
      0,
    );
    assert.ok(!fs.readFileSync(file("calls"), "utf8").includes("vault-1"), "it does not ask itself");
  });

  it("starts at once when it has data: then it is a member", async () => {
    fs.mkdirSync(file("data/raft"), { recursive: true });
    fs.writeFileSync(file("data/raft/raft.db"), "");
    assert.equal(await start("vault-2"), 0);
  });
});
