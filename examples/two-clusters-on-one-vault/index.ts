import { readFileSync } from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { CertManager, KubernetesAuth, VaultClusterIssuer } from "cert-manager-vault";

const issuerName = "vault-issuer";

interface Cluster {
  context: string;
  vaultAddress: string;
  authPath: pulumi.Input<string>;
  authRole: pulumi.Input<string>;
}

/** Each cluster has a way into Vault of its own, so that one can be shut out without the other. */
export = async () => {
  const config = new pulumi.Config();
  const vaultCaPem = readFileSync(config.require("vaultCaFile"), "utf8");
  const provider = new vault.Provider("vault", {
    address: config.require("vaultAddress"),
    token: config.requireSecret("vaultToken"),
    caCertFile: config.require("vaultCaFile"),
    skipChildToken: true,
  });

  const home = new KubernetesAuth(
    "home-auth",
    { audience: `vault://${issuerName}`, policies: [config.require("policyName")] },
    { provider },
  );
  const other = wayInByKeys(config, provider);

  return {
    homeIssuer: createIssuer("home", config, vaultCaPem, {
      context: config.require("homeContext"),
      vaultAddress: config.require("vaultClusterAddress"),
      authPath: home.path,
      authRole: home.roleName,
    }),
    otherIssuer: createIssuer("other", config, vaultCaPem, {
      context: config.require("otherContext"),
      vaultAddress: config.require("vaultAddress"),
      authPath: other.backend.apply((path) => path!),
      authRole: other.roleName,
    }),
  };
};

/** Vault cannot ask the other cluster's API about a token, so it checks the signature, and whose token it is. */
function wayInByKeys(config: pulumi.Config, provider: vault.Provider): vault.jwt.AuthBackendRole {
  const text = readFileSync(config.require("otherTokenKeysFile"), "utf8");
  const keys = text.match(/-----BEGIN PUBLIC KEY-----[^]*?-----END PUBLIC KEY-----/g) ?? [];
  const method = new vault.jwt.AuthBackend(
    "other-auth",
    { path: "other-cluster", type: "jwt", jwtValidationPubkeys: keys },
    { provider },
  );
  return new vault.jwt.AuthBackendRole(
    "other-auth-role",
    {
      backend: method.path.apply((path) => path!),
      roleName: "issuer",
      roleType: "jwt",
      userClaim: "sub",
      boundSubject: "system:serviceaccount:cert-manager:issuer",
      boundAudiences: [`vault://${issuerName}`],
      tokenPolicies: [config.require("policyName")],
      tokenNoDefaultPolicy: true,
      tokenTtl: 600,
    },
    { provider },
  );
}

function createIssuer(
  name: string,
  config: pulumi.Config,
  vaultCaPem: string,
  cluster: Cluster,
): pulumi.Output<string> {
  const kubernetes = new k8s.Provider(name, { context: cluster.context });
  const inCluster = { providers: { kubernetes } };
  const certManager = new CertManager(`${name}-cert-manager`, {}, inCluster);
  const issuer = new VaultClusterIssuer(
    `${name}-issuer`,
    {
      issuerName,
      namespace: certManager.namespace,
      server: cluster.vaultAddress,
      signPath: config.require("signPath"),
      caChainPem: vaultCaPem,
      authPath: cluster.authPath,
      authRole: cluster.authRole,
      controllerServiceAccountName: certManager.serviceAccountName,
      canaryDnsName: config.require("canaryDnsName"),
      kubernetesContext: cluster.context,
    },
    { ...inCluster, dependsOn: certManager },
  );
  return issuer.issuerName;
}
