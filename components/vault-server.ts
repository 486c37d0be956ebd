import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { repositoryOptions } from "./internal/helm-repository";
import { metricsPort, metricsPortName, standaloneConfig } from "./internal/hcl";
import { raftValues, statefulSetName } from "./internal/raft-values";
import { storageBytes } from "./internal/storage-size";
import { unsealerScript } from "./internal/unsealer";

export interface VaultServerArgs {
  /** Namespace to make and install into. Default `vault`. */
  namespace?: string;
  /** Chart: a name in `chartRepository`, a path, an archive or an `oci://` reference. Default `vault`. */
  chart?: pulumi.Input<string>;
  /** Chart repository; empty for a path, an archive or OCI. Default `https://helm.releases.hashicorp.com`. */
  chartRepository?: string;
  /** Chart version. Default `0.34.1`. */
  chartVersion?: pulumi.Input<string>;
  /** Image repository. Default `hashicorp/vault`. */
  imageRepository?: pulumi.Input<string>;
  /** Image tag, which is Vault's version. Default `1.21.1`. */
  imageTag?: pulumi.Input<string>;
  /** Address of the LoadBalancer Service. Default none, and the Service is inside the cluster only. */
  loadBalancerIp?: pulumi.Input<string>;
  /** Port of that Service. Default 8200. */
  port?: pulumi.Input<number>;
  /** Storage class of both volumes. */
  storageClass: pulumi.Input<string>;
  /** Size of the data volume. Default `10Gi`. */
  dataStorageSize?: pulumi.Input<string>;
  /** Size of the audit volume. Default `10Gi`. */
  auditStorageSize?: pulumi.Input<string>;
  /**
   * Size beyond which the sidecar begins a new audit log; there are five files at most, the oldest is then lost. Empty
   * for a log that grows until the volume is full. Default `1Gi`.
   */
  auditLogMaxSize?: string;
  /** Number of nodes: 1, or with `raft` 3 or 5. Default 1. */
  replicas?: number;
  /** `file`, or `raft` for Vault's integrated storage. Default `file` for one replica, `raft` for more. */
  storage?: string;
  /** Whether each node must run on a Kubernetes node of its own. Default true. */
  antiAffinity?: boolean;
  /** PEM: the listener's certificate and what it takes to reach the root. */
  listenerCertificateChainPem: pulumi.Input<string>;
  /** PEM: the listener's key. Secret. */
  listenerPrivateKeyPem: pulumi.Input<string>;
  /** PEM: the CA that Vault's own tools in the pod trust. */
  caChainPem: pulumi.Input<string>;
  /** Whether the sidecar unseals Vault after a restart, from the Secret `unsealSecretName`. Default true. */
  autoUnseal?: boolean;
  /** Whether the volumes, and the namespace that their claims are in, outlive the release. Default false. */
  retainData?: boolean;
  /**
   * Whether Vault tells its metrics without a login, on port 8210 of its pods, which no Service leads to. A change
   * restarts the pods, one after the other, where the sidecar unseals them; elsewhere that is left to the owner.
   * Default false.
   */
  metrics?: boolean;
}

const auditLogFile = "/vault/audit/audit.log";
const configFolder = "/vault/userconfig";
const listenerFiles = {
  certificate: `${configFolder}/vault-ui-tls/tls.crt`,
  key: `${configFolder}/vault-ui-tls/tls.key`,
  clientCa: `${configFolder}/tls-ca/tls.crt`,
};
const unsealerFiles = {
  listenerCertificate: listenerFiles.certificate,
  unsealKeys: `${configFolder}/vault-unseal-keys`,
};

/**
 * HashiCorp Vault by its Helm chart: one pod with file storage, or several with integrated storage; TLS by a certificate
 * of the owner's CA, a LoadBalancer address where one is given, and in each pod a sidecar that unseals Vault, has it serve a renewed
 * certificate and rotates its audit log. It is neither initialised nor unsealed when this is done: that is VaultInit's.
 *
 * @example
 * ```ts
 * const server = new VaultServer("vault", {
 *   loadBalancerIp: "192.168.1.242",
 *   storageClass: "longhorn",
 *   listenerCertificateChainPem: listener.certificateChainPem,
 *   listenerPrivateKeyPem: listener.privateKeyPem,
 *   caChainPem: authority.chainPem,
 * });
 * ```
 */
