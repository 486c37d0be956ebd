import * as https from "node:https";
import { AddressInfo } from "node:net";
import { makeCertificate } from "./certificates";

/** The classes that a fake cluster has; the first of each kind is the default. */
export interface FakeClusterClasses {
  storageClasses: string[];
  ingressClasses: string[];
}

/** The few paths of the Kubernetes API that the program looks at before it begins, on the loopback interface. */
export class FakeCluster {
  private constructor(
    private readonly server: https.Server,
    private readonly caPem: string,
  ) {}

  static async start({ storageClasses, ingressClasses }: FakeClusterClasses): Promise<FakeCluster> {
    const answers: Record<string, object> = {
      "/version": { major: "1", minor: "35", gitVersion: "v1.35.0" },
      "/apis/storage.k8s.io/v1/storageclasses": classList("storageclass", storageClasses),
      "/apis/networking.k8s.io/v1/ingressclasses": classList("ingressclass", ingressClasses),
    };
    const { certificatePem, keyPem } = await makeCertificate({
      name: "127.0.0.1",
      ipAddresses: ["127.0.0.1"],
    });
    const server = https.createServer({ cert: certificatePem, key: keyPem }, (request, response) => {
      const body = answers[request.url?.replace(/\/$/, "") ?? ""];
      response.writeHead(body ? 200 : 404, { "Content-Type": "application/json" });
      response.end(JSON.stringify(body ?? { kind: "Status", code: 404 }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new FakeCluster(server, certificatePem);
  }

  /** Content of a kubeconfig that leads here. */
  get kubeconfig(): string {
    const cluster = {
      server: `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`,
      "certificate-authority-data": Buffer.from(this.caPem).toString("base64"),
    };
    // JSON is YAML too.
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "fake", cluster }],
      users: [{ name: "fake", user: {} }],
      contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
      "current-context": "fake",
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function classList(resource: string, names: string[]): object {
  const group = resource === "storageclass" ? "storageclass.kubernetes.io" : "ingressclass.kubernetes.io";
  return {
    items: names.map((name, index) => ({
      metadata: { name, annotations: { [`${group}/is-default-class`]: String(index === 0) } },
    })),
  };
}
