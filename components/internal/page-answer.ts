import * as https from "node:https";
import { HandshakeTarget } from "./trusted-handshake";

/** What a proxy says that has no server to pass a request on to, or none that answers. RFC 9110, 15.6.3 to 15.6.5. */
const noServer = [502, 503, 504];

/**
 * Asks for a page over TLS, trusting nothing but the root.
 *
 * @returns the HTTP status
 * @throws Error when nothing answers in time, or the certificate is not good.
 */
export async function pageStatus(
  target: HandshakeTarget,
  path: string,
  timeoutSeconds: number,
): Promise<number> {
  const { address: host, port, serverName: servername, trustedRootPem: ca } = target;
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  const options = { host, port, servername, ca, path, headers: { host: servername }, agent: false, signal };
  return new Promise((resolve, reject) =>
    https
      .get(options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .once("error", (error) =>
        reject(signal.aborted ? new Error(`GET ${path}: no answer within ${timeoutSeconds} s`) : error),
      ),
  );
}

/**
 * Takes any answer that comes from the page itself, also a refusal.
 *
 * @throws Error when nothing answers in time, or the proxy in front of the page answers in its place.
 */
export async function pageAnswer(
  target: HandshakeTarget,
  path: string,
  timeoutSeconds: number,
): Promise<void> {
  const status = await pageStatus(target, path, timeoutSeconds);
  if (noServer.includes(status)) {
    throw new Error(`GET ${path} is answered with ${status}: the ingress has no server that is ready`);
  }
}
