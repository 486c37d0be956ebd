import {
  ApiException,
  AuthorizationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  type KubeConfig,
  NetworkingV1Api,
  StorageV1Api,
  type V1StorageClass,
  VersionApi,
} from "@kubernetes/client-node";
import { loadKubeConfig, type KubeConfigSource } from "../components/internal/kubeconfig";
import { unlessMissing } from "../components/internal/unless-missing";
import { bindingFaults, classInUse, type WantedVolumes } from "./storage-class";

/** What the program is going to need from the cluster; what is missing here is not looked at. */
export interface ClusterNeeds {
  /** Setting `vaultStorageClass`; empty for the default class. */
  storageClass?: string;
  /** Volumes of that class that are going to be claimed. */
  volumes?: WantedVolumes;
  /** Setting `ingressClassName`; empty for the default class. */
  ingressClass?: string;
  /** Namespaces that have to be there, and the places in the settings that name them. */
  namespaces?: { setting: string; name: string }[];
  /** Setting `monitoring`. */
  monitoring?: string;
  /** Namespace whose pods a port-forward leads to. */
  portForwardIn?: string;
}

interface ClassKind {
  setting: string;
  kind: string;
  resource: string;
  /** Annotation of a class that stands in where none is named. */
  defaultAnnotation: string;
}

const storage: ClassKind = {
  setting: "vaultStorageClass",
  kind: "storage class",
  resource: "storageclass",
  defaultAnnotation: "storageclass.kubernetes.io/is-default-class",
};
const ingress: ClassKind = {
  setting: "ingressClassName",
  kind: "ingress class",
  resource: "ingressclass",
  defaultAnnotation: "ingressclass.kubernetes.io/is-default-class",
};

/** Asks the cluster that Pulumi is going to use for what it has to have. Faults say what is wrong and what to do. */
export async function checkCluster(
  source: KubeConfigSource,
  needs: ClusterNeeds,
  timeoutSeconds = 10,
): Promise<string[]> {
  const loaded = loadKubeConfig(source);
  if (typeof loaded === "string") {
    return [loaded];
  }
  const { config, where } = loaded;
  const ask = <T>(answer: Promise<T>) => answerWithin(timeoutSeconds, answer);
  try {
    const version = await ask(unlessMissing(config.makeApiClient(VersionApi).getCode()));
    if (!version?.gitVersion) {
      return [
        `kubernetes:context: what answers at ${where} is no Kubernetes API server: choose another context`,
      ];
    }
    const storageClasses = await ask(config.makeApiClient(StorageV1Api).listStorageClass());
    const ingressClasses = await ask(config.makeApiClient(NetworkingV1Api).listIngressClass());
    return [
      ...classFaults(storage, needs.storageClass, storageClasses.items, where),
      ...(await ask(volumeFaults(config, needs, storageClasses.items, where))),
      ...classFaults(ingress, needs.ingressClass, ingressClasses.items, where),
      ...(await ask(namespaceFaults(config.makeApiClient(CoreV1Api), needs.namespaces ?? [], where))),
      ...(needs.portForwardIn ? await ask(forwardFaults(config, needs.portForwardIn, where)) : []),
      ...(needs.monitoring === "operator" ? operatorFaults(await ask(monitoringKinds(config)), where) : []),
    ];
  } catch (error) {
    return [failure(error, where)];
  }
}

/** Whether this user may open a port-forward to the pods of a namespace, which need not be there yet. */
async function forwardFaults(config: KubeConfig, namespace: string, where: string): Promise<string[]> {
  const api = config.makeApiClient(AuthorizationV1Api);
  const wanted = [
    { verb: "list", resource: "pods" },
    // The verbs of a web socket; which of them counts depends on the version of the API server.
    { verb: "get", resource: "pods", subresource: "portforward" },
    { verb: "create", resource: "pods", subresource: "portforward" },
  ];
  const reviews = wanted.map(async (right) => {
    const resourceAttributes = { namespace, ...right };
    const review = await unlessMissing(
      api.createSelfSubjectAccessReview({ body: { spec: { resourceAttributes } } }),
    );
    return review?.status && !review.status.allowed
      ? `${right.verb} ${[right.resource, right.subresource].filter(Boolean).join("/")}`
      : [];
  });
  const missing = (await Promise.all(reviews)).flat();
  if (missing.length === 0) {
    return [];
  }
  return [
    `vaultEndpoint: Vault is to be reached by a port-forward, and the cluster of ${where} does not let this user ` +
      `${missing.join(", ")} in namespace ${namespace}: have it allowed, or give vaultLoadBalancerIp`,
  ];
}

