/** What a certificate is for: the end of a TLS connection that shows it. */
export enum CertificateUsage {
  /** Servers. */
  Server = "server",
  /** Clients, for mutual TLS. */
  Client = "client",
  /** Servers and clients. */
  Both = "both",
}

/** Kind of key that a role of Vault wants in certificates. */
export enum KeyType {
  /** Whichever the asking side prefers. */
  Any = "any",
  /** RSA. */
  Rsa = "rsa",
  /** ECDSA on a NIST curve. */
  Ec = "ec",
  /** Ed25519. */
  Ed25519 = "ed25519",
}