export class VaultServer extends pulumi.ComponentResource {
  /** Namespace of Vault. */
  public readonly namespace: pulumi.Output<string>;
  /** `https://address:port` on the LoadBalancer address; without one, the same as `clusterAddress`. */
  public readonly address: pulumi.Output<string>;
  /** `https://service.namespace:8200` inside the cluster; with integrated storage, always the active node. */
  public readonly clusterAddress: pulumi.Output<string>;
  /** Name of the Secret that the sidecar takes unseal keys from; it need not exist. */
  public readonly unsealSecretName: pulumi.Output<string>;
  /** Name of the StatefulSet that the pods are of. */
  public readonly statefulSetName: pulumi.Output<string>;
  /** Where AuditDevices is to write, on the audit volume; the sidecar rotates it. */
  public readonly auditLogPath: pulumi.Output<string>;
  /** The Helm release, for `deletedWith` of what lives inside Vault. */
  public readonly release: k8s.helm.v3.Release;

  constructor(name: string, args: VaultServerArgs, opts?: pulumi.ComponentResourceOptions) {
    const listenerPrivateKeyPem = pulumi.secret(args.listenerPrivateKeyPem);
    super("cert-manager-vault:index:VaultServer", name, { ...args, listenerPrivateKeyPem }, opts);
    const unsealSecretName = "vault-unseal-keys";

    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: args.namespace ?? "vault" } },
      // The claims of the volumes would go with it.
      { parent: this, retainOnDelete: args.retainData ?? false },
    );
    const secrets = createListenerSecrets(name, namespace.metadata.name, args, { parent: this });
    const release = new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: "vault",
        namespace: namespace.metadata.name,
        chart: args.chart ?? "vault",
        version: args.chartVersion ?? "0.34.1",
        ...repositoryOptions(args.chartRepository ?? "https://helm.releases.hashicorp.com"),
        values: chartValues(args, unsealSecretName),
        // A new Vault is not ready before it is initialised: VaultInit waits, for what answers and for restarted pods.
        skipAwait: true,
      },
      { parent: this, dependsOn: secrets },
    );

    this.namespace = namespace.metadata.name;
    const service = usesRaft(args) ? "vault-active" : "vault";
    this.clusterAddress = pulumi.interpolate`https://${service}.${namespace.metadata.name}:8200`;
    this.address = args.loadBalancerIp
      ? pulumi.interpolate`https://${args.loadBalancerIp}:${args.port ?? 8200}`
      : this.clusterAddress;
    this.unsealSecretName = pulumi.output(unsealSecretName);
    this.statefulSetName = pulumi.output(statefulSetName);
    this.auditLogPath = pulumi.output(auditLogFile);
    this.release = release;
    this.registerOutputs({
      namespace: this.namespace,
      address: this.address,
      clusterAddress: this.clusterAddress,
      unsealSecretName: this.unsealSecretName,
      statefulSetName: this.statefulSetName,
      auditLogPath: this.auditLogPath,
      release: this.release,
    });
  }
}

