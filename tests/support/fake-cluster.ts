import type { IncomingMessage, ServerResponse } from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { makeCertificate } from "./certificates";
import { servePortForwards, type ForwardTargets } from "./fake-port-forward";

interface ClusterClass {
  name: string;
  default?: boolean;
  /** Of a storage class. Default `test`. */
  provisioner?: string;
}

const groups: Record<string, { kind: string; apiVersion: string; annotation: string }> = {
  "/apis/storage.k8s.io/v1/storageclasses": {
    kind: "StorageClass",
    apiVersion: "storage.k8s.io/v1",
    annotation: "storageclass.kubernetes.io/is-default-class",
  },
  "/apis/networking.k8s.io/v1/ingressclasses": {
    kind: "IngressClass",
    apiVersion: "networking.k8s.io/v1",
    annotation: "ingressclass.kubernetes.io/is-default-class",
  },
};

/** An API server on 127.0.0.1 that answers what the preflight asks, and what it is given. */
export class FakeCluster {
  storageClasses: ClusterClass[] = [{ name: "longhorn", default: true }];
  ingressClasses: ClusterClass[] = [{ name: "haproxy", default: true }];
  /** Namespaces, and whether they are being deleted. */
  namespaces: Record<string, { deleted: boolean }> = { team: { deleted: false } };
  /** Bearer token that it wants; any without. */
  token?: string;
  /** Paths that it answers with a status instead, or with a text, or, for null, never. */
  answers: Record<string, number | string | null> = {};
  /** Where port-forwards to pods lead. */
  forwards: ForwardTargets = {};
  /** Status that it answers to port-forwards instead. */
  refusesForwards?: number;
  /** Objects and lists by path, whatever is asked of them. */
  objects: Record<string, object> = {};

  private constructor(
    private readonly server: https.Server,
    /** PEM: signs the server's certificate, and is it. */
    readonly caPem: string,
  ) {}

  static async start(): Promise<FakeCluster> {
    const { certificatePem, keyPem } = await makeCertificate({
      name: "kubernetes",
      ipAddresses: ["127.0.0.1"],
    });
    const server = https.createServer({ cert: certificatePem, key: keyPem });
    const cluster = new FakeCluster(server, certificatePem);
    server.on("request", (request, response) => cluster.answer(request, response));
    servePortForwards(
      server,
      () => cluster.forwards,
      () => cluster.refusesForwards,
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return cluster;
  }

  get address(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Content of a kubeconfig that leads here. */
  get kubeconfig(): string {
    const cluster = {
      server: this.address,
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

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "").replace(/\?.*$/, "").replace(/\/$/, "");
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      respond(response, 401, status(401));
      return;
    }
    const answer = this.answers[path];
    if (answer === null) {
      return;
    }
    if (typeof answer === "string") {
      response.writeHead(200, { "Content-Type": "text/html" }).end(answer);
    } else if (typeof answer === "number") {
      respond(response, answer, status(answer));
    } else if (path === "/version") {
      respond(response, 200, { major: "1", minor: "34", gitVersion: "v1.34.2" });
    } else if (this.namespaces[path.replace("/api/v1/namespaces/", "")]) {
      const name = path.replace("/api/v1/namespaces/", "");
      const { deleted } = this.namespaces[name]!;
      const metadata = { name, ...(deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) };
      respond(response, 200, { kind: "Namespace", apiVersion: "v1", metadata });
    } else if (this.objects[path]) {
      respond(response, 200, this.objects[path]);
    } else if (!groups[path]) {
      // Nothing of an earlier run.
      respond(response, 404, status(404));
    } else {
      respond(response, 200, this.list(path));
    }
  }

  private list(path: string): object {
    const { kind, apiVersion, annotation } = groups[path]!;
    const classes = kind === "StorageClass" ? this.storageClasses : this.ingressClasses;
    const items = classes.map((one) => ({
      metadata: { name: one.name, ...(one.default ? { annotations: { [annotation]: "true" } } : {}) },
      ...(kind === "StorageClass"
        ? { provisioner: one.provisioner ?? "test" }
        : { spec: { controller: "test" } }),
    }));
    return { kind: `${kind}List`, apiVersion, metadata: {}, items };
  }
}

function status(code: number): object {
  return { kind: "Status", apiVersion: "v1", status: "Failure", message: "secret of the server 4711", code };
}

function respond(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
