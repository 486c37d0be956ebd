import * as os from "node:os";
import { inLab } from "../tests/support/lab";
import type { Machine } from "./results";

/** What the run is on. */
export async function describeMachine(): Promise<Machine> {
  const processors = os.cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Number((os.totalmem() / 1024 ** 3).toFixed(1)),
    kernel: os.release(),
    versions: {
      "Node.js": process.versions.node,
      Pulumi: (await inLab(["pulumi", "version"])).trim(),
      Kubernetes: await kubernetesVersion(),
      Vault: /^Vault (\S+)/.exec(await inLab(["vault", "version"]))?.[1] ?? "unknown",
      "cert-manager's chart": await chartVersion("certManagerChart"),
      "podinfo's chart": await chartVersion("podinfoChart"),
    },
  };
}

async function kubernetesVersion(): Promise<string> {
  const answer = JSON.parse(await inLab(["kubectl", "version", "-o", "json"])) as {
    serverVersion: { gitVersion: string };
  };
  return answer.serverVersion.gitVersion;
}

async function chartVersion(setting: string): Promise<string> {
  const chart = (await inLab(["pulumi", "config", "get", setting])).trim();
  return /^version: (\S+)/m.exec(await inLab(["helm", "show", "chart", chart]))?.[1] ?? "unknown";
}

/** The commit that is measured; "+" for files that were changed since, other results aside. */
export async function describeCommit(): Promise<string> {
  const script =
    'printf %s "$(git rev-parse --short=12 HEAD)"; [ -z "$(git status --porcelain -- . ":!bench/results")" ] || printf +';
  return inLab(["sh", "-c", script]);
}
