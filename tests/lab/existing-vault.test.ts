import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { makeCertificate } from "../support/certificates";
import { eventually, forgetStackOutputs, inLab, kubectl, stackOutputs, tryInLab } from "../support/lab";
import { fetchPage } from "../support/page";
import { StackRun } from "../support/stack";

/** Of the lab's node, which pods reach. */
const host = "192.168.1.10";
const address = `https://${host}:8300`;

/** A Vault that runs beside the cluster, as somebody else would have it. */
class OtherVault {
  rootToken = "";
  private server?: ChildProcess;

  private constructor(
    private readonly directory: string,
    readonly caPem: string,
  ) {}

  static async start(): Promise<OtherVault> {
    const directory = mkdtempSync(path.join(tmpdir(), "other-vault-"));
    const { certificatePem, keyPem } = await makeCertificate({ name: host, ipAddresses: [host] });
    const vault = new OtherVault(directory, certificatePem);
    const file = (name: string) => JSON.stringify(path.join(directory, name));
    mkdirSync(path.join(directory, "data"));
    writeFileSync(path.join(directory, "tls.crt"), certificatePem);
    writeFileSync(path.join(directory, "tls.key"), keyPem, { mode: 0o600 });
    writeFileSync(
      path.join(directory, "vault.hcl"),
      `disable_mlock = true
api_addr = "${address}"
pid_file = ${file("pid")}
storage "file" {
  path = ${file("data")}
}
listener "tcp" {
  address = "${host}:8300"
  tls_cert_file = ${file("tls.crt")}
  tls_key_file = ${file("tls.key")}
}
`,
    );
    const lab = path.join(__dirname, "../../lab/bin/lab");
    vault.server = spawn(lab, ["exec", "vault", "server", `-config=${path.join(directory, "vault.hcl")}`], {
      stdio: "ignore",
    });
    await eventually(
      "an answer of the other Vault",
      60,
      async () => (await tryInLab(vault.command("status"))).status === 2,
    );
    const init = ["operator", "init", "-key-shares=1", "-key-threshold=1", "-format=json"];
    const keys = JSON.parse(await vault.do(init)) as { unseal_keys_b64: string[]; root_token: string };
    vault.rootToken = keys.root_token;
    // Standard input keeps the key out of the list of processes.
    await inLab(vault.command("write", "sys/unseal", "key=-"), { input: keys.unseal_keys_b64[0]! });
    return vault;
  }

  /** What Vault's command prints, called by the root token. */
  async do(args: string[], input?: string): Promise<string> {
    return inLab(this.command(...args), { input, env: { VAULT_TOKEN: this.rootToken } });
  }

  async stop(): Promise<void> {
    await inLab(["sh", "-c", 'kill "$(cat "$0")"', path.join(this.directory, "pid")]);
    await new Promise((resolve) =>
      this.server!.exitCode === null ? this.server!.once("exit", resolve) : resolve(undefined),
    );
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Names of mounts, auth methods and policies. */
  async contents(): Promise<string[]> {
    const lists = [
      ["secrets", "list"],
      ["auth", "list"],
      ["policy", "list"],
    ];
    const read = lists.map(async (command) => {
      const list = JSON.parse(await this.do([...command, "-format=json"])) as object;
      return (Array.isArray(list) ? list : Object.keys(list)).map((name) => `${command[0]} ${name}`);
    });
    return (await Promise.all(read)).flat().sort();
  }

  /** `lab exec` has the address and the CA of the stack's Vault. */
  private command(...args: string[]): string[] {
    const ca = path.join(this.directory, "tls.crt");
    return ["env", `VAULT_ADDR=${address}`, `VAULT_CACERT=${ca}`, "vault", ...args];
  }
}

/** The policy of the documentation. */
function documentedPolicy(): string {
  const text = readFileSync(path.join(__dirname, "../../docs/existing-vault.md"), "utf8");
  return /```hcl\n([^]*?)```/.exec(text)![1]!;
}

describe("a Vault that is there already, outside of the cluster", function () {
  this.timeout(900_000);
  let vault: OtherVault;
  let run: StackRun;
  let contents: string[];

  const withVault = async (settings: Record<string, unknown> = {}): Promise<void> => {
    run.forget();
    run = await StackRun.with({
      vaultExisting: address,
      vaultCaPem: vault.caPem,
      // The proxy behind it knows Vault by a name.
      pkiHost: "",
      ...settings,
    });
    const made = ["token", "create", "-orphan", "-policy=cert-manager-vault", "-period=24h", "-field=token"];
    await run.setSecret("vaultToken", await vault.do(made));
  };

  before(async () => {
    run = await StackRun.with({});
    await run.destroy();
    vault = await OtherVault.start();
    await vault.do(["policy", "write", "cert-manager-vault", "-"], documentedPolicy());
    await vault.do(["secrets", "enable", "-path=pki_int", "-description=theirs", "pki"]);
    contents = await vault.contents();
  });

  after(async () => {
    run.forget();
    await vault.stop();
    forgetStackOutputs();
  });

  it("is refused as long as somebody else has a mount where the issuing CA is to be", async () => {
    await withVault();
    const { status, stdout, stderr } = await run.attempt("preview", "--non-interactive", "--color=never");
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /issuingCaMountPath: your Vault has the mount pki_int already/);
    assert.deepEqual(await vault.contents(), contents);
  });

  it("comes to a trusted page with a token that is no root token; a second run and a refresh change nothing", async () => {
    await withVault({ issuingCaMountPath: "pki_k8s", vaultAuthPath: "k8s" });
    const policy = documentedPolicy()
      .replaceAll("pki_int", "pki_k8s")
      .replaceAll("auth/kubernetes", "auth/k8s");
    await vault.do(["policy", "write", "cert-manager-vault", "-"], policy);
    await run.up();
    forgetStackOutputs();
    const { rootCaPem, vaultAddress } = await stackOutputs();
    assert.equal(vaultAddress, address);
    assert.match((await fetchPage(rootCaPem)).message, /podinfo/);
    const { items } = await kubectl("-n", "vault", "get", "statefulsets,pods,services");
    assert.deepEqual(items, []);
    await run.up("--expect-no-changes");
    await run.pulumi("preview", "--refresh", "--non-interactive", "--expect-no-changes");
  });

  it("is told of by the status", async () => {
    const shown = await tryInLab([...run.environment(), ...["npm", "run", "-s", "status", "--", "--json"]]);
    const report = JSON.parse(shown.stdout) as { vault: { nodes: unknown }; next: unknown };
    assert.deepEqual(report.vault.nodes, [{ name: new URL(address).host, state: "active", ok: true }]);
    assert.deepEqual(report.next, []);
  });

  it("is left by a destroy with all that it had before, and nothing more", async () => {
    assert.notDeepEqual(await vault.contents(), contents);
    await run.destroy();
    assert.deepEqual(await vault.contents(), contents);
  });
});
