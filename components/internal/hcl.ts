/** A text as an HCL string. HCL reads JSON's escapes; `${` would start an interpolation. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/\$\{/g, "$$$${");
}

/** Where the chart mounts what the listener needs. */
export interface ListenerFiles {
  certificate: string;
  key: string;
  clientCa: string;
}

/** Vault's server configuration: one node, `file` storage, TLS on its only listener. */
export function standaloneConfig(files: ListenerFiles): string {
  return `ui = true

listener "tcp" {
  address            = "[::]:8200"
  cluster_address    = "[::]:8201"
  tls_cert_file      = ${quoted(files.certificate)}
  tls_key_file       = ${quoted(files.key)}
  tls_client_ca_file = ${quoted(files.clientCa)}
}

storage "file" {
  path = "/vault/data"
}
`;
}

/** A policy of exact paths. */
export function policy(rules: { path: string; capabilities: string[] }[]): string {
  return rules
    .map(
      (rule) =>
        `path ${quoted(rule.path)} {\n  capabilities = [${rule.capabilities.map(quoted).join(", ")}]\n}\n`,
    )
    .join("\n");
}
