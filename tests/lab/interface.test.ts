import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { inLab, tryInLab } from "../support/lab";

const execute = promisify(execFile);
const entrance = path.join(__dirname, "..", "..", "lab", "bin", "lab");

/** Runs a command of the lab as a person would; rejects with `code`, `stdout` and `stderr` when it fails. */
async function lab(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return execute(entrance, args, { maxBuffer: 64 * 1024 * 1024 });
}

describe("the lab's command", function () {
  this.timeout(300_000);

  describe("exec", () => {
    it("passes standard input, output and exit status through and adds nothing of its own", async () => {
      const result = await tryInLab(["sh", "-c", "cat; echo problem >&2; exit 7"], { input: "a\nb" });
      assert.deepEqual(result, { status: 7, stdout: "a\nb", stderr: "problem\n" });
    });

    it("passes arguments as they are, white space and quotes included", async () => {
      assert.equal(await inLab(["printf", "%s|", "a  b", "$HOME", `'"`, ""]), `a  b|$HOME|'"||`);
    });

    it("tells how a command ended that a signal has killed", async () => {
      assert.equal((await tryInLab(["sh", "-c", "kill -TERM $$"])).status, 128 + 15);
    });

    it("has the tools on the path, and each finds the lab by itself", async () => {
      assert.match(await inLab(["kubectl", "get", "nodes"]), /Ready/);
      assert.match(await inLab(["pulumi", "stack", "--show-name"]), /^lab$/m);
      assert.match(await inLab(["vault", "status"]), /Sealed\s+false/);
      assert.match(await inLab(["helm", "list", "--all-namespaces"]), /cert-manager/);
      assert.match(await inLab(["openssl", "version"]), /^OpenSSL/);
      assert.match(await inLab(["curl", "--version"]), /^curl/);
    });

    it("sees the lab's network only: there is no way out of it", async () => {
      const routes = await inLab(["ip", "route"]);
      assert.match(routes, /192\.168\.1\.0\/24 dev lan0/);
      assert.doesNotMatch(routes, /default/);
    });
  });

  it("up with everything in place ends with the page and builds, starts and changes nothing", async () => {
    const { stdout, stderr } = await lab("up");
    assert.match(
      stdout.trimEnd().split("\n").at(-1)!,
      /^OK https:\/\/podinfo\.wsp\.local trusted via ".+" in (\d+m)?[0-9.]+s$/,
    );
    assert.doesNotMatch(stderr, / built in |started /);
    assert.match(stderr, /all components healthy/);
  });

  it("status shows node, pods, seal, issuer, certificates and URL, and that all are well", async () => {
    const { stdout } = await lab("status");
    for (const line of [
      /^node .*Ready, v1\./m,
      /^pods +([0-9]+) of \1 ready$/m,
      /^vault +unsealed, /m,
      /^issuer +vault-issuer Ready$/m,
      /^certificate .*Ready, until /m,
      /https:\/\/podinfo\.wsp\.local .*at 192\.168\.1\.241/,
    ]) {
      assert.match(stdout, line);
    }
  });

  it("logs gives the names, then a log by its name, and refuses others", async () => {
    const names = (await lab("logs")).stdout.trim().split("\n");
    assert.ok(names.includes("kubelet") && names.includes("pulumi-up"), names.join(" "));
    assert.match((await lab("logs", "kubelet")).stdout, /kubelet/i);
    await assert.rejects(lab("logs", "../stack/passphrase"), /there is no log/);
  });

  it("kubeconfig prints one that works inside", async () => {
    const { stdout } = await lab("kubeconfig");
    const script = 'cat >"$0" && kubectl --kubeconfig "$0" get namespaces; status=$?; rm "$0"; exit $status';
    const file = (await inLab(["mktemp"])).trim();
    assert.match(await inLab(["sh", "-c", script, file], { input: stdout }), /kube-system/);
  });

  it("refuses an unknown command with its usage", async () => {
    await assert.rejects(lab("start"), (error: any) => error.code === 2 && /Usage:/.test(error.stderr));
  });
});

describe("the machine around the lab", () => {
  it("has none of its addresses, interfaces, routes or packet filter rules", async () => {
    const { stdout: addresses } = await execute("ip", ["-oneline", "address"]);
    assert.doesNotMatch(addresses, /192\.168\.1\.(10|241|242)\/|lan0/);
    const { stdout: routes } = await execute("ip", ["route"]);
    assert.doesNotMatch(routes, /lan0|10\.96\.0\.0/);
    const { stdout: rules } = await execute("iptables-save").catch(() => ({ stdout: "" }));
    assert.doesNotMatch(rules, /KUBE-/);
  });

  it("has none of its mounts", async () => {
    const { stdout } = await execute("cat", ["/proc/self/mounts"]);
    assert.doesNotMatch(stdout, /cert-manager-vault-lab|\/var\/lib\/kubelet/);
  });
});
