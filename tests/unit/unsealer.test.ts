import assert from "node:assert/strict";
import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { unsealerScript, type AuditLog } from "../../components/internal/unsealer";

/** Stands in for the `vault` command: sealed until it is given `opens`, and writes down what it was called with. */
const fakeVault = `#!/bin/sh
echo "$@" >>"$CALLS"
case "$1" in
  status) [ -e "$FOLDER/unsealed" ] && exit 0; [ -e "$FOLDER/absent" ] && exit 1; exit 2 ;;
  write) file=\${3#key=@}; [ "$(cat "$file")" = opens ] && touch "$FOLDER/unsealed" ;;
esac
`;

describe("the unsealer", () => {
  let folder: string;
  let script: ChildProcess | undefined;
  let printed: string;

  const file = (name: string): string => path.join(folder, name);

  function start(auditLog?: AuditLog): void {
    printed = "";
    const text = unsealerScript(
      { listenerCertificate: file("tls.crt"), unsealKeys: file("keys"), auditLog },
      0.1,
    );
    const env = { PATH: `${file("bin")}:${process.env.PATH}`, CALLS: file("calls"), FOLDER: folder };
    script = spawn("sh", ["-c", text], { env, stdio: ["ignore", "pipe", "inherit"] });
    script.stdout?.setEncoding("utf8").on("data", (part: string) => (printed += part));
  }

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  function command(name: string, text: string): void {
    fs.writeFileSync(file(`bin/${name}`), text, { mode: 0o755 });
  }

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "unsealer-"));
    fs.mkdirSync(file("bin"));
    fs.mkdirSync(file("keys"));
    fs.writeFileSync(file("calls"), "");
    fs.writeFileSync(file("tls.crt"), "first");
    command("vault", fakeVault);
  });

  afterEach(async () => {
    if (script && script.exitCode === null && script.signalCode === null) {
      const ended = new Promise((resolve) => script?.once("exit", resolve));
      script.kill("SIGKILL");
      await ended;
    }
    fs.rmSync(folder, { recursive: true });
  });

  it("unseals a sealed Vault with every mounted key and says so once", async () => {
    fs.writeFileSync(file("keys/key-0"), "wrong");
    fs.writeFileSync(file("keys/key-1"), "opens");
    start();
    await until(() => printed.includes("unsealed it"));
    assert.match(printed, /Vault did not take key-0/);
    assert.equal(printed.match(/unsealed it/g)?.length, 1);
  });

  it("never has a key as an argument or in its output", async () => {
    fs.writeFileSync(file("keys/key-0"), "opens");
    start();
    await until(() => printed.includes("unsealed it"));
    assert.doesNotMatch(fs.readFileSync(file("calls"), "utf8") + printed, /opens/);
  });

  it("waits for keys that are mounted later", async () => {
    start();
    const calls = (): number => fs.readFileSync(file("calls"), "utf8").split("\n").length;
    await until(() => calls() > 3);
    fs.writeFileSync(file("keys/key-0"), "opens");
    await until(() => printed.includes("unsealed it"));
  });

  it("gives no key to a Vault that does not answer", async () => {
    fs.writeFileSync(file("absent"), "");
    fs.writeFileSync(file("keys/key-0"), "opens");
    start();
    const calls = (): string => fs.readFileSync(file("calls"), "utf8");
    await until(() => calls().split("\n").length > 3);
    assert.doesNotMatch(calls(), /write/);
  });

  /** What the script does while a process that counts its SIGHUPs stands in for Vault's server. */
  async function signalsDuring(work: () => Promise<void>): Promise<number> {
    fs.writeFileSync(file("unsealed"), "");
    const server = spawn(process.execPath, [
      "-e",
      'process.on("SIGHUP", () => console.log("hup")); setInterval(() => {}, 1000); console.log("up")',
    ]);
    try {
      let output = "";
      server.stdout.setEncoding("utf8").on("data", (part: string) => (output += part));
      await until(() => output.includes("up"));
      command("pidof", `#!/bin/sh\necho ${server.pid}\n`);
      await work();
      await rounds(3);
      return output.match(/hup/g)?.length ?? 0;
    } finally {
      server.kill("SIGKILL");
    }
  }

  async function rounds(count: number): Promise<void> {
    const calls = (): number => fs.readFileSync(file("calls"), "utf8").split("\n").length;
    const before = calls();
    await until(() => calls() > before + count);
  }

  it("sends Vault SIGHUP once for each change of the listener certificate", async () => {
    const signals = await signalsDuring(async () => {
      start();
      await rounds(2);
      fs.writeFileSync(file("tls.crt"), "second");
      await until(() => printed.includes("told Vault to read it"));
    });
    assert.equal(signals, 1);
  });

  it("renames an audit log beyond its size, five files at most, and has Vault begin a new one", async () => {
    const log = file("audit.log");
    const content = (name: string): string => fs.readFileSync(name, "utf8");
    for (const number of [1, 2, 3, 4]) {
      fs.writeFileSync(`${log}.${number}`, `old ${number}`);
    }
    fs.writeFileSync(log, "longer than ten bytes");
    const signals = await signalsDuring(async () => {
      start({ file: log, maxBytes: 10 });
      await until(() => printed.includes("began a new one"));
      // What Vault does on SIGHUP.
      fs.writeFileSync(log, "short");
    });
    assert.equal(signals, 1);
    assert.equal(content(log), "short");
    assert.equal(content(`${log}.1`), "longer than ten bytes");
    assert.deepEqual(
      [2, 3, 4].map((number) => content(`${log}.${number}`)),
      ["old 1", "old 2", "old 3"],
    );
    assert.ok(!fs.existsSync(`${log}.5`));
  });

  it("leaves an audit log within its size alone, and one that is not there", async () => {
    fs.writeFileSync(file("audit.log"), "short");
    const signals = await signalsDuring(async () => {
      start({ file: file("audit.log"), maxBytes: 10 });
      await rounds(2);
      fs.rmSync(file("audit.log"));
    });
    assert.equal(signals, 0);
    assert.equal(printed, "");
  });

  it("ends at once when its pod is told to", async () => {
    fs.writeFileSync(file("unsealed"), "");
    start();
    await until(() => fs.readFileSync(file("calls"), "utf8").length > 0);
    const ended = new Promise((resolve) => script?.once("exit", resolve));
    script?.kill("SIGTERM");
    assert.equal(await ended, 0);
  });
});
