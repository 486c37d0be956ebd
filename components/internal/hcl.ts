/**
 * A text as a string of HCL 1, which Vault reads. It knows JSON's escapes, but none between `${` and `}`, which it
 * copies as they are; a brace that is itself an escape opens nothing.
 */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("${", "$\\u007b");
}

/** Where the chart mounts what the listener needs. */
export interface ListenerFiles {
  certificate: string;
  key: string;
  clientCa: string;
}

function listener(files: ListenerFiles, port = 8200, further = ""): string {
  return `listener "tcp" {
  address            = "[::]:${port}"
  cluster_address    = "[::]:${port + 1}"
  tls_cert_file      = ${quoted(files.certificate)}
  tls_key_file       = ${quoted(files.key)}
  tls_client_ca_file = ${quoted(files.clientCa)}
${further}}`;
}

/** Port of the pod whose listener tells metrics without a login, and the name that the pod gives it. */
export const metricsPort = 8210;
export const metricsPortName = "metrics";

/**
 * Metrics for Prometheus, which cannot log in to Vault, on a listener of their own, so that they are told to nobody
 * outside the cluster. A sealed Vault lets nobody log in, and is what the metrics have to tell of.
 */
function metrics(files: ListenerFiles): string {
  const unauthenticated = `
  telemetry {
    unauthenticated_metrics_access = true
  }
`;
  return `
${listener(files, metricsPort, unauthenticated)}

telemetry {
  prometheus_retention_time = "24h"
  disable_hostname          = true
}
`;
}

/** Vault's server configuration: one node, `file` storage, TLS on every listener. */
export function standaloneConfig(files: ListenerFiles, withMetrics = false): string {
  return `ui = true

${listener(files)}
${withMetrics ? metrics(files) : ""}
storage "file" {
  path = "/vault/data"
}
`;
}

/** The nodes of a Vault with integrated storage, as they call each other. */
export interface RaftNodes {
  /** Host names, one a node. */
  hosts: string[];
  /** Name in the listener's certificate by which they check each other. */
  tlsServerName: string;
}

/**
 * Vault's server configuration: integrated storage, a new node joins whichever of the others is unsealed. Pods tell
 * Kubernetes by labels which of them is active, and clients by a header who has answered.
 */
export function raftConfig(files: ListenerFiles, nodes: RaftNodes, withMetrics = false): string {
  const joins = nodes.hosts.map(
    (host) => `
  retry_join {
    leader_api_addr       = ${quoted(`https://${host}:8200`)}
    leader_ca_cert_file   = ${quoted(files.clientCa)}
    leader_tls_servername = ${quoted(nodes.tlsServerName)}
  }
`,
  );
  return `ui = true

enable_response_header_hostname = true

${listener(files)}
${withMetrics ? metrics(files) : ""}
storage "raft" {
  path = "/vault/data"
${joins.join("")}}

service_registration "kubernetes" {}
`;
}

/** What a policy allows on one path. */
export interface PolicyRule {
  path: string;
  capabilities: string[];
  /** Values that a parameter must have one of. Parameters that are not named are free. */
  allowedValues?: Record<string, (string | string[])[]>;
  /** Parameters that must not be given. */
  deniedParameters?: string[];
}

/** A policy of exact paths. */
export function policy(rules: PolicyRule[]): string {
  return rules
    .map((rule) => {
      const lines = [
        `capabilities = ${list(rule.capabilities)}`,
        ...(rule.allowedValues ? [allowedParameters(rule.allowedValues)] : []),
        ...(rule.deniedParameters ? [block("denied_parameters", rule.deniedParameters.map(noValues))] : []),
      ];
      return `path ${quoted(rule.path)} {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
    })
    .join("\n");
}

function allowedParameters(values: Record<string, (string | string[])[]>): string {
  const named = Object.entries(values).map(
    ([parameter, allowed]) => `${quoted(parameter)} = ${list(allowed)}`,
  );
  return block("allowed_parameters", [...named, noValues("*")]);
}

// For Vault, no values are all values.
function noValues(parameter: string): string {
  return `${quoted(parameter)} = []`;
}

function list(items: (string | string[])[]): string {
  return `[${items.map((item) => (typeof item === "string" ? quoted(item) : list(item))).join(", ")}]`;
}

function block(name: string, lines: string[]): string {
  return `${name} = {\n${lines.map((line) => `    ${line}\n`).join("")}  }`;
}

/** The policy that admits to one path which signs certificates, and to nothing else. */
export function signPolicy(signPath: string): string {
  return policy([{ path: signPath, capabilities: ["update"] }]);
}

/** The policy that admits to snapshots of Vault's integrated storage, not to restoring one. */
export function snapshotPolicy(): string {
  return policy([{ path: "sys/storage/raft/snapshot", capabilities: ["read"] }]);
}
