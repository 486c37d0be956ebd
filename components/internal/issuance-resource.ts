import { CustomObjectsApi } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { issuanceOf, reissueFailed, type CertificateName, type Issuance } from "./certificate-issuance";
import { clusterAccess, type ClusterAccessArgs } from "./cluster-access";
import { requireKubeConfig } from "./kubeconfig";

export interface IssuanceInputs extends CertificateName {
  /** As the Kubernetes provider's setting: a path, or the content; empty for KUBECONFIG. */
  kubeconfig: string;
  /** As the Kubernetes provider's setting; empty for the current context. */
  context: string;
  timeoutSeconds: number;
}

type IssuanceOutputs = CertificateName;

const pauseSeconds = 1;

function connect({ kubeconfig, context }: IssuanceInputs): CustomObjectsApi {
  const config = requireKubeConfig({ kubeconfig, context, environment: process.env.KUBECONFIG });
  return config.makeApiClient(CustomObjectsApi);
}

/** Issues the Certificate anew if its last issuance has failed, and waits until that is done. */
async function repair(inputs: IssuanceInputs): Promise<IssuanceOutputs> {
  const certificate = { namespace: inputs.namespace, name: inputs.name };
  const api = connect(inputs);
  if (!(await reissueFailed(api, certificate))) {
    return certificate;
  }
  console.log(
    `the last issuance of Certificate ${inputs.namespace}/${inputs.name} had failed: issuing it anew`,
  );
  const end = Date.now() + inputs.timeoutSeconds * 1000;
  let issuance: Issuance | undefined;
  do {
    await new Promise((resolve) => setTimeout(resolve, pauseSeconds * 1000));
    issuance = await issuanceOf(api, certificate);
  } while (issuance?.state === "running" && Date.now() < end);
  if (issuance && issuance.state !== "issued") {
    const outcome =
      issuance.state === "failed" ? issuance.reason : `not done after ${inputs.timeoutSeconds} s`;
    throw new Error(
      `Certificate ${inputs.namespace}/${inputs.name} could not be issued anew: ${outcome}. ` +
        `Look at: kubectl -n ${inputs.namespace} describe certificate,certificaterequest`,
    );
  }
  return certificate;
}

export const issuanceProvider: pulumi.dynamic.ResourceProvider<IssuanceInputs, IssuanceOutputs> = {
  // Looks at the Certificate on every run. A cluster that does not answer is other resources' business.
  async diff(_id: string, olds: IssuanceOutputs, news: IssuanceInputs) {
    if (olds.namespace !== news.namespace || olds.name !== news.name) {
      return { changes: true };
    }
    const issuance = await (async () => issuanceOf(connect(news), news))().catch(() => undefined);
    return { changes: issuance?.state === "failed" };
  },

  async create(inputs: IssuanceInputs) {
    return { id: `${inputs.namespace}/${inputs.name}`, outs: await repair(inputs) };
  },

  async update(_id: string, _olds: IssuanceOutputs, news: IssuanceInputs) {
    return { outs: await repair(news) };
  },
};

/** Which Certificate to watch over, and the cluster that it is in where the provider's settings do not say. */
export interface IssuanceArgs extends ClusterAccessArgs {
  namespace: pulumi.Input<string>;
  name: pulumi.Input<string>;
}

/**
 * The state "the last issuance has not failed". It comes before whatever waits for the Certificate, which need not
 * exist yet: a wait for one that has failed for good would end without a repair. Deleting it changes nothing.
 */
export class IssuanceResource extends pulumi.dynamic.Resource {
  constructor(name: string, args: IssuanceArgs, opts: pulumi.CustomResourceOptions) {
    super(
      issuanceProvider,
      name,
      {
        namespace: args.namespace,
        name: args.name,
        ...clusterAccess(args),
        timeoutSeconds: 300,
      },
      opts,
      "cert-manager-vault",
      "Issuance",
    );
  }
}