/** Which of the Prometheus Operator's kinds the cluster knows. */
async function monitoringKinds(config: KubeConfig): Promise<string[]> {
  const group = { group: "monitoring.coreos.com", version: "v1" };
  const known = await unlessMissing(config.makeApiClient(CustomObjectsApi).getAPIResources(group));
  return known?.resources.map(({ kind }) => kind) ?? [];
}

function operatorFaults(known: string[], where: string): string[] {
  const missing = ["PrometheusRule", "PodMonitor"].filter((kind) => !known.includes(kind));
  if (missing.length === 0) {
    return [];
  }
  return [
    `monitoring: operator makes objects of monitoring.coreos.com/v1, and the cluster of ${where} has no ${missing.join(" and no ")}: ` +
      'install the Prometheus Operator first, or "pulumi config set monitoring file" for rules as a file, or none',
  ];
}

interface ClusterClass {
  metadata?: { name?: string; annotations?: Record<string, string> };
}

function classFaults(
  { setting, kind, resource, defaultAnnotation }: ClassKind,
  wanted: string | undefined,
  classes: ClusterClass[],
  where: string,
): string[] {
  if (wanted === undefined) {
    return [];
  }
  const names = classes.map(({ metadata }) => metadata?.name ?? "");
  const has = `the cluster of ${where} has ${names.length > 0 ? names.join(", ") : "none at all"}`;
  const set = names.length > 0 ? `"pulumi config set ${setting} NAME"` : `install one first`;
  if (wanted !== "") {
    return names.includes(wanted) ? [] : [`${setting}: there is no ${kind} ${wanted}, ${has}: ${set}`];
  }
  const defaults = classes.filter(({ metadata }) => metadata?.annotations?.[defaultAnnotation] === "true");
  if (defaults.length === 1) {
    return [];
  }
  return [
    `${setting}: "" asks for the default ${kind}, but ${defaults.length} are marked as such, and ${has}: ${set}, ` +
      `or mark one with "kubectl annotate ${resource} NAME ${defaultAnnotation}=true"`,
  ];
}

async function volumeFaults(
  config: KubeConfig,
  { storageClass, volumes }: ClusterNeeds,
  classes: V1StorageClass[],
  where: string,
): Promise<string[]> {
  const inUse =
    storageClass === undefined ? undefined : classInUse(storageClass, classes, storage.defaultAnnotation);
  return inUse && volumes ? bindingFaults(config, inUse, volumes, where) : [];
}

async function namespaceFaults(
  api: CoreV1Api,
  wanted: { setting: string; name: string }[],
  where: string,
): Promise<string[]> {
  const faults = wanted.map(async ({ setting, name }) => {
    const namespace = await unlessMissing(api.readNamespace({ name }));
    if (!namespace) {
      return `${setting}: there is no namespace ${name} in the cluster of ${where}: "kubectl create namespace ${name}", or choose another`;
    }
    return namespace.metadata?.deletionTimestamp
      ? `${setting}: the namespace ${name} of the cluster of ${where} is being deleted: wait, and make it anew`
      : "";
  });
  return (await Promise.all(faults)).filter((fault) => fault !== "");
}

/** The client has no limit of its own, and a kubeconfig's login command may take its time as well. */
export async function answerWithin<T>(seconds: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

function failure(error: unknown, where: string): string {
  if (error instanceof ApiException && (error.code === 401 || error.code === 403)) {
    const what =
      error.code === 401
        ? "does not know this user: log in again"
        : "does not let this user list what it has: use an administrator";
    return `kubernetes:context: the cluster of ${where} ${what}, or "pulumi config set kubernetes:context NAME"`;
  }
  return (
    `kubernetes:context: the cluster of ${where} cannot be reached (${reasonOf(error)}): start it, ` +
    'or "pulumi config set kubernetes:context NAME"'
  );
}

/** Why a question to the API server has come to nothing, in few words. */
export function reasonOf(error: unknown): string {
  return error instanceof ApiException ? `HTTP status ${error.code}` : deepestReason(error);
}

/** fetch says no more than "fetch failed"; what happened is further down. */
function deepestReason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return deepestReason(error.errors[0]);
  }
  if (error instanceof Error) {
    return error.cause ? deepestReason(error.cause) : error.message || error.name;
  }
  return String(error);
}
