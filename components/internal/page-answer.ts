import * as https from "node:https";
import { HandshakeTarget } from "./trusted-handshake";

/** What a proxy says that has no server to pass a request on to, or none that answers. RFC 9110, 15.6.3 to 15.6.5. */
const noServer = [502, 503, 504];

/**
 * Asks for a page over TLS and takes any answer that comes from the page itself, also a refusal.
 *
 * @throws Error when nothing answers in time, or the proxy in front of the page answers in its place.
 */
export async function pageAnswer(
  target: HandshakeTarget,
  path: string,
  timeoutSeconds: number,
): Promise<void> {
  const { address: host, port, serverName: servername, trustedRootPem: ca } = target;
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const options = { host, port, servername, ca, path, headers: { host: servername }, agent: false };
    const request = https.get(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.setTimeout(timeoutSeconds * 1000, () =>
      request.destroy(new Error(`GET ${path}: no answer within ${timeoutSeconds} s`)),
    );
    request.once("error", reject);
  });
  if (status !== undefined && noServer.includes(status)) {
    throw new Error(`GET ${path} is answered with ${status}: the ingress has no server that is ready`);
  }
}
