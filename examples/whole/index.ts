import { writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import {
  AuditDevices,
  CertificateAuthority,
  CertManager,
  ImportedCa,
  IntermediateCa,
  KubernetesAuth,
  ListenerCertificate,
  Podinfo,
  TlsHandshake,
  VaultClusterIssuer,
  VaultInit,
  VaultServer,
} from "cert-manager-vault";

const vaultVersion = "1.21.1";
const issuerName = "vault-issuer";

/** What the program at the root of the repository does, without its settings and its checks before the first step. */
export = async () => {
  const config = new pulumi.Config();
  const loadBalancerIp = config.require("vaultLoadBalancerIp");
  const domain = config.require("domain");
  const host = `podinfo.${domain}`;

  const authority = new CertificateAuthority("authority", {
    bundlePem: config.requireSecret("caBundle"),
    passphrase: config.getSecret("caPassphrase"),
  });
  const listener = new ListenerCertificate("vault-listener", {
    caCertificatePem: authority.signingCertificatePem,
    caPrivateKeyPem: authority.signingKeyPem,
    loadBalancerIp,
  });
  const server = new VaultServer("vault", {
    loadBalancerIp,
    imageTag: vaultVersion,
    storageClass: config.get("storageClass") ?? "",
    listenerCertificateChainPem: listener.certificateChainPem,
    listenerPrivateKeyPem: listener.privateKeyPem,
    caChainPem: authority.chainPem,
  });
  const init = new VaultInit(
    "vault-init",
    { address: server.address, caPem: authority.rootCertificatePem, namespace: server.namespace },
    { dependsOn: server },
  );

  const provider = new vault.Provider("vault", {
    address: server.address,
    token: init.rootToken,
    caCertFile: authority.rootCertificatePem.apply((pem) => {
      // The provider takes a file only.
      writeFileSync("vault-ca.pem", pem);
      return "vault-ca.pem";
    }),
    skipChildToken: true,
    vaultVersionOverride: vaultVersion,
  });
  // Vault's data go with its volumes: nothing in it is deleted one by one.
  const audit = new AuditDevices(
    "audit",
    { filePath: server.auditLogPath },
    { provider, deletedWith: provider },
  );
  const inVault = { provider, deletedWith: provider, dependsOn: audit };
  const common = {
    vaultAddress: server.address,
    vaultCaPem: authority.rootCertificatePem,
    vaultToken: init.rootToken,
    roleName: "servers",
    allowedDomains: [domain],
  };
  const parentCa = new ImportedCa(
    "parent-ca",
    { ...common, importBundlePem: authority.importBundlePem },
    inVault,
  );
  const issuingCa = new IntermediateCa(
    "issuing-ca",
    {
      ...common,
      parentMountPath: parentCa.mountPath,
      parentChainPem: authority.chainPem,
      commonName: `${domain} Vault Intermediate`,
      issuerName: "issuing",
    },
    inVault,
  );
  const auth = new KubernetesAuth(
    "kubernetes-auth",
    { audience: `vault://${issuerName}`, policies: [issuingCa.policyName] },
    inVault,
  );

  const certManager = new CertManager("cert-manager");
  const issuer = new VaultClusterIssuer(
    "vault-issuer",
    {
      issuerName,
      namespace: certManager.namespace,
      server: server.clusterAddress,
      signPath: issuingCa.signPath,
      caChainPem: authority.chainPem,
      authPath: auth.path,
      authRole: auth.roleName,
      controllerServiceAccountName: certManager.serviceAccountName,
      canaryDnsName: `canary.${domain}`,
    },
    { dependsOn: [certManager, issuingCa, auth] },
  );
  const podinfo = new Podinfo(
    "podinfo",
    { issuerName: issuer.issuerName, host, tlsSecretName: "podinfo-tls" },
    { dependsOn: issuer },
  );
  const page = new TlsHandshake("page", {
    address: podinfo.address,
    serverName: host,
    trustedRootPem: authority.rootCertificatePem,
  });

  return {
    url: podinfo.url,
    address: podinfo.address,
    rootCaPem: authority.rootCertificatePem,
    rootToken: init.rootToken,
    unsealKeys: init.unsealKeys,
    servedUntil: page.notAfter,
  };
};
