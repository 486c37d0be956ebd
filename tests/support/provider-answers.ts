/** PEM text in the shape of a certificate that tells where it comes from; no certificate can be read from it. */
export function certificateOf(source: string): string {
  const body = Buffer.from(source).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** What providers would add to a resource's inputs, by type; made-up values that tell where they come from. */
export const providerAnswers: Record<string, (inputs: any) => Record<string, unknown>> = {
  "kubernetes:helm.sh/v3:Release": ({ name, namespace }) => ({
    status: { name, namespace, status: "deployed" },
  }),
  "kubernetes:networking.k8s.io/v1:Ingress": () => ({
    status: { loadBalancer: { ingress: [{ ip: "192.168.1.241" }] } },
  }),
  "tls:index/privateKey:PrivateKey": () => ({
    privateKeyPem: "listener key\n",
    privateKeyPemPkcs8: "generated key\n",
  }),
  "tls:index/selfSignedCert:SelfSignedCert": ({ subject }) => ({
    certPem: certificateOf(subject.commonName),
  }),
  "tls:index/certRequest:CertRequest": () => ({ certRequestPem: "listener request\n" }),
  "tls:index/locallySignedCert:LocallySignedCert": () => ({
    certPem: "listener certificate\n",
    validityStartTime: "2026-01-01T00:00:00Z",
  }),
  "kubernetes:core/v1:Secret": ({ type }) =>
    type === "kubernetes.io/service-account-token"
      ? { data: { token: base64("reviewer's token"), "ca.crt": base64("cluster's CA") } }
      : {},
  "vault:generic/endpoint:Endpoint": () => ({
    writeData: { certificate: certificateOf("root made in Vault").trim(), issuer_id: "issuer-of-root" },
  }),
  "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest": () => ({
    csr: "issuing CA's request",
  }),
  "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate": () => ({
    certificate: "issuing CA's certificate",
  }),
  "vault:pkiSecret/secretBackendIntermediateSetSigned:SecretBackendIntermediateSetSigned": () => ({
    importedIssuers: ["issuer-of-signed"],
  }),
  "vault:pkiSecret/secretBackendIssuer:SecretBackendIssuer": ({ issuerRef }) => ({ issuerId: issuerRef }),
  "pulumi-nodejs:dynamic/cert-manager-vault:VaultKeys": ({ keyShares }: { keyShares: number }) => ({
    rootToken: "hvs.made-by-init",
    unsealKeys: Array.from({ length: keyShares }, (_, index) => `unseal-key-${index}`),
    instanceId: "first-vault",
  }),
  "pulumi-nodejs:dynamic/cert-manager-vault:VaultToken": ({ narrow, rootToken }) => ({
    token: narrow ? "hvs.own" : rootToken,
    retired: narrow ? ["hvs.own-before"] : [],
  }),
  "vault:index/mount:Mount": ({ path }) => ({ accessor: `accessor-of-${path}` }),
  "pulumi-nodejs:dynamic/cert-manager-vault:IssuerPresence": () => ({
    issuerGeneration: "first-issuer",
    chainGeneration: "first-chain",
  }),
  "pulumi-nodejs:dynamic/cert-manager-vault:ImportedIssuer": () => ({ issuerId: "issuer-of-imported" }),
  "pulumi-nodejs:dynamic/cert-manager-vault:VaultUnseal": () => ({ sealed: false }),
  "pulumi-nodejs:dynamic/cert-manager-vault:VaultForward": () => ({
    port: 20000,
    address: "https://127.0.0.1:20000",
    nodesAddress: "https://127.0.0.1:20001",
  }),
  "pulumi-nodejs:dynamic/cert-manager-vault:Handshake": () => ({
    notBefore: "2026-01-01T00:00:00.000Z",
    notAfter: "2026-01-02T00:00:00.000Z",
    chainSubjects: ["CN=podinfo.wsp.local", "CN=Issuing", "CN=Intermediate", "CN=Root"],
    fingerprint: "00:11",
  }),
};
