import { kubectl, type Cluster } from "./cluster/kubectl";
import { runInside } from "./cluster/run-inside";
import { labEnvironment } from "./environment";

/** The parts of a Kubernetes object that the status speaks of. */
interface KubernetesObject {
  metadata: { name: string; namespace?: string };
  spec?: { rules?: { host?: string }[]; tls?: unknown[] };
  status?: {
    phase?: string;
    notAfter?: string;
    nodeInfo?: { kubeletVersion: string };
    conditions?: { type: string; status: string; message?: string }[];
    loadBalancer?: { ingress?: { ip?: string }[] };
  };
}

/** Prints node, pods, seal state, issuer, certificate and URL, one line each. Returns whether all of them are well. */
export async function printStatus(cluster: Cluster): Promise<boolean> {
  const rows = [
    await objects(cluster, "node", "nodes", describeNode),
    await pods(cluster),
    await vault(cluster),
    await objects(cluster, "issuer", "clusterissuers.cert-manager.io", describeReady),
    await objects(cluster, "certificate", "certificates.cert-manager.io", describeCertificate),
    await objects(cluster, "url", "ingresses.networking.k8s.io", describeIngress),
  ];
  for (const { name, lines } of rows) {
    lines.forEach((line, index) => process.stdout.write(`${(index === 0 ? name : "").padEnd(13)}${line}\n`));
  }
  return rows.every((row) => row.well);
}

interface Row {
  name: string;
  lines: string[];
  well: boolean;
}

interface Description {
  text: string;
  well: boolean;
}

async function objects(
  cluster: Cluster,
  name: string,
  kind: string,
  describe: (object: KubernetesObject) => Description,
): Promise<Row> {
  const found = (await list(cluster, kind)).map(describe);
  if (found.length === 0) return { name, lines: ["none"], well: false };
  return { name, lines: found.map(({ text }) => text), well: found.every(({ well }) => well) };
}

async function pods(cluster: Cluster): Promise<Row> {
  const running = (await list(cluster, "pods")).filter((pod) => pod.status?.phase !== "Succeeded");
  const unready = running.filter((pod) => !isReady(pod));
  const lines = [
    `${running.length - unready.length} of ${running.length} ready`,
    ...unready.map((pod) => `not ready: ${fullName(pod)} (${pod.status?.phase})`),
  ];
  return { name: "pods", lines, well: unready.length === 0 };
}

async function vault(cluster: Cluster): Promise<Row> {
  const env = labEnvironment(cluster.layout);
  const address = env["VAULT_ADDR"];
  const curl = ["curl", "--silent", "--show-error", "--max-time", "5", "--cacert", env["VAULT_CACERT"] ?? ""];
  try {
    const answer = await runInside(cluster.namespaces, [...curl, `${address}/v1/sys/seal-status`]);
    const state = JSON.parse(answer) as { initialized: boolean; sealed: boolean; version: string };
    const seal = state.initialized ? (state.sealed ? "sealed" : "unsealed") : "not initialized";
    return {
      name: "vault",
      lines: [`${seal}, ${state.version}, ${address}`],
      well: state.initialized && !state.sealed,
    };
  } catch {
    return { name: "vault", lines: [`does not answer at ${address}`], well: false };
  }
}

/** Empty also when the cluster does not know the kind yet. */
async function list(cluster: Cluster, kind: string): Promise<KubernetesObject[]> {
  try {
    const answer = await kubectl(
      cluster,
      "get",
      kind,
      "--all-namespaces",
      "--output=json",
      "--request-timeout=10s",
    );
    return (JSON.parse(answer) as { items: KubernetesObject[] }).items;
  } catch (error) {
    if (/doesn't have a resource type/.test((error as Error).message)) return [];
    throw error;
  }
}

function fullName(object: KubernetesObject): string {
  return [object.metadata.namespace, object.metadata.name].filter(Boolean).join("/");
}

function isReady(object: KubernetesObject): boolean {
  return (
    object.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false
  );
}

function describeReady(object: KubernetesObject): Description {
  const well = isReady(object);
  const message = object.status?.conditions?.find(({ type }) => type === "Ready")?.message;
  return {
    text: `${fullName(object)} ${well ? "Ready" : `not ready: ${message ?? "no condition yet"}`}`,
    well,
  };
}

function describeNode(node: KubernetesObject): Description {
  const { text, well } = describeReady(node);
  return { text: `${text}, ${node.status?.nodeInfo?.kubeletVersion}`, well };
}

function describeCertificate(certificate: KubernetesObject): Description {
  const { text, well } = describeReady(certificate);
  const end = certificate.status?.notAfter;
  return { text: end ? `${text}, until ${end}` : text, well };
}

function describeIngress(ingress: KubernetesObject): Description {
  const address = ingress.status?.loadBalancer?.ingress?.[0]?.ip;
  const scheme = ingress.spec?.tls ? "https" : "http";
  const urls = (ingress.spec?.rules ?? []).map((rule) => `${scheme}://${rule.host ?? address}`);
  return { text: `${urls.join(" ")} at ${address ?? "no address yet"}`, well: address !== undefined };
}
