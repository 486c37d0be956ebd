import type * as tls from "node:tls";
import { handshake } from "./handshake";

export interface HandshakeTarget {
  /** IP address or host name to connect to. */
  address: string;
  port: number;
  /** Host name that is asked for (SNI) and that the certificate must name. */
  serverName: string;
  /** PEM; the only root that is trusted. */
  trustedRootPem: string;
}

/** The chain that was served and found good. */
export interface ServedCertificate {
  /** ISO 8601. */
  notBefore: string;
  /** ISO 8601. */
  notAfter: string;
  /** Subjects from the leaf up to the trusted root, one `CN=…` text each. */
  chainSubjects: string[];
  /** SHA-256 of the leaf, hex with colons. */
  fingerprint: string;
}

function subjectText(certificate: tls.DetailedPeerCertificate): string {
  return Object.entries(certificate.subject)
    .map(([attribute, value]) => `${attribute}=${Array.isArray(value) ? value.join("+") : value}`)
    .join(", ");
}

function describe(leaf: tls.DetailedPeerCertificate): ServedCertificate {
  const chainSubjects: string[] = [];
  let certificate: tls.DetailedPeerCertificate | undefined = leaf;
  while (certificate) {
    chainSubjects.push(subjectText(certificate));
    // A root names itself as its issuer.
    const issuer: tls.DetailedPeerCertificate | undefined = certificate.issuerCertificate;
    certificate = issuer === certificate ? undefined : issuer;
  }
  return {
    notBefore: new Date(leaf.valid_from).toISOString(),
    notAfter: new Date(leaf.valid_to).toISOString(),
    chainSubjects,
    fingerprint: leaf.fingerprint256,
  };
}

/**
 * One TLS handshake as a browser would make it that trusts nothing but the given root.
 *
 * @throws Error when nothing answers, or the chain, the name or the dates are not good.
 */
export async function trustedHandshake(
  target: HandshakeTarget,
  timeoutSeconds: number,
): Promise<ServedCertificate> {
  const { address: host, port, serverName: servername, trustedRootPem: ca } = target;
  return handshake({ host, port, servername, ca }, timeoutSeconds, (socket) =>
    describe(socket.getPeerCertificate(true)),
  );
}
