import { issuersOf, type PkiMount } from "./pki-issuers";
import { callVault, expectOk } from "./vault-client";

/**
 * Names, or else IDs, of the mount's issuers that sign CRLs and whose delta CRL Vault has made and lost. Vault makes it
 * together with each complete one, so one that has none yet is an answer of its own, an error.
 *
 * @throws Error when Vault does not answer, is sealed, or does not let the token read issuers.
 */
export async function lostDeltaCrls(mount: PkiMount): Promise<string[]> {
  const issuers = await issuersOf(mount);
  const signing = issuers.filter(({ keyId, usage }) => keyId !== "" && usage.includes("crl-signing"));
  const lost = await Promise.all(
    signing.map(async ({ id }) => {
      const path = `${mount.path}/issuer/${id}/crl/delta`;
      const { status, body } = await callVault(mount.endpoint, { method: "GET", path });
      return status === 200 && (body as { data?: { crl?: string } }).data?.crl === "";
    }),
  );
  return signing.filter((_, index) => lost[index]).map(({ name, id }) => name || id);
}

/**
 * Has Vault make the delta CRLs of a mount. It remembers what was revoked since the complete ones, so nothing is lost.
 *
 * @throws Error when Vault refuses.
 */
export async function rebuildDeltaCrls({ endpoint, token, path }: PkiMount): Promise<void> {
  const request = { method: "GET", path: `${path}/crl/rotate-delta`, token } as const;
  expectOk(`read ${request.path}`, await callVault(endpoint, request));
}
