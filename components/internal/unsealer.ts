/** What the sidecar looks at, as paths in its container. */
export interface UnsealerFiles {
  /** The listener's certificate. */
  listenerCertificate: string;
  /** Folder with the unseal keys, `key-0` and so on; may be empty or missing. */
  unsealKeys: string;
  /** Vault's audit log, to be rotated; need not exist. Default: none is rotated. */
  auditLog?: AuditLog;
}

export interface AuditLog {
  /** Path in the container. */
  file: string;
  /** Size beyond which a new file is begun, bytes. */
  maxBytes: number;
}

/** How many files of the audit log there are at most, `audit.log` and `audit.log.1` to `audit.log.4`. */
export const auditLogFiles = 5;

/**
 * What the sidecar runs, in the shell of Vault's own image. It unseals Vault after a restart with the keys from the
 * mounted Secret, tells the server to read its listener certificate again when the mounted file has changed, and renames
 * an audit log that has grown beyond its size. On SIGHUP Vault reads the certificate and opens its audit log anew;
 * https://developer.hashicorp.com/vault/docs/audit/file#log-file-rotation
 *
 * Keys go from file to Vault by `vault write …=@file`: an argument would show in the process list.
 *
 * @param pauseSeconds Between two looks. Default 5.
 */
export function unsealerScript(files: UnsealerFiles, pauseSeconds = 5): string {
  return `trap 'exit 0' TERM INT
${rotation(files.auditLog)}served=$(sha256sum "${files.listenerCertificate}")
while true; do
  mounted=$(sha256sum "${files.listenerCertificate}")
  if [ "$mounted" != "$served" ] && kill -HUP $(pidof vault); then
    served=$mounted
    echo "the listener certificate has changed: told Vault to read it"
  fi
  rotate_audit_log
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

function rotation(log?: AuditLog): string {
  if (!log) {
    return "rotate_audit_log() { :; }\n";
  }
  const older = Array.from({ length: auditLogFiles - 1 }, (_, index) => auditLogFiles - 1 - index);
  const renames = older.map((number) => {
    const newer = number === 1 ? log.file : `${log.file}.${number - 1}`;
    return `  [ ! -e "${newer}" ] || mv "${newer}" "${log.file}.${number}" || return 0\n`;
  });
  return `rotate_audit_log() {
  [ "$(stat -c %s "${log.file}" 2>/dev/null || echo 0)" -gt ${log.maxBytes} ] || return 0
${renames.join("")}  kill -HUP $(pidof vault) && echo "the audit log was larger than ${log.maxBytes} bytes: began a new one"
}
`;
}