function createListenerSecrets(
  name: string,
  namespace: pulumi.Output<string>,
  args: VaultServerArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret[] {
  const authority = new k8s.core.v1.Secret(
    `${name}-tls-ca`,
    { metadata: { name: "tls-ca", namespace }, stringData: { "tls.crt": args.caChainPem } },
    opts,
  );
  const listener = new k8s.core.v1.Secret(
    `${name}-listener-tls`,
    {
      metadata: { name: "vault-ui-tls", namespace },
      type: "kubernetes.io/tls",
      stringData: {
        "tls.crt": args.listenerCertificateChainPem,
        "tls.key": pulumi.secret(args.listenerPrivateKeyPem),
      },
    },
    opts,
  );
  return [authority, listener];
}

function usesRaft({ storage, replicas }: VaultServerArgs): boolean {
  return (storage ?? ((replicas ?? 1) > 1 ? "raft" : "file")) === "raft";
}

/** Values for the official chart; https://github.com/hashicorp/vault-helm/blob/v0.34.1/values.yaml */
function chartValues(args: VaultServerArgs, unsealSecretName: string): Record<string, unknown> {
  const autoUnseal = args.autoUnseal ?? true;
  const image = { repository: args.imageRepository ?? "hashicorp/vault", tag: args.imageTag ?? "1.21.1" };
  const volumeMounts = ["tls-ca", "vault-ui-tls"].map((secret) => ({
    name: secret,
    mountPath: `${configFolder}/${secret}`,
    readOnly: true,
  }));
  return {
    global: { tlsDisable: false },
    injector: { enabled: false },
    ui: {
      enabled: true,
      externalPort: args.port ?? 8200,
      ...(args.loadBalancerIp
        ? { serviceType: "LoadBalancer", loadBalancerIP: args.loadBalancerIp }
        : { serviceType: "ClusterIP" }),
    },
    server: {
      image,
      // A restart unseals itself; without the sidecar's keys, when to restart stays the owner's choice.
      updateStrategyType: autoUnseal ? "RollingUpdate" : "OnDelete",
      shareProcessNamespace: true,
      // The chart itself sets VAULT_ADDR (https://127.0.0.1:8200) and VAULT_API_ADDR (https://$(POD_IP):8200).
      extraEnvironmentVars: { VAULT_CACERT: listenerFiles.clientCa },
      volumes: [
        { name: "tls-ca", secret: { secretName: "tls-ca" } },
        { name: "vault-ui-tls", secret: { secretName: "vault-ui-tls" } },
        ...(autoUnseal
          ? [{ name: unsealSecretName, secret: { secretName: unsealSecretName, optional: true } }]
          : []),
      ],
      volumeMounts,
      extraContainers: [
        unsealerContainer(
          image,
          // The chart names the claim's volume so.
          [...volumeMounts, { name: "audit", mountPath: "/vault/audit" }],
          args.auditLogMaxSize ?? "1Gi",
          autoUnseal ? unsealSecretName : undefined,
        ),
      ],
      ...(usesRaft(args)
        ? raftValues(args.replicas ?? 1, {
            files: listenerFiles,
            namespace: args.namespace ?? "vault",
            antiAffinity: args.antiAffinity ?? true,
            image,
            caMount: volumeMounts[0]!,
            metrics: args.metrics ?? false,
          })
        : { standalone: { enabled: true, config: standaloneConfig(listenerFiles, args.metrics) } }),
      // Without this change of the pods, they would not be restarted for their new configuration.
      ...(args.metrics ? { extraPorts: [{ name: metricsPortName, containerPort: metricsPort }] } : {}),
      dataStorage: { enabled: true, size: args.dataStorageSize ?? "10Gi", storageClass: args.storageClass },
      auditStorage: { enabled: true, size: args.auditStorageSize ?? "10Gi", storageClass: args.storageClass },
      persistentVolumeClaimRetentionPolicy: {
        whenDeleted: args.retainData ? "Retain" : "Delete",
        whenScaled: "Retain",
      },
    },
  };
}

function unsealerContainer(
  image: { repository: pulumi.Input<string>; tag: pulumi.Input<string> },
  volumeMounts: object[],
  auditLogMaxSize: string,
  unsealSecretName?: string,
): object {
  const script = unsealerScript({
    ...unsealerFiles,
    ...(auditLogMaxSize ? { auditLog: { file: auditLogFile, maxBytes: storageBytes(auditLogMaxSize) } } : {}),
  });
  return {
    name: "unsealer",
    image: pulumi.interpolate`${image.repository}:${image.tag}`,
    command: ["/bin/sh", "-c", script],
    env: [
      { name: "VAULT_ADDR", value: "https://127.0.0.1:8200" },
      { name: "VAULT_CACERT", value: listenerFiles.clientCa },
      // The CLI looks for a token below the home folder; there is none, and the root file system is read-only.
      { name: "HOME", value: "/nonexistent" },
    ],
    volumeMounts: [
      ...volumeMounts,
      ...(unsealSecretName
        ? [{ name: unsealSecretName, mountPath: unsealerFiles.unsealKeys, readOnly: true }]
        : []),
    ],
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
}
