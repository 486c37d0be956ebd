import { setTimeout as sleep } from "node:timers/promises";
import { CustomObjectsApi } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { apiReason } from "./api-reason";
import { clusterAccess, type ClusterAccessArgs } from "./cluster-access";
import { requireKubeConfig } from "./kubeconfig";

/** A cluster-wide object that is offered to a webhook and never made. */
export interface Probe {
  group: string;
  version: string;
  plural: string;
  kind: string;
  spec: object;
}

export interface AdmissionInputs {
  /** Name of what has the webhook, which is also that of its Deployment and of the webhook's configuration. */
  webhook: string;
  probe: Probe;
  /** Release that is to answer; another one is asked again. */
  release: string;
  /** As the Kubernetes provider's setting: a path, or the content; empty for KUBECONFIG. */
  kubeconfig: string;
  /** As the Kubernetes provider's setting; empty for the current context. */
  context: string;
  timeoutSeconds: number;
}

interface AdmissionOutputs {
  release: string;
}

const pauseSeconds = 1;

/** Waits until an object would be admitted: has the API server ask the webhook, without making one. */
async function admitted(inputs: AdmissionInputs): Promise<AdmissionOutputs> {
  const { kubeconfig, context, webhook, release, timeoutSeconds } = inputs;
  const { group, version, plural, kind, spec } = inputs.probe;
  const config = requireKubeConfig({ kubeconfig, context, environment: process.env.KUBECONFIG });
  const api = config.makeApiClient(CustomObjectsApi);
  const body = { apiVersion: `${group}/${version}`, kind, metadata: { name: "admission-check" }, spec };
  const end = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    try {
      await api.createClusterCustomObject({ group, version, plural, body, dryRun: "All" });
      return { release };
    } catch (error) {
      if (Date.now() > end) {
        throw new Error(
          `${webhook}'s webhook has admitted no ${kind} for ${timeoutSeconds} s: ${apiReason(error)}. ` +
            `Look at: kubectl get validatingwebhookconfiguration ${webhook} -o yaml, and the pods of ${webhook}`,
          { cause: error },
        );
      }
      await sleep(pauseSeconds * 1000);
    }
  }
}

export const admissionProvider: pulumi.dynamic.ResourceProvider<AdmissionInputs, AdmissionOutputs> = {
  async diff(_id: string, olds: AdmissionOutputs, news: AdmissionInputs) {
    return { changes: olds.release !== news.release };
  },

  async create(inputs: AdmissionInputs) {
    return { id: inputs.webhook, outs: await admitted(inputs) };
  },

  async update(_id: string, _olds: AdmissionOutputs, news: AdmissionInputs) {
    return { outs: await admitted(news) };
  },
};

export interface AdmissionArgs extends ClusterAccessArgs {
  /** Name of what has the webhook, which is also that of its Deployment and of the webhook's configuration. */
  webhook: string;
  /** What the webhook is to admit. */
  probe: Probe;
  /** Release that has the webhook: its name and version. */
  release: pulumi.Input<string>;
}

/**
 * The state "this webhook answers", which its pod's readiness is not: cert-manager still has to write the CA into the
 * webhook's configuration, and the cluster's network to learn the pod's address. Deleting it changes nothing.
 */
export class AdmissionResource extends pulumi.dynamic.Resource {
  constructor(name: string, args: AdmissionArgs, opts: pulumi.CustomResourceOptions) {
    super(
      admissionProvider,
      name,
      {
        webhook: args.webhook,
        probe: args.probe,
        release: args.release,
        ...clusterAccess(args),
        timeoutSeconds: 120,
      },
      opts,
      "cert-manager-vault",
      "Admission",
    );
  }
}
