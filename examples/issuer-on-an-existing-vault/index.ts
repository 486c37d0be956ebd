import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { CertManager, KubernetesAuth, VaultClusterIssuer } from "cert-manager-vault";

const issuerName = "vault-issuer";

/** Vault, its mounts and its roles are yours; this adds a way in for cert-manager, and cert-manager itself. */
export = async () => {
  const config = new pulumi.Config();
  const signPath = config.require("signPath");
  const vaultCaFile = config.require("vaultCaFile");

  const provider = new vault.Provider("vault", {
    address: config.require("vaultAddress"),
    token: config.requireSecret("vaultToken"),
    caCertFile: vaultCaFile,
    skipChildToken: true,
  });
  const signs = new vault.Policy(
    "cert-manager-policy",
    { name: "cert-manager", policy: `path "${signPath}" {\n  capabilities = ["update"]\n}\n` },
    { provider },
  );
  const auth = new KubernetesAuth(
    "kubernetes-auth",
    { audience: `vault://${issuerName}`, policies: [signs.name] },
    { provider },
  );

  const certManager = new CertManager("cert-manager");
  const issuer = new VaultClusterIssuer(
    "vault-issuer",
    {
      issuerName,
      namespace: certManager.namespace,
      server: config.require("vaultClusterAddress"),
      signPath,
      caChainPem: readFileSync(vaultCaFile, "utf8"),
      authPath: auth.path,
      authRole: auth.roleName,
      controllerServiceAccountName: certManager.serviceAccountName,
      canaryDnsName: config.require("canaryDnsName"),
    },
    { dependsOn: [certManager, auth] },
  );
  return { issuer: issuer.issuerName };
};
