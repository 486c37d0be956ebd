import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiException, CoreV1Api, CustomObjectsApi, KubeConfig } from "@kubernetes/client-node";

/** What was seen of the Certificates; written to its standard output as JSON. */
export interface RenewalReport {
  renewed: number;
  /** What cert-manager reported of any of them that is no success. */
  troubles: string[];
  /** PEM: what each of them has got last, the leaf and the CAs above it. */
  chains: string[];
}

const namespace = "default";
const label = "rotation=true";
const group = { group: "cert-manager.io", version: "v1", namespace };
const config = new KubeConfig();
config.loadFromDefault();
const objects = config.makeApiClient(CustomObjectsApi);
const core = config.makeApiClient(CoreV1Api);

const nameOf = (index: number) => `rotation-${index}`;
const isReady = (certificate: any) =>
  certificate.status?.conditions?.some(({ type, status }: any) => type === "Ready" && status === "True");

async function read(name: string): Promise<any> {
  return objects.getNamespacedCustomObject({ ...group, plural: "certificates", name });
}

/** As an Ingress with cert-manager's annotations has it made. */
async function request(name: string): Promise<void> {
  const body = {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name, namespace, labels: { rotation: "true" } },
    spec: {
      secretName: name,
      dnsNames: [`${name}.homelab.local`],
      privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
      issuerRef: { name: "vault-issuer", kind: "ClusterIssuer", group: "cert-manager.io" },
    },
  };
  await unless(409, objects.createNamespacedCustomObject({ ...group, plural: "certificates", body }));
  await until(`${name} is issued`, async () => isReady(await read(name)));
}

/** Tolerates one status of the API server: what is to be so is so already. */
async function unless(status: number, done: Promise<unknown>): Promise<void> {
  await done.catch((error: unknown) => {
    if (!(error instanceof ApiException) || error.code !== status) {
      throw error;
    }
  });
}

/** As `cmctl renew` does. */
async function renew(name: string): Promise<void> {
  const { revision } = (await read(name)).status;
  for (;;) {
    const certificate = await read(name);
    const issuing = {
      type: "Issuing",
      status: "True",
      reason: "ManuallyTriggered",
      message: "by a test",
      lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
      observedGeneration: certificate.metadata.generation,
    };
    const others = certificate.status.conditions.filter(({ type }: any) => type !== "Issuing");
    certificate.status.conditions = [...others, issuing];
    try {
      await objects.replaceNamespacedCustomObjectStatus({
        ...group,
        plural: "certificates",
        name,
        body: certificate,
      });
      break;
    } catch (error) {
      if (!(error instanceof ApiException) || error.code !== 409) {
        throw error;
      }
    }
  }
  await until(`${name} is renewed`, async () => (await read(name)).status.revision > revision);
}

async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 180_000;
  while (!(await ask())) {
    if (Date.now() > end) {
      throw new Error(`${what}: not within 180 s`);
    }
    await sleep(500);
  }
}

/** What cert-manager says now of any Certificate or CertificateRequest of the cluster, or of the ClusterIssuer. */
async function troubles(): Promise<string[]> {
  const everywhere = { group: "cert-manager.io", version: "v1" };
  const list = async (plural: string) =>
    ((await objects.listClusterCustomObject({ ...everywhere, plural })) as { items: any[] }).items;
  const [certificates, requests, issuers] = await Promise.all(
    ["certificates", "certificaterequests", "clusterissuers"].map(list),
  );
  const title = ({ kind, metadata }: any) => `${kind} ${metadata.name}`;
  return [
    ...certificates!.filter((one) => !isReady(one)).map((one) => `${title(one)} is not Ready`),
    ...issuers!.filter((one) => !isReady(one)).map((one) => `${title(one)} is not Ready`),
    ...requests!
      .filter(({ status }) => status?.conditions?.some(({ reason }: any) => reason === "Failed"))
      .map((one) => `${title(one)} has failed: ${JSON.stringify(one.status.conditions)}`),
  ];
}

async function remove(names: string[]): Promise<void> {
  await objects.deleteCollectionNamespacedCustomObject({
    ...group,
    plural: "certificates",
    labelSelector: label,
  });
  for (const name of names) {
    await unless(404, core.deleteNamespacedSecret({ name, namespace }));
  }
}

/**
 * Makes Certificates and renews one after the other until a file appears, then each once more. All that cert-manager
 * reports meanwhile, it is asked for once a second.
 */
async function main(count: number, atOnce: number, end: string): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => nameOf(index));
  const report: RenewalReport = { renewed: 0, troubles: [], chains: [] };
  await Promise.all(names.map(request));
  let over = false;
  const watch = (async () => {
    while (!over) {
      for (const trouble of await troubles()) {
        report.troubles.push(`${new Date().toISOString()} ${trouble}`);
      }
      await sleep(1000);
    }
  })();
  let turn = 0;
  const keepRenewing = async () => {
    while (!existsSync(end)) {
      await renew(names[turn++ % count]!);
      report.renewed += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, keepRenewing));
  for (const name of names) {
    await renew(name);
    report.renewed += 1;
    const { data } = await core.readNamespacedSecret({ name, namespace });
    report.chains.push(Buffer.from(data!["tls.crt"]!, "base64").toString());
  }
  over = true;
  await watch;
  await remove(names);
  process.stdout.write(JSON.stringify(report));
}

const [count, atOnce, end] = process.argv.slice(2);
void main(Number(count), Number(atOnce), end!);
