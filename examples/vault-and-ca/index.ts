import { writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import {
  CertificateAuthority,
  ImportedCa,
  IntermediateCa,
  ListenerCertificate,
  VaultInit,
  VaultServer,
} from "cert-manager-vault";

const vaultVersion = "1.21.1";

/** Vault that can sign; who asks it for certificates, and how they log in, is left to you. */
export = async () => {
  const config = new pulumi.Config();
  const loadBalancerIp = config.require("vaultLoadBalancerIp");
  const domains = config.requireObject<string[]>("domains");

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
  const inVault = { provider, deletedWith: provider };
  const common = {
    vaultAddress: server.address,
    vaultCaPem: authority.rootCertificatePem,
    vaultToken: init.rootToken,
    roleName: "servers",
    allowedDomains: domains,
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
      commonName: `${domains[0]} Vault Intermediate`,
      issuerName: "issuing",
    },
    inVault,
  );

  return {
    vaultAddress: server.address,
    rootToken: init.rootToken,
    unsealKeys: init.unsealKeys,
    signPath: issuingCa.signPath,
    policyName: issuingCa.policyName,
    rootCaPem: authority.rootCertificatePem,
  };
};
