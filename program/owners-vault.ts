import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { VaultTokenReviewer } from "../components";
import type { OwnersVault } from "../settings/owners-vault";
import type { Preflight } from "../settings/preflight";
import { stackIdentity, vaultMark } from "../stack-mark";
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
  const address = pulumi.output(new URL(settings.vaultExisting).origin);
  const caPem = settings.vaultCaPem.trim();
  return {
    inCluster: namespace,
    namespace: namespace.metadata.name,
    clusterAddress: settings.vaultClusterAddress
      ? pulumi.output(new URL(settings.vaultClusterAddress).origin)
      : address,
    ...(caPem ? { clusterCaPem: pulumi.output(caPem) } : {}),
    access: { address, caPem: pulumi.output(caPem), token: settings.vaultToken },
    inside: insideOwnersVault(settings, told),
    login: {
      path: settings.vaultAuthPath,
      kubernetesHost: told.kubernetesHost,
      kubernetesCaPem: reviewer.kubernetesCaPem,
      tokenReviewerJwt: reviewer.token,
    },
    outputs: { vaultAddress: address, vaultCaPem: pulumi.output(caPem), vaultToken: settings.vaultToken },
  };
}

/**
 * Options of everything inside it. What is there is deleted from it in the end, one by one, since nothing else is to go;
 * and it bears the stack's mark, by which the preflight knows it from others' mounts, auth methods and policies.
 */
function insideOwnersVault(settings: Preflight, { version }: OwnersVault): pulumi.ComponentResourceOptions {
  const mark = vaultMark(stackIdentity());
  const provider = createVaultProvider("vault", {
    address: new URL(settings.vaultExisting).origin,
    token: settings.vaultToken,
    caPem: settings.vaultCaPem.trim() || undefined,
    vaultVersion: version,
  });
  return {
    provider,
    transformations: [
      ({ type, props, opts }) => {
        switch (type) {
          case "vault:index/mount:Mount":
          case "vault:index/authBackend:AuthBackend":
            return { props: { ...props, description: described(props.description, mark) }, opts };
          case "vault:index/policy:Policy":
            return { props: { ...props, policy: pulumi.interpolate`# ${mark}\n${props.policy}` }, opts };
          default:
            return undefined;
        }
      },
    ],
  };
}

function described(description: unknown, mark: string): pulumi.Output<string> {
  return pulumi
    .output(description as string | undefined)
    .apply((text) => [text, `(${mark})`].filter(Boolean).join(" "));
}
