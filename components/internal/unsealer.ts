/** What the sidecar looks at, as paths in its container. */
export interface UnsealerFiles {
  /** The listener's certificate. */
  listenerCertificate: string;
  /** Folder with the unseal keys, `key-0` and so on; may be empty or missing. */
  unsealKeys: string;
}

/**
 * What the sidecar runs, in the shell of Vault's own image. It unseals Vault after a restart with the keys from the
 * mounted Secret, and tells the server to read its listener certificate again when the mounted file has changed.
 *
 * Keys go from file to Vault by `vault write …=@file`: an argument would show in the process list.
 *
 * @param pauseSeconds Between two looks. Default 5.
 */
export function unsealerScript(files: UnsealerFiles, pauseSeconds = 5): string {
  return `trap 'exit 0' TERM INT
served=$(sha256sum "${files.listenerCertificate}")
while true; do
  mounted=$(sha256sum "${files.listenerCertificate}")
  if [ "$mounted" != "$served" ] && kill -HUP $(pidof vault); then
    served=$mounted
    echo "the listener certificate has changed: told Vault to read it"
  fi
  status=0
  vault status >/dev/null 2>&1 || status=$?
  if [ $status -eq 2 ]; then
    for key in "${files.unsealKeys}"/key-*; do
      [ -e "$key" ] || continue
      vault write sys/unseal key=@"$key" >/dev/null 2>&1 || echo "Vault did not take $(basename "$key")"
    done
    if vault status >/dev/null 2>&1; then
      echo "Vault was sealed: unsealed it"
    fi
  fi
  sleep ${pauseSeconds} &
  wait $!
done
`;
}
