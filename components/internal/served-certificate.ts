import { X509Certificate } from "node:crypto";
import { handshake } from "./handshake";

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
  // Nothing but the certificate is taken from this connection, and nothing is sent.
  const options = { host: address, port, servername: serverName, rejectUnauthorized: false };
  return handshake(options, timeoutSeconds, (socket) =>
    new X509Certificate(socket.getPeerCertificate().raw).toString(),
  ).catch(() => undefined);
}
