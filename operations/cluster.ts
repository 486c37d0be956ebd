import {
  ApiException,
  CustomObjectsApi,
  NetworkingV1Api,
  type Configuration,
  type KubeConfig,
  type V1Ingress,
} from "@kubernetes/client-node";
import { loadKubeConfig, type KubeConfigSource } from "../components/internal/kubeconfig";
import { answerWithin, reasonOf } from "../settings/cluster";

/** A condition as most kinds have them in their status. */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** What issuers and Certificates of cert-manager have in common. */
export interface CertManagerObject {
  metadata: { name: string; namespace?: string };
  status?: {
    conditions?: Condition[];
    /** ISO times; of Certificates only. */
    notBefore?: string;
    notAfter?: string;
    renewalTime?: string;
  };
}

/** `Ingress` that Podinfo makes. */
const pageIngressName = "my-podinfo";

/** The cluster as the commands ask it: with a limit of time, and with plain words for what went wrong. */
export class Cluster {
  private constructor(
    private readonly config: KubeConfig,
    /** Reads on after "the cluster of": the context, the file and the server. */
    readonly where: string,
  ) {}

  /** @throws Error saying what is wrong with the kubeconfig and what to do. */
  static of(source: KubeConfigSource): Cluster {
    const loaded = loadKubeConfig(source);
    if (typeof loaded === "string") {
      throw new Error(loaded);
    }
    return new Cluster(loaded.config, loaded.where);
  }

  /**
   * What the API server answers; undefined where there is no such thing.
   *
   * @throws Error when there is no answer, or a refusal.
   */
  async ask<Api extends object, Answer>(
    api: new (configuration: Configuration) => Api,
    question: (api: Api) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    // The client's own type of an API is not exported.
    const make = this.config.makeApiClient.bind(this.config) as unknown as (type: typeof api) => Api;
    try {
      return await answerWithin(10, question(make(api)));
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) {
        return undefined;
      }
      const what =
        error instanceof ApiException
          ? `refuses: ${messageOf(error)}`
          : `cannot be asked (${reasonOf(error)})`;
      throw new Error(`the cluster of ${this.where} ${what}`, { cause: error });
    }
  }

  /** All of a kind of cert-manager's, in all namespaces; undefined where the cluster does not know the kind. */
  async certManagerObjects(plural: string): Promise<CertManagerObject[] | undefined> {
    const kind = { group: "cert-manager.io", version: "v1", plural };
    const list = await this.ask(
      CustomObjectsApi,
      (api) => api.listClusterCustomObject(kind) as Promise<{ items: CertManagerObject[] }>,
    );
    return list?.items;
  }

  async pageIngress(namespace: string): Promise<V1Ingress | undefined> {
    return this.ask(NetworkingV1Api, (api) =>
      api.readNamespacedIngress({ name: pageIngressName, namespace }),
    );
  }
}

/** IP address or host name that an Ingress answers at; undefined while it has none. */
export function addressOf(ingress: V1Ingress | undefined): string | undefined {
  const point = ingress?.status?.loadBalancer?.ingress?.[0];
  return point?.ip || point?.hostname || undefined;
}

export function conditionOf(object: CertManagerObject, type: string): Condition | undefined {
  return object.status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(object: CertManagerObject): boolean {
  return conditionOf(object, "Ready")?.status === "True";
}

/** The server's own words, where it has some. */
function messageOf(error: ApiException<unknown>): string {
  try {
    const { message } = JSON.parse(String(error.body)) as { message?: string };
    return message ?? reasonOf(error);
  } catch {
    return reasonOf(error);
  }
}
