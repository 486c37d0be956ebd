import { inLab, kubectl } from "../../tests/support/lab";
import type { Pod } from "../critical-path";
import { certificateCounts } from "../figures";
import type { Usage } from "../inside/container-usage";
import type { Bench, Measure } from "../measure";
import { inside } from "../timed";

const namespace = "bench-certificates";
const issuers = { vault: "vault-issuer", ca: "bench-ca" };
const measured = {
  vault: ["vault", "component=server"],
  "cert-manager": ["cert-manager", "app.kubernetes.io/component=controller"],
};

export const certificates: Measure = {
  name: "certificates",
  about: `${certificateCounts.join(", ")} Certificates at once, by Vault and by cert-manager's CA issuer; CPU and memory`,
  async repeatedly(bench, repetitions) {
    await bench.stack.standing();
    await makeCaIssuer();
    try {
      for (const count of certificateCounts) {
        for (let repetition = 0; repetition < repetitions; repetition++) {
          for (const issuer of ["ca", "vault"] as const) {
            bench.progress(`${count} by ${issuers[issuer]}, ${repetition + 1} of ${repetitions}`);
            await issue(bench, count, issuer);
          }
        }
      }
    } finally {
      await remove();
    }
  },
};

async function issue({ record }: Bench, count: number, issuer: "ca" | "vault"): Promise<void> {
  await inLab(["kubectl", "create", "namespace", namespace]);
  try {
    const wishes = Array.from({ length: count }, (_, index) => certificateOf(index + 1, issuers[issuer]));
    const before = await containerUsage();
    // From the first object until cert-manager has all of them Ready, without what it takes to enter the lab.
    const script = `began=$(date +%s%3N)
kubectl create -f - >/dev/null
kubectl -n ${namespace} wait --for=condition=Ready certificates --all --timeout=1800s >/dev/null
echo $(($(date +%s%3N) - began))`;
    const list = { apiVersion: "v1", kind: "List", items: wishes };
    const milliseconds = Number(await inLab(["bash", "-ec", script], { input: JSON.stringify(list) }));
    record(`certificates-${issuer}-${count}`, count / (milliseconds / 1000));
    const after = await containerUsage();
    if (count === certificateCounts.at(-1)) {
      Object.keys(measured).forEach((container, index) => {
        const figure = `usage-${container}-by-${issuer}`;
        record(`${figure}-cpu`, after[index]!.cpuSeconds - before[index]!.cpuSeconds);
        record(`${figure}-memory`, after[index]!.peakMiB);
      });
    }
  } finally {
    await inLab(["kubectl", "delete", "namespace", namespace]);
  }
}

function certificateOf(number: number, issuer: string): object {
  const name = `leaf-${number}`;
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name, namespace },
    spec: {
      secretName: name,
      dnsNames: [`${name}.homelab.local`],
      duration: "1h",
      renewBefore: "5m",
      privateKey: { algorithm: "ECDSA", size: 256 },
      issuerRef: { kind: "ClusterIssuer", name: issuer },
    },
  };
}

/** Of the containers in `measured`, in its order; peaks since the last look. */
async function containerUsage(): Promise<Usage[]> {
  const ids = await Promise.all(
    Object.entries(measured).map(async ([container, [where, label]]) => {
      const { items } = (await kubectl("-n", where!, "get", "pods", "-l", label!)) as { items: Pod[] };
      const all = items.flatMap(({ status }) => status.containerStatuses ?? []);
      const found = all.find(({ name }) => name === container || name === `${container}-controller`);
      return found?.containerID.replace(/^.*\/\//, "") ?? "";
    }),
  );
  if (ids.includes("")) {
    throw new Error("the containers of Vault and cert-manager were not found");
  }
  return JSON.parse(await inLab(inside("container-usage.ts", ...ids))) as Usage[];
}

/** A CA of cert-manager's own, with a key of the kind and size that Vault's issuing CA has. */
async function makeCaIssuer(): Promise<void> {
  const issuerRef = { kind: "ClusterIssuer", name: "bench-self-signed" };
  const objects = [
    { kind: "ClusterIssuer", metadata: { name: issuerRef.name }, spec: { selfSigned: {} } },
    {
      kind: "Certificate",
      metadata: { name: issuers.ca, namespace: "cert-manager" },
      spec: {
        isCA: true,
        commonName: "bench CA",
        secretName: issuers.ca,
        privateKey: { algorithm: "RSA", size: 2048 },
        issuerRef,
      },
    },
    { kind: "ClusterIssuer", metadata: { name: issuers.ca }, spec: { ca: { secretName: issuers.ca } } },
  ].map((object) => ({ apiVersion: "cert-manager.io/v1", ...object }));
  await inLab(["kubectl", "apply", "-f", "-"], {
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
  });
  await inLab(["kubectl", "wait", "--for=condition=Ready", `clusterissuer/${issuers.ca}`, "--timeout=180s"]);
}

async function remove(): Promise<void> {
  const gone = ["--ignore-not-found", "--wait"];
  await inLab(["kubectl", "delete", "clusterissuers", issuers.ca, "bench-self-signed", ...gone]);
  await inLab([
    "kubectl",
    "-n",
    "cert-manager",
    "delete",
    `certificate/${issuers.ca}`,
    `secret/${issuers.ca}`,
    ...gone,
  ]);
}
