import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ingressAddress, nodeName } from "./addresses";
import { kubectl, type Cluster } from "./kubectl";

const manifests = path.join(__dirname, "..", "manifests");

/** Waits until the node takes pods. */
export async function waitForNode(cluster: Cluster): Promise<void> {
  await kubectl(cluster, "wait", "--for=condition=Ready", `node/${nodeName}`, "--timeout=90s");
}

/** What the home lab had before the story begins: names, volumes, an ingress controller with its address. */
export async function installAddons(cluster: Cluster): Promise<void> {
  await kubectl(cluster, "apply", "--server-side", "--force-conflicts", `--filename=${manifests}`);
}

/** Waits until cluster DNS and the ingress controller serve, the latter under its LoadBalancer address. */
export async function waitForAddons(cluster: Cluster): Promise<void> {
  for (const [namespace, deployment] of [
    ["kube-system", "coredns"],
    ["haproxy-ingress", "haproxy-ingress"],
  ]) {
    await waitForDeployment(cluster, `--namespace=${namespace}`, `deployment/${deployment}`);
  }
  await waitForIngressAddress(cluster, 60);
}

async function waitForDeployment(cluster: Cluster, namespace: string, deployment: string): Promise<void> {
  try {
    await kubectl(cluster, "rollout", "status", namespace, deployment, "--timeout=180s");
  } catch (error) {
    const pods = await kubectl(cluster, "get", "pods", namespace);
    const log = await kubectl(cluster, "logs", namespace, deployment, "--tail=10").catch(() => "no log");
    throw new Error(`${(error as Error).message}\n${pods}${log}`, { cause: error });
  }
}

async function waitForIngressAddress(cluster: Cluster, timeoutSeconds: number): Promise<void> {
  const query = ["--namespace=haproxy-ingress", "--output=jsonpath={.status.loadBalancer.ingress[*].ip}"];
  const deadline = Date.now() + timeoutSeconds * 1000;
  let address = "";
  while (address !== ingressAddress) {
    if (Date.now() > deadline) {
      throw new Error(
        `Service haproxy-ingress has the address "${address}" after ${timeoutSeconds} s, not ${ingressAddress}: see lab logs kube-vip`,
      );
    }
    address = await kubectl(cluster, "get", "service", "haproxy-ingress", ...query);
    if (address !== ingressAddress) await sleep(500);
  }
}
