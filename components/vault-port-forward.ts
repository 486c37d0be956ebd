import * as pulumi from "@pulumi/pulumi";
import { VaultForwardResource } from "./internal/vault-forward-resource";

export interface VaultPortForwardArgs {
  /** Namespace of Vault, in which it need not be yet. Default `vault`. */
  namespace?: string;
  /** Number of Vault's nodes. Default 1. */
  replicas?: number;
  /**
   * Kubeconfig, a path or its content. Default: the setting `kubernetes:kubeconfig`, then the environment variable
   * KUBECONFIG. Secret.
   */
  kubeconfig?: pulumi.Input<string>;
  /** Context in it. Default: the setting `kubernetes:context`, then the current one. */
  kubernetesContext?: pulumi.Input<string>;
}

/**
 * A way to a Vault that has no address outside of its cluster: a port-forward through the API server, open on this
 * machine's 127.0.0.1 for as long as Pulumi runs, previews and refreshes included. Each connection finds its pod anew, the
 * active node among several. The port is always the same for a stack, unless another program has it; another port
 * replaces nothing.
 *
 * To be made before all that reaches Vault. In a run with `--target` it is open only when it is a target as well.
 *
 * @example
 * ```ts
 * const forward = new VaultPortForward("vault-forward", { namespace: "vault" });
 * const vaultInit = new VaultInit("vault-init", {
 *   address: forward.address,
 *   nodesAddress: forward.nodesAddress,
 *   caPem: authority.rootCertificatePem,
 *   namespace: server.namespace,
 * }, { dependsOn: server });
 * ```
 */
export class VaultPortForward extends pulumi.ComponentResource {
  /** `https://127.0.0.1:port`, which leads to the active node. */
  public readonly address: pulumi.Output<string>;
  /** The same for each of several nodes: one connection leads to one, the next to another. */
  public readonly nodesAddress: pulumi.Output<string>;

  constructor(name: string, args: VaultPortForwardArgs, opts?: pulumi.ComponentResourceOptions) {
    const secret = args.kubeconfig === undefined ? {} : { kubeconfig: pulumi.secret(args.kubeconfig) };
    super("cert-manager-vault:index:VaultPortForward", name, { ...args, ...secret }, opts);

    const forward = new VaultForwardResource(
      `${name}-open`,
      {
        namespace: args.namespace ?? "vault",
        replicas: args.replicas ?? 1,
        kubeconfig: args.kubeconfig,
        context: args.kubernetesContext,
        owner: `${pulumi.getProject()}-${pulumi.getStack()}-${name}`,
      },
      { parent: this },
    );

    this.address = forward.address;
    this.nodesAddress = forward.nodesAddress;
    this.registerOutputs({ address: this.address, nodesAddress: this.nodesAddress });
  }
}
