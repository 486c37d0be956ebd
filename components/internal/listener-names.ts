/** Names that Vault's listener certificate carries: what it is called by in its pod and in the cluster. */
export function listenerDnsNames(namespace: string): string[] {
  return [
    "localhost",
    ...["vault", "vault-active"].flatMap((service) => serviceNames(service, namespace)),
  ].concat("*.vault-internal");
}

function serviceNames(service: string, namespace: string): string[] {
  return [
    service,
    `${service}.${namespace}`,
    `${service}.${namespace}.svc`,
    `${service}.${namespace}.svc.cluster.local`,
  ];
}
