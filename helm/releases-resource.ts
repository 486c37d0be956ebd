import * as pulumi from "@pulumi/pulumi";
import { isUnreachable, requireKubeConfig } from "../components/internal/kubeconfig";
import { deleteOutsideObjects } from "./outside-objects";

export interface HelmReleasesInputs {
  /** Setting `kubernetes:kubeconfig`; empty when it is not set. Secret. */
  kubeconfig: string;
  /** Setting `kubernetes:context`; empty when it is not set. */
  context: string;
  /** Namespaces that the releases are in, and go with. */
  namespaces: string[];
}

export const helmReleasesProvider: pulumi.dynamic.ResourceProvider<HelmReleasesInputs, HelmReleasesInputs> = {
  async create(inputs: HelmReleasesInputs) {
    return { id: "helm-releases", outs: inputs };
  },

  async update(_id: string, _olds: HelmReleasesInputs, news: HelmReleasesInputs) {
    return { outs: news };
  },

  async delete(_id: string, { kubeconfig, context, namespaces }: HelmReleasesInputs) {
    const { KubernetesObjectApi } = await import("@kubernetes/client-node");
    const config = requireKubeConfig({ kubeconfig, context, environment: process.env.KUBECONFIG });
    try {
      const deleted = await deleteOutsideObjects(KubernetesObjectApi.makeApiClient(config), namespaces);
      console.log(`Helm's objects outside of ${namespaces.join(", ")} are gone: ${deleted.length}`);
    } catch (error) {
      if (process.env.PULUMI_K8S_DELETE_UNREACHABLE === "true" && isUnreachable(error)) {
        return;
      }
      throw error;
    }
  },
};

/** The releases' objects outside of their namespaces. Deleting it deletes them. */
export class HelmReleasesResource extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    inputs: { [K in keyof HelmReleasesInputs]: pulumi.Input<HelmReleasesInputs[K]> },
    opts?: pulumi.CustomResourceOptions,
  ) {
    super(
      helmReleasesProvider,
      name,
      { ...inputs, kubeconfig: pulumi.secret(inputs.kubeconfig) },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] }),
      "cert-manager-vault",
      "HelmReleases",
    );
  }
}
