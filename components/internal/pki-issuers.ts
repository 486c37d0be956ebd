import { callVault, expectOk, type VaultEndpoint, type VaultRequest } from "./vault-client";

/** A PKI mount and the token that may look into it. */
export interface PkiMount {
  endpoint: VaultEndpoint;
  /** Secret. */
  token: string;
  /** Path of the mount. */
  path: string;
}

/** Inputs of a resource that looks into a mount. */
export interface MountInputs {
  address: string;
  caPem: string;
  /** Secret. */
  token: string;
  mountPath: string;
}

export function mountOf({ address, caPem, token, mountPath }: MountInputs): PkiMount {
  return { endpoint: { address, caPem }, token, path: mountPath };
}

/** An issuer of a PKI mount. */
export interface PkiIssuer {
  /** Vault's ID of it. */
  id: string;
  /** Empty without. */
  name: string;
  /** Vault's ID of its key; empty when Vault does not have it. */
  keyId: string;
  certificatePem: string;
  /** PEM: its certificate and those above it, as far as the mount knows them. */
  chainPem: string[];
  /** What it may be used for, in Vault's words such as `issuing-certificates`. */
  usage: string[];
}

/** https://developer.hashicorp.com/vault/api-docs/secret/pki#read-issuer */
interface IssuerAnswer {
  issuer_id: string;
  issuer_name: string;
  key_id: string;
  certificate: string;
  ca_chain: string[] | null;
  usage: string;
}

/** The right of an issuer to sign certificates, as Vault calls it. */
export const issuingUsage = "issuing-certificates";

/**
 * The issuers of a mount; none where there is no mount.
 *
 * @throws Error when Vault does not answer, is sealed, or does not let the token read issuers.
 */
export async function issuersOf(mount: PkiMount): Promise<PkiIssuer[]> {
  const list = await read<{ keys: string[] }>(mount, "issuers?list=true");
  const issuers = await Promise.all(
    (list?.keys ?? []).map((id) => read<IssuerAnswer>(mount, `issuer/${id}`)),
  );
  return issuers
    .filter((issuer) => issuer !== undefined)
    .map((issuer) => ({
      id: issuer.issuer_id,
      name: issuer.issuer_name,
      keyId: issuer.key_id,
      certificatePem: issuer.certificate,
      chainPem: issuer.ca_chain ?? [],
      usage: issuer.usage.split(",").filter((usage) => usage !== ""),
    }));
}

/** Vault's ID of the issuer that signs where none is named; undefined where there is none. */
export async function defaultIssuerOf(mount: PkiMount): Promise<string | undefined> {
  return (await read<{ default: string }>(mount, "config/issuers"))?.default || undefined;
}

/** Changes name or usage of an issuer, and nothing else of it. */
export async function changeIssuer(
  mount: PkiMount,
  id: string,
  changes: { name?: string; usage?: string[] },
): Promise<void> {
  const body = {
    ...(changes.name === undefined ? {} : { issuer_name: changes.name }),
    ...(changes.usage === undefined ? {} : { usage: changes.usage.join(",") }),
  };
  const path = `${mount.path}/issuer/${id}`;
  expectOk(`change ${path}`, await call(mount, { method: "PATCH", path, body }));
}

/** Deletes an issuer, for good; one that is not there is deleted already. */
export async function deleteIssuer(mount: PkiMount, id: string): Promise<void> {
  await remove(mount, `${mount.path}/issuer/${id}`);
}

/** Deletes a key, for good; one that is not there is deleted already. Vault refuses while an issuer has it. */
export async function deleteKey(mount: PkiMount, id: string): Promise<void> {
  await remove(mount, `${mount.path}/key/${id}`);
}

async function remove(mount: PkiMount, path: string): Promise<void> {
  const response = await call(mount, { method: "DELETE", path });
  if (response.status !== 404) {
    expectOk(`delete ${path}`, response);
  }
}

/** The `data` of an answer; undefined when there is nothing at this path, or no mount. */
async function read<Data>(mount: PkiMount, what: string): Promise<Data | undefined> {
  const path = `${mount.path}/${what}`;
  const response = await call(mount, { method: "GET", path });
  return response.status === 404 ? undefined : expectOk<{ data: Data }>(`read ${path}`, response).data;
}

function call({ endpoint, token }: PkiMount, request: VaultRequest): ReturnType<typeof callVault> {
  return callVault(endpoint, { ...request, token });
}
