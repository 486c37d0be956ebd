import assert from "node:assert/strict";
import { eventually, inLab, kubectl, stackOutputs, tryInLab, vaultRead } from "../support/lab";
import { canary, pageSerial, renew } from "../support/renewal";
import { assertClean, secretNeedles } from "../support/secrets";

const log = "/vault/audit/audit.log";
const signPath = "pki_int/sign/home-lab-dot-local";

/** Runs a command in a container of Vault's pod. */
async function inVaultPod(...command: string[]): Promise<string> {
  return inLab(["kubectl", "-n", "vault", "exec", "vault-0", "-c", "vault", "--", ...command]);
}

async function vault(...args: string[]): Promise<string> {
  const { rootToken } = await stackOutputs();
  return inLab(["vault", ...args], { env: { VAULT_TOKEN: rootToken } });
}

function entries(text: string): any[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith('{"') && line.includes('"request"'))
    .map((line) => JSON.parse(line));
}

/** What the log has in place of a value. */
async function hashed(device: string, value: string): Promise<string> {
  return (await vault("write", "-field=hash", `sys/audit-hash/${device}`, `input=${value}`)).trim();
}

describe("the audit log", function () {
  this.timeout(600_000);

  let text: string;

  before(async () => {
    text = await inVaultPod("sh", "-c", `cat ${log}*`);
  });

  it("goes to the audit volume and to standard output, without raw values", async () => {
    const devices = await vaultRead("audit", "list", "-detailed");
    const options = Object.fromEntries(
      Object.entries<any>(devices).map(([path, device]) => [path, [device.type, device.options]]),
    );
    const common = { hmac_accessor: "true", log_raw: "false", mode: "0600" };
    assert.deepEqual(options, {
      "file/": ["file", { ...common, file_path: log }],
      "stdout/": ["file", { ...common, file_path: "stdout" }],
    });
  });

  it("is a file of Vault's own that nobody else can read", async () => {
    assert.equal((await inVaultPod("stat", "-c", "%a %u", log)).trim(), "600 100");
  });

  it("tells who had the page's certificate issued, and when", async () => {
    const serial = (await pageSerial()).toLowerCase().match(/../g)!.join(":");
    const device = {
      file: text,
      stdout: await inLab(["kubectl", "-n", "vault", "logs", "vault-0", "-c", "vault"]),
    };
    const found = entries(device.file).find(
      ({ type, request, response }) =>
        type === "response" && request.path === signPath && response?.data?.serial_number,
    );
    assert.ok(found, "an issuance is in the log");
    const wanted = await hashed("file", serial);
    const issuance = entries(device.file).find(({ response }) => response?.data?.serial_number === wanted);
    assert.ok(issuance, `the issuance of the page's certificate ${serial} is in the log`);
    assert.equal(issuance.request.path, signPath);
    assert.equal(issuance.request.operation, "update");
    assert.deepEqual(issuance.auth.policies, ["default", "pki_int"]);
    assert.equal(issuance.auth.metadata.service_account_name, "issuer");
    assert.equal(issuance.auth.metadata.service_account_namespace, "cert-manager");
    const inStdout = await hashed("stdout", serial);
    assert.ok(entries(device.stdout).some(({ response }) => response?.data?.serial_number === inStdout));
  });

  it("begins with the first thing that is done inside Vault: the import of the CA is in it, its key is not", async () => {
    const imported = entries(text).find(({ request }) => request.path === "pki/config/ca");
    assert.ok(imported, "the import of the CA is in the log");
    assert.match(imported.request.data.pem_bundle, /^hmac-sha256:[0-9a-f]{64}$/);
  });

  it("shows no secret of the stack", async () => {
    const needles = await secretNeedles();
    assert.ok(text.length > 10_000);
    assertClean(needles, "the audit log", text);
  });

  it("is rotated when it has grown beyond its size, without a restart", async () => {
    const size = (await inVaultPod("stat", "-c", "%s", log)).trim();
    const { restartCount } = await vaultContainer();
    // A hole takes no room on the disk.
    await inVaultPod("truncate", "-s", String(1.25 * 2 ** 30), log);
    await eventually("a new audit log", 60, async () => {
      await vault("token", "lookup");
      // Before it is rotated it is more than this process could hold.
      if (Number(await inVaultPod("stat", "-c", "%s", log)) > 1e6) {
        return false;
      }
      const now = await inVaultPod("cat", log);
      return entries(now).some(({ request }) => request.path === "auth/token/lookup-self");
    });
    await inVaultPod("truncate", "-s", size, `${log}.1`);
    assert.equal((await inVaultPod("stat", "-c", "%a %u", log)).trim(), "600 100");
    assert.equal((await vaultContainer()).restartCount, restartCount);
  });
});

async function vaultContainer(): Promise<any> {
  const pod = await kubectl("-n", "vault", "get", "pod", "vault-0");
  return pod.status.containerStatuses.find(({ name }: any) => name === "vault");
}

describe("when the audit volume is full", function () {
  this.timeout(600_000);

  /** Runs a command as the node's root in the file systems that Vault sees. */
  async function besideVault(script: string): Promise<string> {
    const { containerID } = await vaultContainer();
    const enter =
      'pid=$(ctr -n k8s.io task list | awk -v id="$0" \'$1 == id { print $2 }\'); nsenter -m -t $pid -- /bin/sh -ec "$1"';
    return inLab(["sh", "-ec", enter, containerID.replace("containerd://", ""), script]);
  }

  async function reopenLog(): Promise<void> {
    await inVaultPod("sh", "-c", "kill -HUP $(pidof vault)");
  }

  before(async () => {
    // A volume of 64 KiB in place of the real one, which Vault takes up as it does after a rotation.
    await besideVault("mount -t tmpfs -o size=64k,uid=100,gid=1000,mode=770 tmpfs /vault/audit");
    await reopenLog();
    await inVaultPod("sh", "-c", "cat /dev/zero >/vault/audit/filler 2>/dev/null; true");
  });

  after(async () => {
    await besideVault("umount -l /vault/audit");
    await reopenLog();
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--refresh"]);
  });

  it("Vault goes on with the device that still works", async () => {
    const size = await inVaultPod("stat", "-c", "%s", log);
    await renew(canary, 60);
    assert.equal(await inVaultPod("stat", "-c", "%s", log), size);
  });

  it("Vault refuses every request when no device works, and says so", async () => {
    const env = { VAULT_TOKEN: (await stackOutputs()).rootToken };
    // It is done, but its answer could not be written down any more.
    await tryInLab(["vault", "audit", "disable", "stdout"], { env });
    const refused = await tryInLab(["vault", "token", "lookup"], { env });
    assert.match(refused.stderr, /Code: 500\. Errors:\s+\* internal error/);
  });

  it("Vault serves again as soon as there is room on the volume", async () => {
    await inVaultPod("rm", "/vault/audit/filler");
    await vault("token", "lookup");
    await renew(canary, 60);
  });
});
