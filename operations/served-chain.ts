import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type * as tls from "node:tls";
import { handshake } from "../components/internal/handshake";
import { trustedBy } from "../components/internal/vault-client";

export interface ServedChain {
  /** From the leaf up, as far as it was served or the root stands above it. */
  certificates: X509Certificate[];
  /** Why a client that trusts only the root would go away; undefined when it would stay. */
  fault?: string;
}

/**
 * What a server shows of itself in a TLS handshake, good or not.
 *
 * @param rootPem PEM: what it is checked against; empty for what this machine trusts.
 * @param serverName Host name that is asked for; an IP address asks for none.
 * @throws Error when nothing answers.
 */
export async function servedChain(
  { address, port, serverName }: { address: string; port: number; serverName: string },
  rootPem: string,
  timeoutSeconds = 10,
): Promise<ServedChain> {
  const options = {
    host: address,
    port,
    servername: isIP(serverName) ? "" : serverName,
    ca: trustedBy({ caPem: rootPem }),
    // An expired one is to be shown as well.
    rejectUnauthorized: false,
  };
  return handshake(options, timeoutSeconds, (socket) => ({
    certificates: certificatesOf(socket.getPeerCertificate(true)),
    ...(socket.authorized ? {} : { fault: String(socket.authorizationError) }),
  }));
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
