import { existsSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";
import { KubeConfig } from "@kubernetes/client-node";

/** Where the Kubernetes provider's settings and the environment point. */
export interface KubeConfigSource {
  /** Setting `kubernetes:kubeconfig`: a path, or the content. */
  kubeconfig?: string;
  /** Setting `kubernetes:context`. */
  context?: string;
  /** Environment variable KUBECONFIG: paths. */
  environment?: string;
}

export interface LoadedKubeConfig {
  config: KubeConfig;
  /** Reads on after "the cluster of": the context, the file and the server. */
  where: string;
}

const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const chooseContext = '"pulumi config set kubernetes:context NAME"';

/** Loads what the Kubernetes provider is going to use; a text says what is wrong with it and what to do. */
export function loadKubeConfig(source: KubeConfigSource): LoadedKubeConfig | string {
  const config = new KubeConfig();
  let origin: string;
  try {
    const found = load(config, source);
    if (found === undefined) {
      return missing(source);
    }
    origin = found;
  } catch {
    // A parser's words could repeat what stands in the file, credentials included.
    return "kubernetes:kubeconfig: the kubeconfig cannot be read: it is not YAML, or a part of it is missing";
  }
  const names = config.getContexts().map(({ name }) => name);
  const has = `${origin} has ${names.length > 0 ? names.join(", ") : "no context at all"}`;
  const context = source.context || config.getCurrentContext();
  if (!context) {
    return `kubernetes:context: no context is chosen, and ${has}: ${chooseContext}`;
  }
  if (!names.includes(context)) {
    return `kubernetes:context: there is no context "${context}", ${has}: ${chooseContext}`;
  }
  config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    return `kubernetes:context: context "${context}" of ${origin} names a cluster that is not there: ${chooseContext}`;
  }
  return { config, where: `context "${context}" of ${origin} (${cluster.server})` };
}

/**
 * The same, where the settings have been checked before.
 *
 * @throws Error saying what is wrong and what to do.
 */
export function requireKubeConfig(source: KubeConfigSource): KubeConfig {
  const loaded = loadKubeConfig(source);
  if (typeof loaded === "string") {
    throw new Error(loaded);
  }
  return loaded.config;
}

/** Whether a call failed without an answer of an API server, which would have a status. */
export function isUnreachable(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code !== "number" && cause !== undefined;
}

/** Fills the config and says where from; undefined when there is nothing to fill it from. */
function load(config: KubeConfig, { kubeconfig, environment }: KubeConfigSource): string | undefined {
  if (kubeconfig) {
    if (existsSync(kubeconfig)) {
      config.loadFromFile(kubeconfig);
      return kubeconfig;
    }
    if (looksLikePath(kubeconfig)) {
      return undefined;
    }
    config.loadFromString(kubeconfig);
    return "the setting kubernetes:kubeconfig";
  }
  const files = filesOf(environment).filter((file) => existsSync(file));
  if (files.length > 0) {
    files.forEach((file) => mergeFile(config, file));
    return files.join(path.delimiter);
  }
  if (!environment && existsSync(serviceAccountToken)) {
    config.loadFromCluster();
    return "this pod's service account";
  }
  return undefined;
}

function filesOf(environment: string | undefined): string[] {
  return environment
    ? environment.split(path.delimiter).filter(Boolean)
    : [path.join(homedir(), ".kube", "config")];
}

// As kubectl and the provider do, and unlike KubeConfig.mergeConfig: what comes first stays.
function mergeFile(config: KubeConfig, file: string): void {
  const further = new KubeConfig();
  further.loadFromFile(file);
  further.makePathsAbsolute(path.dirname(path.resolve(file)));
  config.loadFromOptions({
    clusters: firstOfEachName(config.clusters, further.clusters),
    users: firstOfEachName(config.users, further.users),
    contexts: firstOfEachName(config.contexts, further.contexts),
    currentContext: config.currentContext || further.currentContext,
  });
}

function firstOfEachName<T extends { name: string }>(first: T[] = [], then: T[] = []): T[] {
  return [...first, ...then.filter(({ name }) => !first.some((known) => known.name === name))];
}

// Base64 has slashes, too, but no path is as long as a kubeconfig with a certificate or a token.
function looksLikePath(text: string): boolean {
  return text.length <= 512 && !/[\n:{]/.test(text);
}

function missing({ kubeconfig, environment }: KubeConfigSource): string {
  const place = kubeconfig
    ? `${kubeconfig}, which the setting kubernetes:kubeconfig names, is not there`
    : environment
      ? `${environment}, which the environment variable KUBECONFIG names, is not there`
      : `there is none in ${filesOf(undefined).join()}, and KUBECONFIG is not set`;
  return (
    `kubernetes:kubeconfig: ${place}: set KUBECONFIG, or "pulumi config set kubernetes:kubeconfig PATH", ` +
    "to the kubeconfig of the cluster"
  );
}
