/** Where the sidecar finds its files; the same volumes that Vault's own container has. */
export const unsealKeyFolder = "/vault/userconfig/vault-unseal-keys";

/**
 * What the sidecar runs, in the shell of Vault's own image. It unseals Vault after a restart with the keys from the
 * mounted Secret, and tells the server to read its listener certificate again when the mounted file has changed.
 *
 * Keys go from file to Vault by `vault write …=@file`: an argument would show in the process list.
 */
export function unsealerScript(listenerCertificate: string): string {
  return `
trap 'exit 0' TERM INT
served=$(sha256sum ${listenerCertificate})
while true; do
  mounted=$(sha256sum ${listenerCertificate})
  if [ "$mounted" != "$served" ] && kill -HUP $(pidof vault); then
    served=$mounted
    echo "the listener certificate has changed: told Vault to read it"
  fi
  vault status >/dev/null 2>&1
  if [ $? -eq 2 ]; then
    for key in ${unsealKeyFolder}/key-*; do
      [ -e "$key" ] || continue
      vault write sys/unseal key=@"$key" >/dev/null 2>&1 || echo "Vault did not take $(basename "$key")"
    done
    vault status >/dev/null 2>&1 && echo "Vault was sealed: unsealed it"
  fi
  sleep 5 &
  wait $!
done
`.trimStart();
}
