import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { VaultTokenReviewer } from "../components";
import type { OwnersVault } from "../settings/owners-vault";
import type { Preflight } from "../settings/preflight";
import { markedDescription, policyMark, stackIdentity } from "../stack-mark";
import type { Vault } from "./vault";
import { createVaultProvider } from "./vault-provider";

/**
 * The Vault of `vaultExisting`, which the preflight has looked at: nothing of it is made, and in the cluster only the
 * account by which it has tokens checked.
 *
 * @param told What it has told the preflight.
 */
export function useOwnersVault(settings: Preflight, told: OwnersVault): Vault {
  const namespace = new k8s.core.v1.Namespace("vault-namespace", {
    metadata: { name: settings.vaultNamespace },
  });
  const reviewer = new VaultTokenReviewer("vault-token-reviewer", { namespace: namespace.metadata.name });
  const ownAddress = new URL(settings.vaultExisting).origin;
  const ownCaPem = settings.vaultCaPem.trim();
  const [address, caPem, token] = [pulumi.output(ownAddress), pulumi.output(ownCaPem), settings.vaultToken];
  const provider = createVaultProvider("vault", {
    address,
    token,
    caPem: ownCaPem || undefined,
    vaultVersion: told.version,
  });
  return {
    inCluster: namespace,
    namespace: namespace.metadata.name,
    clusterAddress: settings.vaultClusterAddress
      ? pulumi.output(new URL(settings.vaultClusterAddress).origin)
      : address,
    ...(ownCaPem ? { clusterCaPem: caPem } : {}),
    access: { address, caPem, token },
    // What is there is deleted from it in the end, one by one, since nothing else is to go.
    inside: { provider, transformations: [markInVault(stackIdentity())] },
    login: {
      path: settings.vaultAuthPath,
      kubernetesHost: told.kubernetesHost,
      kubernetesCaPem: reviewer.kubernetesCaPem,
      tokenReviewerJwt: reviewer.token,
    },
    outputs: { vaultAddress: address, vaultCaPem: caPem, vaultToken: token },
  };
}

/** Has what is made there bear the stack's mark, by which the preflight knows it from others' of its kind. */
function markInVault(stack: string): pulumi.ResourceTransformation {
  return ({ type, props, opts }) => {
    switch (type) {
      case "vault:index/mount:Mount":
      case "vault:index/authBackend:AuthBackend": {
        const description = pulumi.output(props.description as string | undefined);
        return {
          props: { ...props, description: description.apply((text) => markedDescription(text, stack)) },
          opts,
        };
      }
      case "vault:index/policy:Policy":
        return {
          props: { ...props, policy: pulumi.interpolate`${policyMark(stack)}\n${props.policy}` },
          opts,
        };
      default:
        return undefined;
    }
  };
}
