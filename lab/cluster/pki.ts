import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as x509 from "@peculiar/x509";
import { apiServerClusterAddress, nodeAddress, nodeName } from "./addresses";

// The cluster's own certificates, as kubeadm would make them. They have nothing to do with the owner's CA.

/** Who a certificate is for: its file name, and the user and group Kubernetes reads from its subject. */
interface Identity {
  file: string;
  user: string;
  group?: string;
  names?: x509.JsonGeneralNames;
}

const dns = (value: string) => ({ type: "dns" as const, value });
const ip = (value: string) => ({ type: "ip" as const, value });

const identities: Identity[] = [
  {
    file: "apiserver",
    user: "kube-apiserver",
    names: [
      ...["", ".default", ".default.svc", ".default.svc.cluster.local"].map((end) => dns(`kubernetes${end}`)),
      dns("localhost"),
      ...["127.0.0.1", apiServerClusterAddress, nodeAddress].map(ip),
    ],
  },
  {
    file: "kubelet",
    user: `system:node:${nodeName}`,
    group: "system:nodes",
    names: [dns(nodeName), ip(nodeAddress)],
  },
  { file: "admin", user: "lab-admin", group: "system:masters" },
  { file: "controller-manager", user: "system:kube-controller-manager" },
  { file: "scheduler", user: "system:kube-scheduler" },
  { file: "kube-proxy", user: "system:kube-proxy" },
  { file: "front-proxy", user: "front-proxy" },
];

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const validityMilliseconds = 10 * 365 * 24 * 3600 * 1000;

/** Makes the cluster's certificate authority, its certificates and the ServiceAccount key, unless they are there. */
export async function ensureClusterPki(directory: string): Promise<void> {
  const finished = path.join(directory, "complete");
  if (existsSync(finished)) return;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const ca = await makeCertificateAuthority();
  await write(directory, "ca", ca.certificate.toString("pem"), ca.keys);
  for (const identity of identities) {
    const keys = await makeKeys();
    const certificate = await makeCertificate(identity, keys, ca);
    await write(directory, identity.file, certificate.toString("pem"), keys);
  }
  const serviceAccount = await makeKeys();
  await write(directory, "service-account", await publicPem(serviceAccount), serviceAccount);
  writeFileSync(finished, "");
}

interface CertificateAuthority {
  certificate: x509.X509Certificate;
  keys: CryptoKeyPair;
}

type CryptoKeyPair = webcrypto.CryptoKeyPair;

function makeKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function validity(): { notBefore: Date; notAfter: Date; serialNumber: string } {
  const now = Date.now();
  return {
    notBefore: new Date(now - 60_000),
    notAfter: new Date(now + validityMilliseconds),
    serialNumber: randomBytes(15).toString("hex"),
  };
}

async function makeCertificateAuthority(): Promise<CertificateAuthority> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: [{ CN: ["lab-cluster-ca"] }],
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, keys };
}

async function makeCertificate(
  identity: Identity,
  keys: CryptoKeyPair,
  ca: CertificateAuthority,
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    ...validity(),
    subject: [...(identity.group ? [{ O: [identity.group] }] : []), { CN: [identity.user] }],
    issuer: ca.certificate.subjectName,
    publicKey: keys.publicKey,
    signingKey: ca.keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(ca.keys.publicKey),
      ...(identity.names ? [new x509.SubjectAlternativeNameExtension(identity.names)] : []),
    ],
  });
}

async function publicPem(keys: CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("spki", keys.publicKey), "PUBLIC KEY");
}

async function write(
  directory: string,
  name: string,
  publicText: string,
  keys: CryptoKeyPair,
): Promise<void> {
  const privateKey = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  writeFileSync(path.join(directory, `${name}.crt`), `${publicText}\n`);
  writeFileSync(
    path.join(directory, `${name}.key`),
    `${x509.PemConverter.encode(privateKey, "PRIVATE KEY")}\n`,
    {
      mode: 0o600,
    },
  );
}
