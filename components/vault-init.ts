import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readPgpKey } from "./internal/pgp-key";
import { RolloutResource } from "./internal/rollout-resource";
import { VaultKeysResource } from "./internal/vault-keys-resource";
import { VaultUnsealResource } from "./internal/vault-unseal-resource";

export interface VaultInitArgs {
  /** Where Vault answers, `https://host:port`, reachable from the machine that runs Pulumi. */
  address: pulumi.Input<string>;
  /**
   * Where each of several nodes answers, one connection after the other; empty for `address`, which a LoadBalancer has
   * them share. Default empty.
   */
  nodesAddress?: pulumi.Input<string>;
  /** PEM certificates that Vault's listener certificate is checked against. */
  caPem: pulumi.Input<string>;
  /** Kubernetes namespace of Vault. */
  namespace: pulumi.Input<string>;
  /** Number of Vault's nodes behind `address`. Default 1. */
  replicas?: pulumi.Input<number>;
  /** Number of unseal keys. Default 1. */
  keyShares?: pulumi.Input<number>;
  /** Number of unseal keys that are needed to unseal. Default 1. */
  keyThreshold?: pulumi.Input<number>;
  /**
   * PGP public keys, armored or base64, one for each unseal key, which is encrypted for it, so that only its owner can
   * use it. Default none.
   */
  pgpKeys?: string[];
  /** Unseal keys, base64, of an initialised Vault; only with `existingRootToken`. Secret. Default none. */
  existingUnsealKeys?: pulumi.Input<string[]>;
  /**
   * Root token of an initialised Vault. Also one that takes the place of the one in the state, which was revoked.
   * Secret. Default none.
   */
  existingRootToken?: pulumi.Input<string>;
  /**
   * Whether the unseal keys are put into a Secret in Vault's namespace, from which the pod's sidecar unseals after a
   * restart. With false, `pulumi up` unseals. Default true; false with `pgpKeys`, with which it cannot be true.
   */
  autoUnseal?: boolean;
  /** Name of that Secret. Default `vault-unseal-keys`. */
  unsealSecretName?: pulumi.Input<string>;
  /**
   * Name of Vault's StatefulSet. A run that restarts its pods then waits until the last of them is back, before anything
   * is asked of Vault. Only where the sidecar unseals them. Default none, and nothing is waited for.
   */
  statefulSetName?: pulumi.Input<string>;
  /**
   * How long to wait for Vault to answer, for the owners of `pgpKeys` to unseal it, and for each pod that is restarted,
   * seconds. Default 300.
   */
  timeoutSeconds?: pulumi.Input<number>;
  /**
   * Kubeconfig, a path or its content, for looking at the StatefulSet. Default: the setting `kubernetes:kubeconfig`, then
   * the environment variable KUBECONFIG. Secret.
   */
  kubeconfig?: pulumi.Input<string>;
  /** Context in it. Default: the setting `kubernetes:context`, then the current one. */
  kubernetesContext?: pulumi.Input<string>;
}

/**
 * An initialised and unsealed Vault. Initialises one that is new, keeps its keys in the stack's encrypted state, and
 * unseals it whenever a run finds it sealed.
 *
 * The answer of the initialisation, the only copy of the keys, is written to a file readable by its owner only before
 * anything else happens, and removed when the keys are in the state; a run that was interrupted in between is
 * continued from it.
 *
 * With `pgpKeys`, a run that finds Vault sealed, the first one included, waits until their owners have unsealed it.
 *
 * @example
 * ```ts
 * const vaultInit = new VaultInit("vault-init", {
 *   address: vaultServer.address,
 *   caPem: authority.rootCertificatePem,
 *   namespace: vaultServer.namespace,
 * });
 * const provider = new vault.Provider("vault", { address: vaultServer.address, token: vaultInit.rootToken });
 * ```
 */
