/** Names that Vault's listener certificate carries: what it is called by in its pod and in the cluster. */
export function listenerDnsNames(namespace: string): string[] {
  return [
    "localhost",
    "vault",
    `vault.${namespace}`,
    `vault.${namespace}.svc`,
    `vault.${namespace}.svc.cluster.local`,
    "*.vault-internal",
  ];
}
