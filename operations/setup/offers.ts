import { KubeConfig, NetworkingV1Api, StorageV1Api } from "@kubernetes/client-node";
import { loadKubeConfig, type KubeConfigSource } from "../../components/internal/kubeconfig";
import { Cluster } from "../cluster";
import { foreignCertManager } from "./foreign-cert-manager";
import { freeLoadBalancerAddress } from "./load-balancer-addresses";

/** What the cluster has that settings can name. */
export interface ClusterOffers {
  storageClasses: OfferedClass[];
  ingressClasses: OfferedClass[];
  freeAddress?: string;
  /** Namespace of a cert-manager that no stack of this program has installed and that can be used as it is. */
  certManagerNamespace?: string;
}

export interface OfferedClass {
  name: string;
  /** Whether it stands in where none is named. */
  isDefault: boolean;
}

/** Looks around in the cluster; empty where it cannot be asked, which the checks of the settings tell. */
export async function clusterOffers(source: KubeConfigSource): Promise<ClusterOffers> {
  const none = { storageClasses: [], ingressClasses: [] };
  try {
    const cluster = Cluster.of(source);
    const [storage, ingress, freeAddress, certManagerNamespace] = await Promise.all([
      cluster.ask(StorageV1Api, (api) => api.listStorageClass()),
      cluster.ask(NetworkingV1Api, (api) => api.listIngressClass()),
      freeLoadBalancerAddress(cluster),
      foreignCertManager(cluster),
    ]);
    return {
      storageClasses: offered(storage?.items, "storageclass.kubernetes.io/is-default-class"),
      ingressClasses: offered(ingress?.items, "ingressclass.kubernetes.io/is-default-class"),
      ...(freeAddress ? { freeAddress } : {}),
      ...(certManagerNamespace ? { certManagerNamespace } : {}),
    };
  } catch {
    return none;
  }
}

/** Contexts of the kubeconfig, the current one first. */
export function contextsOf(source: KubeConfigSource): string[] {
  const loaded = loadKubeConfig({ ...source, context: undefined });
  const config = typeof loaded === "string" ? new KubeConfig() : loaded.config;
  const names = (config.contexts ?? []).map(({ name }) => name);
  const current = config.currentContext;
  return [...names.filter((name) => name === current), ...names.filter((name) => name !== current)];
}

interface ClusterClass {
  metadata?: { name?: string; annotations?: Record<string, string> };
}

function offered(classes: ClusterClass[] = [], defaultAnnotation: string): OfferedClass[] {
  return classes.map(({ metadata }) => ({
    name: metadata?.name ?? "",
    isDefault: metadata?.annotations?.[defaultAnnotation] === "true",
  }));
}
