export interface JoinOrder {
  /** Names of all pods, the first one first. */
  pods: string[];
  /** Domain below which each pod has its name. */
  domain: string;
  /** Folder of Vault's storage. */
  dataFolder: string;
}

/**
 * What runs in each pod before Vault. A node without data waits here until another one is unsealed, so that it can
 * only join that one; the first pod alone does not wait. Until Vault is initialised nothing but the first pod answers
 * at the LoadBalancer's address, and never can two nodes be initialised apart from each other.
 *
 * @param pauseSeconds Between two looks. Default 2.
 */
export function joinOrderScript({ pods, domain, dataFolder }: JoinOrder, pauseSeconds = 2): string {
  return `trap 'exit 1' TERM INT
if [ "$POD_NAME" = ${pods[0]} ] || [ -e ${dataFolder}/raft/raft.db ]; then
  exit 0
fi
echo "this node has no data yet: waiting for an unsealed one to join"
while true; do
  for pod in ${pods.join(" ")}; do
    if [ $pod != "$POD_NAME" ] && VAULT_ADDR=https://$pod.${domain}:8200 vault status >/dev/null 2>&1; then
      echo "$pod is unsealed"
      exit 0
    fi
  done
  sleep ${pauseSeconds} &
  wait $!
done
`;
}
