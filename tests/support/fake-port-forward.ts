import type * as https from "node:https";
import * as net from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

/** Ports of 127.0.0.1 that pods of a namespace answer at, by their path: `vault/vault-0`. */
export type ForwardTargets = Record<string, number>;

const path = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/portforward\?ports=(\d+)$/;

/**
 * Has an API server forward ports to pods as kubelets do for web sockets: two channels a port, one for data and one for
 * what went wrong, each begins with the number of the port.
 *
 * @param answer Status that it answers in their place; undefined for forwards.
 */
export function servePortForwards(
  server: https.Server,
  targets: () => ForwardTargets,
  answer: () => number | undefined,
): void {
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has("v4.channel.k8s.io") ? "v4.channel.k8s.io" : false),
  });
  server.on("upgrade", (request, socket, head) => {
    const [, namespace, pod, port] = path.exec(request.url ?? "") ?? [];
    const status = answer() ?? (pod === undefined ? 404 : undefined);
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (tunnel) =>
      forward(tunnel, Number(port), targets()[`${namespace}/${pod}`]),
    );
  });
}

function forward(tunnel: WebSocket, podPort: number, target: number | undefined): void {
  const send = (channel: number, data: Buffer) => tunnel.send(Buffer.concat([Buffer.from([channel]), data]));
  const begin = Buffer.alloc(2);
  begin.writeUInt16LE(podPort);
  send(0, begin);
  send(1, begin);
  const pod = net.connect({ port: target ?? 1, host: "127.0.0.1" });
  pod.on("data", (data: Buffer) => send(0, data));
  pod.on("error", (error) => {
    send(1, Buffer.from(`error forwarding port ${podPort} to pod: ${error.message}`));
    // No kubelet does that, and no client is to fall over it.
    send(0, Buffer.from("after the end"));
  });
  pod.on("close", () => tunnel.close());
  tunnel.on("message", (message: Buffer) => pod.write(message.subarray(1)));
  tunnel.on("close", () => pod.destroy());
}
