/**
 * Brings Vault back from a snapshot: `npm run restore -- SNAPSHOT`, where SNAPSHOT is the name of one on the volume of
 * snapshots or a file on this machine. Without it, says which there are. A Vault that runs takes a root token for it: that
 * of the stack, or, where it is revoked, one in the environment variable VAULT_TOKEN.
 */
import { createReadStream, existsSync } from "node:fs";
import * as path from "node:path";
import { restoreScript } from "./restore-script";
import { runProgram as run } from "./run-program";

const cronJobName = "vault-snapshots";
const podName = "vault-restore";
const folder = "/snapshots";
const unsealSecretName = "vault-unseal-keys";
const vaultPods = ["pods", "-l", "app.kubernetes.io/name=vault,component=server"];

interface Pod {
  metadata: { name: string };
  spec: { containers: { command?: string[] }[]; [field: string]: unknown };
  status?: { containerStatuses?: { ready: boolean }[] };
}

class VaultNamespace {
  private constructor(private readonly args: string[]) {}

  /** The namespace and the cluster that the stack's settings name. */
  static async ofStack(): Promise<VaultNamespace> {
    const settings = JSON.parse(await run("pulumi", ["config", "--json"])) as Record<
      string,
      { value?: string }
    >;
    // Its prefix is the project's name, which a project made by "pulumi new" chooses.
    const [, namespace] = Object.entries(settings).find(([key]) => key.endsWith(":vaultNamespace")) ?? [];
    const context = settings["kubernetes:context"];
    const kubeconfig = settings["kubernetes:kubeconfig"]?.value;
    return new VaultNamespace([
      ...(kubeconfig && existsSync(kubeconfig) ? ["--kubeconfig", kubeconfig] : []),
      ...(context?.value ? ["--context", context.value] : []),
      "--namespace",
      namespace?.value ?? "vault",
    ]);
  }

  async kubectl(args: string[], input?: NodeJS.ReadableStream | string): Promise<string> {
    return run("kubectl", [...args.slice(0, 1), ...this.args, ...args.slice(1)], input);
  }

  async get<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.kubectl(["get", ...args, "-o", "json"])) as T;
  }
}

/** A pod like those that write snapshots, in which nothing happens by itself. */
async function startPod(vault: VaultNamespace): Promise<{ activeAddress: string }> {
  const cronJob = await vault.get<{
    spec: { jobTemplate: { spec: { template: { metadata: object; spec: Pod["spec"] } } } };
  }>("cronjob", cronJobName);
  const { metadata, spec } = cronJob.spec.jobTemplate.spec.template;
  const [container] = spec.containers as { command: string[]; env: { name: string; value: string }[] }[];
  if (!container) {
    throw new Error(`the CronJob ${cronJobName} has no container`);
  }
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, name: podName },
    spec: {
      ...spec,
      activeDeadlineSeconds: 1800,
      containers: [{ ...container, command: ["sleep", "1800"] }],
    },
  };
  await stopPod(vault);
  await vault.kubectl(["create", "-f", "-"], JSON.stringify(pod));
  await vault.kubectl(["wait", "--for=condition=Ready", "--timeout=120s", `pod/${podName}`]);
  return { activeAddress: container.env.find(({ name }) => name === "VAULT_ADDR")?.value ?? "" };
}

async function stopPod(vault: VaultNamespace): Promise<void> {
  await vault.kubectl(["delete", "pod", podName, "--ignore-not-found", "--grace-period=1"]);
}

/** Puts the snapshot where the pod can read it; its path there. */
async function provide(vault: VaultNamespace, snapshot: string): Promise<string> {
  const name = path.basename(snapshot);
  const target = `${folder}/${name}`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    throw new Error(`${name}: give the file a name of letters, digits, ., _ and -`);
  }
  const kept = (await inPod(vault, ["ls", folder])).split("\n").filter(Boolean);
  if (existsSync(snapshot)) {
    await inPod(vault, ["sh", "-c", `umask 077; cat >${target}`], createReadStream(snapshot));
  } else if (!kept.includes(name)) {
    throw new Error(
      `${snapshot} is neither a file here nor on the volume of snapshots, which has: ${kept.join(", ") || "none"}`,
    );
  }
  return target;
}

async function inPod(
  vault: VaultNamespace,
  command: string[],
  input?: NodeJS.ReadableStream | string,
): Promise<string> {
  return vault.kubectl(["exec", "-i", podName, "--", ...command], input);
}

/** Waits until the sidecars have unsealed all nodes; one that does not come back by itself is started anew once. */
async function waitForNodes(vault: VaultNamespace): Promise<void> {
  const secrets = await vault.kubectl(["get", "secrets", "-o", "name"]);
  if (!secrets.includes(`/${unsealSecretName}\n`)) {
    console.log("Vault is sealed until it gets the unseal keys of the snapshot's time: run pulumi up");
    return;
  }
  let restarted = false;
  for (let waited = 0; waited < 300; waited += 5) {
    const pods = await vault.get<{ items: Pod[] }>(...vaultPods);
    const away = pods.items.filter(({ status }) => !status?.containerStatuses?.every(({ ready }) => ready));
    if (away.length === 0) {
      console.log("all nodes of Vault are unsealed");
      return;
    }
    if (waited >= 60 && !restarted) {
      restarted = true;
      await vault.kubectl(["delete", "pods", "--wait=false", ...away.map(({ metadata }) => metadata.name)]);
    }
    await new Promise((resolve) => setTimeout(resolve, 5000));
  }
  throw new Error("some nodes of Vault did not come back: kubectl describe pods says why");
}

async function main(snapshot: string | undefined): Promise<void> {
  const vault = await VaultNamespace.ofStack();
  const { activeAddress } = await startPod(vault);
  try {
    if (!snapshot) {
      console.log(`npm run restore -- SNAPSHOT, one of:\n${await inPod(vault, ["ls", folder])}or a file`);
      process.exitCode = 2;
      return;
    }
    const file = await provide(vault, snapshot);
    const rootToken =
      process.env.VAULT_TOKEN ??
      (await run("pulumi", ["stack", "output", "rootToken", "--show-secrets"]).catch(() => ""));
    const places = { first: "https://vault-0.vault-internal:8200", active: activeAddress, file };
    process.stdout.write(await inPod(vault, ["sh", "-c", restoreScript(places)], rootToken.trim()));
  } finally {
    await stopPod(vault);
  }
  await waitForNodes(vault);
}

main(process.argv[2]).catch((error: Error) => {
  console.error(`restore: ${error.message}`);
  process.exitCode = 1;
});
