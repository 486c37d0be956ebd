import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a Kubernetes API answers, by a status and an object. */
export type Answer = [status: number, body: object];

/** A Kubernetes API on 127.0.0.1 that answers as the test says. */
export interface FakeApi {
  /** Content of a kubeconfig that leads to it. */
  kubeconfig: string;
  stop(): Promise<void>;
}

export async function fakeApi(
  answer: (request: IncomingMessage, url: URL, body: any) => Answer,
): Promise<FakeApi> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      const url = new URL(request.url ?? "", "http://fake");
      const [status, body] = answer(request, url, text ? JSON.parse(text) : undefined);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = JSON.stringify({
    clusters: [{ name: "fake", cluster: { server: address, "insecure-skip-tls-verify": true } }],
    users: [{ name: "fake", user: { token: "token" } }],
    contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
    "current-context": "fake",
  });
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { kubeconfig, stop };
}
