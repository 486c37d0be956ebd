/** Where the nodes of Vault answer, seen from a pod of Vault's namespace. */
export interface RestorePlaces {
  /** `https://host:port` of the first pod. */
  first: string;
  /** `https://host:port` of whichever is active. */
  active: string;
  /** Path of the snapshot. */
  file: string;
}

/**
 * What restores a snapshot, in a pod of Vault's own image. Its standard input is a token that may restore, for a Vault
 * that runs. A Vault without data is given data first, under keys that nobody ever sees: the snapshot replaces them
 * with its own, and seals Vault until it is given the keys of the time when it was taken.
 *
 * No key or token is an argument of a command, and none is printed.
 */
export function restoreScript({ first, active, file }: RestorePlaces): string {
  return `set -eu
token=$(cat)
export VAULT_MAX_RETRIES=0
if ! vault operator raft snapshot inspect ${file} >/dev/null; then
  echo "this is not a complete snapshot" >&2
  exit 1
fi
if VAULT_ADDR=${active} vault status >/dev/null 2>&1; then
  if [ -z "$token" ]; then
    echo "Vault is running, and going back takes a root token, which the stack does not have: make one (Break glass in docs/security.md) and give it as VAULT_TOKEN" >&2
    exit 1
  fi
  VAULT_ADDR=${active} VAULT_TOKEN=$token VAULT_CLIENT_TIMEOUT=10m vault operator raft snapshot restore ${file}
  echo "the running Vault has gone back to the snapshot"
  exit 0
fi
export VAULT_ADDR=${first}
case $(vault status -format=json 2>/dev/null || true) in
*'"initialized": false'*) ;;
*'"initialized": true'*)
  echo "Vault has data but is sealed or without a leader: run pulumi up first; if its data is lost, reset its storage" >&2
  exit 1
  ;;
*)
  echo "Vault does not answer at $VAULT_ADDR: is its first pod running?" >&2
  exit 1
  ;;
esac
answer=$(vault operator init -key-shares=1 -key-threshold=1)
key=$(echo "$answer" | sed -n 's/^Unseal Key 1: //p')
token=$(echo "$answer" | sed -n 's/^Initial Root Token: //p')
printf %s "$key" | vault write sys/unseal key=- >/dev/null
tries=0
until vault status 2>/dev/null | grep -q '^HA Mode *active'; do
  tries=$((tries + 1))
  if [ $tries -gt 60 ]; then
    echo "Vault does not become active" >&2
    exit 1
  fi
  sleep 1
done
VAULT_TOKEN=$token VAULT_CLIENT_TIMEOUT=10m vault operator raft snapshot restore -force ${file}
echo "the empty Vault has been given the snapshot"
`;
}
