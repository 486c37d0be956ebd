import * as https from "node:https";
import { AddressInfo, Socket } from "node:net";
import { makeCertificate } from "./certificates";

/** One node of a fake Vault; tests set and read it. */
export interface FakeNode {
  name: string;
  /** Whether it takes connections. */
  up: boolean;
  initialized: boolean;
  sealed: boolean;
  standby: boolean;
  /** Key by key, in the order in which they came. */
  given: string[];
}

/** Several nodes behind one address, as behind a LoadBalancer: each connection leads to the next one. */
export class FakeNodes {
  private connections = 0;
  private readonly chosen = new WeakMap<Socket, FakeNode>();

  private constructor(
    private readonly server: https.Server,
    private readonly caPem: string,
    readonly nodes: FakeNode[],
    private readonly unsealKeys: string[],
  ) {}

  static async start(count: number, unsealKeys: string[]): Promise<FakeNodes> {
    const { certificatePem, keyPem } = await makeCertificate({
      name: "127.0.0.1",
      ipAddresses: ["127.0.0.1"],
    });
    const server = https.createServer({ cert: certificatePem, key: keyPem });
    const nodes = Array.from({ length: count }, (_, index) => ({
      name: `vault-${index}`,
      up: true,
      initialized: true,
      sealed: true,
      standby: index > 0,
      given: [],
    }));
    const fake = new FakeNodes(server, certificatePem, nodes, unsealKeys);
    server.on("secureConnection", (socket: Socket) => {
      const node = nodes[fake.connections++ % count]!;
      fake.chosen.set(socket, node);
      if (!node.up) {
        socket.destroy();
      }
    });
    server.on("request", (request, response) => {
      let text = "";
      request.on("data", (part) => (text += part));
      request.on("end", () => {
        const node = fake.chosen.get(request.socket)!;
        const [status, body] = fake.answer(node, request.url ?? "", text ? JSON.parse(text) : {});
        response
          .writeHead(status, { "Content-Type": "application/json", "X-Vault-Hostname": node.name })
          .end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get endpoint(): { address: string; caPem: string } {
    return { address: `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`, caPem: this.caPem };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(node: FakeNode, url: string, body: any): [number, object] {
    const { initialized, sealed, standby } = node;
    if (url.startsWith("/v1/sys/health?")) {
      return [200, { initialized, sealed, standby, ...(standby ? { ha_connection_healthy: !sealed } : {}) }];
    }
    if (url === "/v1/sys/seal-status") {
      return [200, { initialized, sealed, t: this.unsealKeys.length }];
    }
    if (url === "/v1/sys/unseal" && !initialized) {
      return [400, { errors: ["Vault is not initialized"] }];
    }
    if (url === "/v1/sys/unseal") {
      node.given.push(body.key);
      const pending = node.given.slice(-this.unsealKeys.length);
      node.sealed = this.unsealKeys.some((key) => !pending.includes(key));
      return [200, { sealed: node.sealed }];
    }
    return [404, { errors: [] }];
  }
}
