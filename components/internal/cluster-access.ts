import * as pulumi from "@pulumi/pulumi";

/** The cluster that a resource looks into, where the Kubernetes provider's settings do not say. */
export interface ClusterAccessArgs {
  /** Kubeconfig, a path or its content. Default: the setting `kubernetes:kubeconfig`, then KUBECONFIG. */
  kubeconfig?: pulumi.Input<string>;
  /** Context in it. Default: the setting `kubernetes:context`, then the current one. */
  context?: pulumi.Input<string>;
}

/** The same as inputs of a dynamic resource; empty for KUBECONFIG and the current context. The kubeconfig is secret. */
export function clusterAccess({ kubeconfig, context }: ClusterAccessArgs) {
  const setting = (key: string) => pulumi.runtime.getConfig(`kubernetes:${key}`) ?? "";
  return {
    kubeconfig: pulumi.secret(kubeconfig ?? setting("kubeconfig")),
    context: context ?? setting("context"),
  };
}