export class VaultInit extends pulumi.ComponentResource {
  /** Root token; resolves when Vault is unsealed. Secret. */
  public readonly rootToken: pulumi.Output<string>;
  /** Unseal keys, base64, one a share; encrypted with `pgpKeys`. Secret. */
  public readonly unsealKeys: pulumi.Output<string[]>;
  /** Stands for this Vault's storage: changes when Vault was initialised anew, with nothing in it. */
  public readonly instanceId: pulumi.Output<string>;

  constructor(name: string, args: VaultInitArgs, opts?: pulumi.ComponentResourceOptions) {
    const existingUnsealKeys = pulumi.secret(args.existingUnsealKeys ?? []);
    const existingRootToken = pulumi.secret(args.existingRootToken ?? "");
    const secret = args.kubeconfig === undefined ? {} : { kubeconfig: pulumi.secret(args.kubeconfig) };
    super(
      "cert-manager-vault:index:VaultInit",
      name,
      { ...args, existingUnsealKeys, existingRootToken, ...secret },
      opts,
    );
    const pgp = (args.pgpKeys ?? []).length > 0;
    if (pgp && args.autoUnseal) {
      throw new pulumi.ResourceError(
        "autoUnseal: cannot be with pgpKeys, which only their owners decrypt",
        this,
      );
    }
    const pgpKeys = pulumi.output(Promise.all((args.pgpKeys ?? []).map((key) => readPgpKey(key))));
    const pgpFingerprints = pgpKeys.apply((keys) => keys.map(({ fingerprint }) => fingerprint));

    const vault = {
      address: args.address,
      nodesAddress: args.nodesAddress ?? "",
      caPem: args.caPem,
      namespace: args.namespace,
      replicas: args.replicas ?? 1,
      timeoutSeconds: args.timeoutSeconds ?? 300,
    };
    const where = { ...vault, recoveryName: `${pulumi.getProject()}-${pulumi.getStack()}-${name}` };
    const keysName = `${name}-keys`;
    const keys = new VaultKeysResource(
      keysName,
      {
        ...where,
        keyShares: args.keyShares ?? 1,
        keyThreshold: args.keyThreshold ?? 1,
        pgpKeys: pgpKeys.apply((keys) => keys.map(({ base64 }) => base64)),
        pgpFingerprints,
        existingUnsealKeys,
        existingRootToken,
      },
      { parent: this },
    );
    const unsealKeys = pulumi.secret(keys.unsealKeys);
    const unseal = new VaultUnsealResource(
      `${name}-unseal`,
      { ...where, unsealKeys, pgpFingerprints, keysName },
      { parent: this },
    );
    const ready: pulumi.CustomResource[] = [unseal];
    if (args.autoUnseal ?? !pgp) {
      const unsealSecret = new k8s.core.v1.Secret(
        `${name}-unseal-secret`,
        {
          metadata: { name: args.unsealSecretName ?? "vault-unseal-keys", namespace: args.namespace },
          stringData: pulumi.all([unsealKeys, args.keyThreshold ?? 1]).apply(([all, threshold]) =>
            // No more of them than it takes: the rest stays out of the cluster.
            Object.fromEntries(all.slice(0, threshold).map((key, index) => [`key-${index}`, key])),
          ),
        },
        { parent: this },
      );
      if (args.statefulSetName !== undefined) {
        ready.push(
          new RolloutResource(
            `${name}-rollout`,
            {
              ...vault,
              statefulSet: args.statefulSetName,
              kubeconfig: args.kubeconfig,
              context: args.kubernetesContext,
            },
            // A pod of a new Vault is ready when it was initialised, and a restarted one unseals itself from the Secret.
            { parent: this, dependsOn: [unseal, unsealSecret] },
          ),
        );
      }
    }

    // By their URNs, which a preview knows also of what is not there yet.
    const readyOnes = ready.map(({ urn }) => urn);
    this.rootToken = pulumi.secret(pulumi.all([keys.rootToken, ...readyOnes]).apply(([token]) => token!));
    this.unsealKeys = unsealKeys;
    this.instanceId = keys.instanceId;
    this.registerOutputs({
      rootToken: this.rootToken,
      unsealKeys: this.unsealKeys,
      instanceId: this.instanceId,
    });
  }
}
