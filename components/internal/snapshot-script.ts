export interface SnapshotJob {
  /** Path of the login, such as `auth/kubernetes/login`. */
  loginPath: string;
  /** Vault's role to log in with. */
  role: string;
  /** File of the ServiceAccount token. */
  tokenFile: string;
  /** Folder that keeps snapshots. */
  folder: string;
  /** Number of snapshots to keep there. */
  keep: number;
}

/**
 * What a snapshot's pod runs, in the shell of Vault's own image. A snapshot gets its name, which begins with `vault-`
 * and sorts by time, when it is complete and Vault's own tool can read it; then the oldest beyond `keep` are removed.
 * Whatever goes wrong ends it with a status that fails the Job.
 *
 * The token that the login gives stays in a variable of the shell, and is revoked in the end.
 */
export function snapshotScript({ loginPath, role, tokenFile, folder, keep }: SnapshotJob): string {
  return `set -eu
umask 077
name=vault-$(date -u +%Y%m%dT%H%M%SZ).snap
unfinished=${folder}/.unfinished-$name
VAULT_TOKEN=$(vault write -field=token ${loginPath} role=${role} jwt=@${tokenFile})
export VAULT_TOKEN
trap 'rm -f "$unfinished"; vault token revoke -self >/dev/null 2>&1 || true' EXIT
vault operator raft snapshot save "$unfinished"
if ! [ -s "$unfinished" ]; then
  echo "Vault gave an empty snapshot" >&2
  exit 1
fi
vault operator raft snapshot inspect "$unfinished" >/dev/null
mv "$unfinished" ${folder}/$name
echo "$name: $(wc -c <${folder}/$name) bytes"
ls -1r ${folder}/vault-*.snap | tail -n +${keep + 1} | while read -r old; do
  rm "$old"
  echo "removed $(basename "$old")"
done
`;
}
