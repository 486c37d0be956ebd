import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** File names that the commands use on the machine which holds the root. */
const files = {
  request: "parent-ca.csr.pem",
  extensions: "parent-ca.ext",
  certificate: "parent-ca.cert.pem",
};

/**
 * The commands by which the owner of a root signs a request of Vault's, for a POSIX shell and openssl 1.1.1 or newer, in
 * a folder where `ca.cert.pem` and `ca.key.pem` are the root.
 */
export function signingCommands(requestPem: string, days: number): string {
  return `# On the machine that holds the root, in a folder where ca.cert.pem is its certificate and ca.key.pem its key:
cat >${files.request} <<'EOF'
${requestPem.trim()}
EOF
cat >${files.extensions} <<'EOF'
basicConstraints = critical, CA:true
keyUsage = critical, digitalSignature, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
EOF
openssl x509 -req -in ${files.request} -extfile ${files.extensions} -days ${days} \\
  -CA ca.cert.pem -CAkey ca.key.pem -CAcreateserial -out ${files.certificate}
openssl verify -CAfile ca.cert.pem ${files.certificate}
cat ${files.certificate} ca.cert.pem >signed.pem
# signed.pem holds no secret. On the machine that runs Pulumi:
#   pulumi config set signedCaCertificate < signed.pem
#   pulumi up
`;
}

/** Whether a certificate was made for the key of a request, whatever else is in it. */
export function isForRequest(certificatePem: string, requestPem: string): boolean {
  const wanted = Buffer.from(new x509.Pkcs10CertificateRequest(requestPem).publicKey.rawData);
  const certificate = new X509Certificate(certificatePem);
  return wanted.equals(certificate.publicKey.export({ type: "spki", format: "der" }));
}
