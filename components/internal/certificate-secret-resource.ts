import { CoreV1Api } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateName } from "./certificate-issuance";
import type { IssuanceArgs } from "./issuance-resource";
import { clusterAccess } from "./cluster-access";
import { isUnreachable, requireKubeConfig } from "./kubeconfig";

export interface CertificateSecretInputs extends CertificateName {
  /** Name of the Certificate; none for that of the Secret. */
  certificate?: string;
  /** As the Kubernetes provider's setting: a path, or the content; empty for KUBECONFIG. Secret. */
  kubeconfig: string;
  /** As the Kubernetes provider's setting; empty for the current context. */
  context: string;
}

/** By which cert-manager marks the Secret that it writes for a Certificate. */
const ofCertificate = "cert-manager.io/certificate-name";

export const certificateSecretProvider: pulumi.dynamic.ResourceProvider<
  CertificateSecretInputs,
  CertificateSecretInputs
> = {
  async diff(_id: string, olds: CertificateSecretInputs, news: CertificateSecretInputs) {
    const replaces = (["namespace", "name"] as const).filter((key) => olds[key] !== news[key]);
    // How to reach the cluster matters to the deletion, which knows only what is kept.
    const moved = olds.kubeconfig !== news.kubeconfig || olds.context !== news.context;
    return { changes: moved || replaces.length > 0, replaces };
  },

  async create(inputs: CertificateSecretInputs) {
    return { id: `${inputs.namespace}/${inputs.name}`, outs: inputs };
  },

  async update(_id: string, _olds: CertificateSecretInputs, news: CertificateSecretInputs) {
    return { outs: news };
  },

  async delete(_id: string, { namespace, name, certificate, kubeconfig, context }: CertificateSecretInputs) {
    const config = requireKubeConfig({ kubeconfig, context, environment: process.env.KUBECONFIG });
    const api = config.makeApiClient(CoreV1Api);
    try {
      const { metadata } = await api.readNamespacedSecret({ namespace, name });
      if (metadata?.annotations?.[ofCertificate] === (certificate ?? name)) {
        await api.deleteNamespacedSecret({ namespace, name });
      }
    } catch (error) {
      const gone = (error as { code?: unknown }).code === 404;
      if (!gone && !(process.env.PULUMI_K8S_DELETE_UNREACHABLE === "true" && isUnreachable(error))) {
        throw error;
      }
    }
  },
};

/**
 * The Secret of a Certificate, of the same name unless one is given. cert-manager writes it, and leaves it when the Certificate goes: deleting
 * this deletes it. It comes before the Certificate, so that it goes after it.
 */
export class CertificateSecretResource extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    args: IssuanceArgs & { certificate?: string },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      certificateSecretProvider,
      name,
      {
        namespace: args.namespace,
        name: args.name,
        ...(args.certificate === undefined ? {} : { certificate: args.certificate }),
        ...clusterAccess(args),
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig"] }),
      "cert-manager-vault",
      "CertificateSecret",
    );
  }
}
