import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { snapshotPolicy } from "./internal/hcl";
import { snapshotScript } from "./internal/snapshot-script";

export interface VaultSnapshotsArgs {
  /** Vault's namespace. */
  namespace: pulumi.Input<string>;
  /** `https://host:port` of Vault's active node inside the cluster; the others do not give snapshots. */
  address: pulumi.Input<string>;
  /** When: five fields of cron, in UTC. Default `0 3 * * *`. */
  schedule?: pulumi.Input<string>;
  /** Number of snapshots to keep. Default 14. */
  keep?: number;
  /** Storage class of the volume; empty for the cluster's default class. */
  storageClass: pulumi.Input<string>;
  /** Size of the volume. Default `1Gi`. */
  storageSize?: pulumi.Input<string>;
  /** Image repository of Vault. Default `hashicorp/vault`. */
  imageRepository?: pulumi.Input<string>;
  /** Image tag. Default `1.21.1`. */
  imageTag?: pulumi.Input<string>;
  /** Secret in the namespace with the CA that Vault's listener certificate is checked against. Default `tls-ca`. */
  caSecretName?: pulumi.Input<string>;
  /** Path of the Kubernetes auth method. Default `kubernetes`. */
  authPath?: pulumi.Input<string>;
  /**
   * Why a snapshot is wanted now, whatever the schedule says, such as the time since which there has been none. Each
   * new text means one more. Default: only the first one.
   */
  reason?: pulumi.Input<string>;
}

const objectName = "vault-snapshots";
const roleName = "snapshots";
const audience = "vault://snapshots";
const caFolder = "/vault/userconfig/tls-ca";
const tokenFolder = "/var/run/secrets/vault";
const folder = "/snapshots";

/**
 * Snapshots of a Vault with integrated storage on a volume of their own, by schedule, under an identity that may read
 * snapshots and nothing else. It is done when a first one has been written and read back.
 *
 * Whoever has a snapshot and the unseal keys has everything in Vault; a snapshot alone is encrypted.
 *
 * @example
 * ```ts
 * const snapshots = new VaultSnapshots("vault-snapshots", {
 *   namespace: server.namespace,
 *   address: server.clusterAddress,
 *   storageClass: "longhorn",
 *   authPath: kubernetesAuth.path,
 * }, { provider: vaultProvider, deletedWith: server.release });
 * ```
 */
export class VaultSnapshots extends pulumi.ComponentResource {
  /** Name of the CronJob. */
  public readonly cronJobName: pulumi.Output<string>;
  /** Name of the volume claim that keeps the snapshots; resolves when there is one. */
  public readonly claimName: pulumi.Output<string>;

  constructor(name: string, args: VaultSnapshotsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:VaultSnapshots", name, args, opts);
    const metadata = { name: objectName, namespace: args.namespace };

    const role = createIdentity(name, args, { parent: this, deletedWith: opts?.deletedWith });
    const account = new k8s.core.v1.ServiceAccount(
      `${name}-service-account`,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    const claim = createClaim(name, metadata, args, { parent: this });
    const job = jobSpec(args, account.metadata.name, claim.metadata.name);
    const cronJob = new k8s.batch.v1.CronJob(
      `${name}-cron-job`,
      {
        metadata,
        spec: {
          schedule: args.schedule ?? "0 3 * * *",
          timeZone: "Etc/UTC",
          concurrencyPolicy: "Forbid",
          startingDeadlineSeconds: 3600,
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 3,
          jobTemplate: { spec: job },
        },
      },
      { parent: this },
    );
    const first = new k8s.batch.v1.Job(
      `${name}-first`,
      {
        metadata: {
          ...metadata,
          name: `${objectName}-now`,
          annotations: { reason: args.reason ?? "the first" },
        },
        spec: job,
      },
      {
        parent: this,
        dependsOn: role,
        // A Job runs once.
        replaceOnChanges: ["metadata.annotations.reason", "spec"],
        deleteBeforeReplace: true,
      },
    );

    this.cronJobName = cronJob.metadata.name;
    this.claimName = pulumi.all([claim.metadata.name, first.id]).apply(([claimName]) => claimName);
    this.registerOutputs({ cronJobName: this.cronJobName, claimName: this.claimName });
  }
}

/** Vault's side: a login for one ServiceAccount that admits to snapshots only. */
function createIdentity(
  name: string,
  args: VaultSnapshotsArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const policy = new vault.Policy(`${name}-policy`, { name: roleName, policy: snapshotPolicy() }, opts);
  return new vault.kubernetes.AuthBackendRole(
    `${name}-role`,
    {
      backend: args.authPath ?? "kubernetes",
      roleName,
      boundServiceAccountNames: [objectName],
      boundServiceAccountNamespaces: [args.namespace],
      audience,
      tokenPolicies: [policy.name],
      tokenTtl: 600,
    },
    opts,
  );
}

function createClaim(
  name: string,
  metadata: { name: string; namespace: pulumi.Input<string> },
  args: VaultSnapshotsArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.PersistentVolumeClaim {
  return new k8s.core.v1.PersistentVolumeClaim(
    `${name}-volume`,
    {
      // With some storage classes it is bound only when the first pod wants it.
      metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: args.storageSize ?? "1Gi" } },
        storageClassName: pulumi
          .output(args.storageClass)
          .apply((storageClass) => storageClass || undefined) as pulumi.Output<string>,
      },
    },
    opts,
  );
}

function jobSpec(
  args: VaultSnapshotsArgs,
  serviceAccountName: pulumi.Output<string>,
  claimName: pulumi.Output<string>,
): k8s.types.input.batch.v1.JobSpec {
  const script = pulumi.output(args.authPath ?? "kubernetes").apply((authPath) =>
    snapshotScript({
      loginPath: `auth/${authPath}/login`,
      role: roleName,
      tokenFile: `${tokenFolder}/token`,
      folder,
      keep: args.keep ?? 14,
    }),
  );
  return {
    backoffLimit: 1,
    // A pod that cannot start is a failure too, not something to wait for until the next one.
    activeDeadlineSeconds: 600,
    template: {
      metadata: { labels: { "app.kubernetes.io/name": objectName } },
      spec: {
        serviceAccountName,
        restartPolicy: "Never",
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 100, runAsGroup: 1000, fsGroup: 1000 },
        containers: [
          {
            name: "snapshot",
            image: pulumi.interpolate`${args.imageRepository ?? "hashicorp/vault"}:${args.imageTag ?? "1.21.1"}`,
            command: ["/bin/sh", "-c", script],
            env: [
              { name: "VAULT_ADDR", value: args.address },
              { name: "VAULT_CACERT", value: `${caFolder}/tls.crt` },
              { name: "HOME", value: "/nonexistent" },
            ],
            volumeMounts: [
              { name: "snapshots", mountPath: folder },
              { name: "tls-ca", mountPath: caFolder, readOnly: true },
              { name: "token", mountPath: tokenFolder, readOnly: true },
            ],
            resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "512Mi" } },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] },
            },
          },
        ],
        volumes: [
          { name: "snapshots", persistentVolumeClaim: { claimName } },
          { name: "tls-ca", secret: { secretName: args.caSecretName ?? "tls-ca" } },
          {
            name: "token",
            projected: {
              sources: [{ serviceAccountToken: { path: "token", audience, expirationSeconds: 600 } }],
            },
          },
        ],
      },
    },
  };
}
