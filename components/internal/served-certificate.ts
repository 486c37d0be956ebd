import * as tls from "node:tls";
import { X509Certificate } from "node:crypto";

/**
 * PEM: the leaf that an address serves, whether anybody would trust it or not; undefined where nothing answers.
 *
 * @param serverName Host name that is asked for (SNI).
 */
export async function servedCertificate(
  address: string,
  port: number,
  serverName: string,
  timeoutSeconds: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Nothing but the certificate is taken from this connection, and nothing is sent.
    const socket = tls.connect({ host: address, port, servername: serverName, rejectUnauthorized: false });
    socket.setTimeout(timeoutSeconds * 1000, () => socket.destroy());
    socket.once("error", () => resolve(undefined));
    socket.once("close", () => resolve(undefined));
    socket.once("secureConnect", () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw).toString());
      socket.destroy();
    });
  });
}
