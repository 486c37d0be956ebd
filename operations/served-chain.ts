import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as tls from "node:tls";

export interface ServedChain {
  /** From the leaf up, as far as it was served or the root stands above it. */
  certificates: X509Certificate[];
  /** Why a client that trusts only the root would go away; undefined when it would stay. */
  fault?: string;
}

/**
 * What a server shows of itself in a TLS handshake, good or not.
 *
 * @param serverName Host name that is asked for; an IP address asks for none.
 * @throws Error when nothing answers.
 */
export async function servedChain(
  { address, port, serverName }: { address: string; port: number; serverName: string },
  rootPem: string,
  timeoutSeconds = 10,
): Promise<ServedChain> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: address,
      port,
      servername: isIP(serverName) ? "" : serverName,
      ca: rootPem,
      // An expired one is to be shown as well.
      rejectUnauthorized: false,
    });
    socket.setTimeout(timeoutSeconds * 1000, () =>
      socket.destroy(new Error(`no answer within ${timeoutSeconds} s`)),
    );
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      const chain = {
        certificates: certificatesOf(socket.getPeerCertificate(true)),
        ...(socket.authorized ? {} : { fault: String(socket.authorizationError) }),
      };
      socket.destroy();
      resolve(chain);
    });
  });
}

function certificatesOf(leaf: tls.DetailedPeerCertificate): X509Certificate[] {
  const certificates: X509Certificate[] = [];
  let next: tls.DetailedPeerCertificate | undefined = leaf;
  while (next?.raw) {
    certificates.push(new X509Certificate(next.raw));
    // A root names itself as its issuer.
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return certificates;
}
