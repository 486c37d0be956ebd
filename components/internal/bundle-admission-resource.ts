import { setTimeout as sleep } from "node:timers/promises";
import { CustomObjectsApi } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { clusterAccess, type ClusterAccessArgs } from "./cluster-access";
import { requireKubeConfig } from "./kubeconfig";

export interface BundleAdmissionInputs {
  /** Release that is to answer; another one is asked again. */
  release: string;
  /** As the Kubernetes provider's setting: a path, or the content; empty for KUBECONFIG. */
  kubeconfig: string;
  /** As the Kubernetes provider's setting; empty for the current context. */
  context: string;
  timeoutSeconds: number;
}

interface BundleAdmissionOutputs {
  release: string;
}

const pauseSeconds = 1;

const probe = {
  apiVersion: "trust.cert-manager.io/v1alpha1",
  kind: "Bundle",
  metadata: { name: "admission-check" },
  spec: { sources: [{ inLine: "nothing" }], target: { configMap: { key: "ca.crt" } } },
};

/** Waits until a Bundle would be admitted: has the API server ask trust-manager's webhook, without making one. */
async function admitted(inputs: BundleAdmissionInputs): Promise<BundleAdmissionOutputs> {
  const { kubeconfig, context, release, timeoutSeconds } = inputs;
  const config = requireKubeConfig({ kubeconfig, context, environment: process.env.KUBECONFIG });
  const api = config.makeApiClient(CustomObjectsApi);
  const end = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    try {
      await api.createClusterCustomObject({
        group: "trust.cert-manager.io",
        version: "v1alpha1",
        plural: "bundles",
        body: probe,
        dryRun: "All",
      });
      return { release };
    } catch (error) {
      if (Date.now() > end) {
        throw new Error(
          `trust-manager's webhook has admitted no Bundle for ${timeoutSeconds} s: ${reason(error)}. ` +
            "Look at: kubectl get validatingwebhookconfiguration trust-manager -o yaml, and the pods of trust-manager",
          { cause: error },
        );
      }
      await sleep(pauseSeconds * 1000);
    }
  }
}

/** The API server's own words, without the headers of its answer. */
function reason(error: unknown): string {
  const { body, message } = error as { body?: unknown; message?: string };
  try {
    return (JSON.parse(String(body)) as { message: string }).message;
  } catch {
    return message ?? String(error);
  }
}

export const bundleAdmissionProvider: pulumi.dynamic.ResourceProvider<
  BundleAdmissionInputs,
  BundleAdmissionOutputs
> = {
  async diff(_id: string, olds: BundleAdmissionOutputs, news: BundleAdmissionInputs) {
    return { changes: olds.release !== news.release };
  },

  async create(inputs: BundleAdmissionInputs) {
    return { id: "trust-manager", outs: await admitted(inputs) };
  },

  async update(_id: string, _olds: BundleAdmissionOutputs, news: BundleAdmissionInputs) {
    return { outs: await admitted(news) };
  },
};

export interface BundleAdmissionArgs extends ClusterAccessArgs {
  /** Release of trust-manager: its name and version. */
  release: pulumi.Input<string>;
}

/**
 * The state "trust-manager's webhook answers", which its pod's readiness is not: cert-manager still has to write the CA
 * into the webhook's configuration, and the cluster's network to learn the pod's address. Deleting it changes nothing.
 */
export class BundleAdmissionResource extends pulumi.dynamic.Resource {
  constructor(name: string, args: BundleAdmissionArgs, opts: pulumi.CustomResourceOptions) {
    super(
      bundleAdmissionProvider,
      name,
      {
        release: args.release,
        ...clusterAccess(args),
        timeoutSeconds: 120,
      },
      opts,
      "cert-manager-vault",
      "BundleAdmission",
    );
  }
}
