import * as pulumi from "@pulumi/pulumi";
import {
  AuditDevices,
  ListenerCertificate,
  VaultInit,
  VaultPortForward,
  VaultServer,
  VaultToken,
  type KubernetesAuthArgs,
} from "../components";
import { durationSeconds } from "../components/internal/duration";
import type { Settings } from "../config";
import { vaultStorageOf } from "../settings/rules";
import { endpointHosts, vaultWay } from "../settings/vault-endpoint";
import type { ListenerTrust, VaultAccess } from "./authority";
import { tokenReach } from "./token-reach";
import { createVaultProvider, insideVault } from "./vault-provider";

/** Vault, unsealed, and the ways to it. */
export interface Vault {
  /** What there is of it in the cluster, and has to be there before anything else in its namespace. */
  inCluster: pulumi.Resource;
  /** Namespace for what goes with it. */
  namespace: pulumi.Output<string>;
  /** `https://host:port` by which the cluster reaches it. */
  clusterAddress: pulumi.Output<string>;
  /** PEM: what the cluster checks its listener's certificate against; undefined for what images trust by themselves. */
  clusterCaPem?: pulumi.Output<string>;
  /** As this program reaches it. */
  access: VaultAccess;
  /** Options of everything inside it. */
  inside: pulumi.ComponentResourceOptions;
  /** How it has the tokens of ServiceAccounts checked; what is left out is as KubernetesAuth has it. */
  login: Pick<KubernetesAuthArgs, "path" | "kubernetesHost" | "kubernetesCaPem" | "tokenReviewerJwt">;
  /** Tokens that are to be revoked when nothing is left to do with them; none where it is not ours to. Secret. */
  retiredTokens?: pulumi.Output<string[]>;
  /** Outputs of the stack, whatever becomes of the CA. */
  outputs: {
    vaultAddress: pulumi.Output<string>;
    vaultCaPem: pulumi.Output<string>;
    /** Absent when it is to be revoked. Secret. */
    rootToken?: pulumi.Output<string>;
    /** Secret. */
    vaultToken: pulumi.Output<string>;
    /** Absent where they are not known here. Secret. */
    unsealKeys?: pulumi.Output<string[]>;
  };
}

/** The port-forward by which this program reaches Vault, where the settings want one. */
export function forwardToVault(settings: Settings): VaultPortForward | undefined {
  return vaultWay(settings).portForward
    ? new VaultPortForward("vault-forward", {
        namespace: settings.vaultNamespace,
        replicas: settings.vaultReplicas,
      })
    : undefined;
}

/** Vault with its listener, initialised and unsealed, with the token that Pulumi goes on with and the audit log. */
export function createVault(settings: Settings, trust: ListenerTrust, forward?: VaultPortForward): Vault {
  const server = createServer(settings, trust);
  const { url } = vaultWay(settings);
  const address = forward?.address ?? (url ? pulumi.output(url) : server.address);

  const vaultInit = new VaultInit(
    "vault-init",
    {
      address,
      nodesAddress: forward?.nodesAddress,
      caPem: trust.caPem,
      namespace: server.namespace,
      replicas: settings.vaultReplicas,
      keyShares: settings.vaultKeyShares,
      keyThreshold: settings.vaultKeyThreshold,
      pgpKeys: settings.vaultPgpKeys,
      existingUnsealKeys: settings.vaultExistingUnsealKeys,
      existingRootToken: settings.vaultExistingRootToken,
      autoUnseal: settings.vaultAutoUnseal,
      unsealSecretName: server.unsealSecretName,
      statefulSetName: server.statefulSetName,
      timeoutSeconds: settings.vaultTimeoutSeconds,
    },
    { dependsOn: server },
  );

  const vaultToken = new VaultToken("vault-token", {
    address,
    caPem: trust.caPem,
    rootToken: vaultInit.rootToken,
    ownToken: settings.vaultRootToken === "revoke",
    ...tokenReach(settings),
    periodSeconds: durationSeconds(settings.vaultTokenPeriod),
    rotation: settings.rotateToken,
  });

  const vaultItself = insideVault(
    createVaultProvider("vault", {
      address,
      token: vaultToken.token,
      caPem: trust.caPem,
      vaultVersion: settings.vaultImageTag,
      instanceId: vaultInit.instanceId,
      // In a refresh it may be asked before the forward is open.
      ...(forward ? { maxRetries: 8 } : {}),
    }),
    vaultInit.instanceId,
  );
  // The first thing inside Vault, so that all the others are in the log.
  const audit = settings.vaultAuditDevices
    ? [new AuditDevices("audit", { filePath: server.auditLogPath }, vaultItself)]
    : [];

  return {
    inCluster: server,
    namespace: server.namespace,
    clusterAddress: server.clusterAddress,
    clusterCaPem: trust.caChainPem,
    login: {},
    access: {
      address,
      // What is only here while Pulumi runs is nothing to tell others.
      publicAddress: forward && server.address,
      caPem: trust.caPem,
      token: vaultToken.token,
    },
    inside: { ...vaultItself, dependsOn: audit },
    retiredTokens: vaultToken.retiredTokens,
    outputs: {
      vaultAddress: settings.vaultLoadBalancerIp && forward ? server.address : address,
      vaultCaPem: trust.caPem,
      // Worth nothing once it is revoked.
      ...(settings.vaultRootToken === "keep" ? { rootToken: vaultInit.rootToken } : {}),
      vaultToken: vaultToken.token,
      unsealKeys: vaultInit.unsealKeys,
    },
  };
}

/** Vault's release, with the certificate that its listener serves. */
function createServer(settings: Settings, trust: ListenerTrust): VaultServer {
  const loadBalancerIp = settings.vaultLoadBalancerIp || undefined;
  const hosts = endpointHosts(settings);
  const listener = new ListenerCertificate("vault-listener", {
    caCertificatePem: trust.signingCertificatePem,
    caPrivateKeyPem: trust.signingKeyPem,
    namespace: settings.vaultNamespace,
    loadBalancerIp,
    ...(hosts.length > 0 ? { hosts } : {}),
    validityHours: settings.vaultListenerCertificateHours,
    earlyRenewalHours: settings.vaultListenerRenewalHours,
  });
  return new VaultServer("vault", {
    namespace: settings.vaultNamespace,
    chart: settings.vaultChart,
    chartRepository: settings.vaultChartRepository,
    chartVersion: settings.vaultChartVersion,
    imageRepository: settings.vaultImageRepository,
    imageTag: settings.vaultImageTag,
    loadBalancerIp,
    storageClass: settings.vaultStorageClass,
    dataStorageSize: settings.vaultDataStorageSize,
    auditStorageSize: settings.vaultAuditStorageSize,
    auditLogMaxSize: settings.vaultAuditLogMaxSize,
    replicas: settings.vaultReplicas,
    storage: vaultStorageOf(settings),
    antiAffinity: settings.vaultAntiAffinity,
    listenerCertificateChainPem: listener.certificateChainPem,
    listenerPrivateKeyPem: listener.privateKeyPem,
    caChainPem: trust.caChainPem,
    autoUnseal: settings.vaultAutoUnseal,
    retainData: settings.vaultRetainData,
    metrics: settings.monitoring !== "none",
  });
}
