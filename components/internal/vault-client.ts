import * as https from "node:https";
import * as tls from "node:tls";

/** Where Vault answers and the one CA that is trusted there. */
export interface VaultEndpoint {
  /** `https://host:port`, without a path. */
  address: string;
  /** Where each connection leads to another of several nodes; empty, or missing in a former state, for `address`. */
  nodesAddress?: string;
  /** PEM certificates; nothing else is trusted, not even the system's roots. Empty for exactly these. */
  caPem: string;
  /** Keeps calls on one connection, and so with one node of several behind the address. Default: one a call. */
  connection?: https.Agent;
}

/** The part of `sys/seal-status` that is used here. https://developer.hashicorp.com/vault/api-docs/system/seal-status */
export interface SealStatus {
  initialized: boolean;
  sealed: boolean;
  /** Number of unseal keys that there are. */
  shares: number;
  /** Number of unseal keys that are needed. */
  threshold: number;
  /** Number of unseal keys that a sealed Vault was given so far. */
  progress: number;
}

/** What `sys/init` answers once in the life of a Vault: the only copy of its keys. */
export interface VaultKeys {
  rootToken: string;
  /** Base64, one a share; encrypted where there are PGP keys. */
  unsealKeys: string[];
  /** Fingerprints of the PGP keys that the unseal keys are encrypted for, in their order; none for keys in clear. */
  pgpFingerprints?: string[];
}

export interface VaultRequest {
  /** PATCH changes what the body names and leaves the rest. */
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/v1/`. */
  path: string;
  token?: string;
  body?: object;
  /** Default 10. */
  timeoutSeconds?: number;
}

export interface VaultResponse {
  status: number;
  /** JSON. */
  body: unknown;
  /** Name of the pod that has answered, where Vault tells it. */
  node: string;
}

/**
 * One call of Vault's API. Errors carry Vault's own words and never the request, which may hold keys.
 *
 * @throws Error when nothing answers in time, the certificate is not trusted or the answer is not JSON.
 */
export async function callVault(endpoint: VaultEndpoint, request: VaultRequest): Promise<VaultResponse> {
  const payload = request.body ? JSON.stringify(request.body) : undefined;
  const timeout = (request.timeoutSeconds ?? 10) * 1000;
  return new Promise((resolve, reject) => {
    const call = https.request(
      `${endpoint.address}/v1/${request.path}`,
      {
        method: request.method,
        ca: trustedBy(endpoint),
        // A fresh connection each time: a kept one would outlive a restart of Vault.
        agent: endpoint.connection ?? false,
        signal: AbortSignal.timeout(timeout),
        headers: {
          ...(request.token ? { "X-Vault-Token": request.token } : {}),
          ...(payload
            ? {
                "Content-Type":
                  request.method === "PATCH" ? "application/merge-patch+json" : "application/json",
                "Content-Length": Buffer.byteLength(payload),
              }
            : {}),
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("error", reject);
        response.on("end", () => {
          try {
            resolve({
              status: response.statusCode ?? 0,
              body: text ? (JSON.parse(text) as unknown) : {},
              node: String(response.headers["x-vault-hostname"] ?? ""),
            });
          } catch {
            reject(new Error(`${endpoint.address} answered ${request.path} with something that is not JSON`));
          }
        });
      },
    );
    call.on("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.name === "AbortError" || error.name === "TimeoutError"
          ? new Error(`no answer within ${timeout / 1000} s`)
          : error,
      ),
    );
    call.end(payload);
  });
}

/** What a connection to Vault trusts, PEM. */
export function trustedBy({ caPem }: Pick<VaultEndpoint, "caPem">): string | string[] | undefined {
  if (caPem) {
    return caPem;
  }
  // Node.js has roots of its own, with those that NODE_EXTRA_CA_CERTS adds, and looks at the system's from 22.15 on.
  return "getCACertificates" in tls
    ? [...new Set([...tls.getCACertificates("default"), ...tls.getCACertificates("system")])]
    : undefined;
}

/** Has a conversation with one node, whichever it is, of those behind an address. */
export async function withOneNode<T>(
  endpoint: VaultEndpoint,
  talk: (node: VaultEndpoint) => Promise<T>,
): Promise<T> {
  const connection = new https.Agent({ keepAlive: true, maxSockets: 1 });
  try {
    return await talk({ ...endpoint, connection });
  } finally {
    connection.destroy();
  }
}

/** The body of an answer that is a success, which Vault's API documents to be a `Body`. */
export function expectOk<Body>(what: string, response: VaultResponse): Body {
  if (response.status >= 200 && response.status < 300) {
    return response.body as Body;
  }
  const reasons = ((response.body as { errors?: string[] } | null)?.errors ?? []).join("; ");
  throw new Error(`Vault refused to ${what}: ${response.status} ${reasons}`.trim());
}

/** Asks whether Vault is initialised and sealed. Works without a token, also while it is sealed. */
export async function sealStatus(endpoint: VaultEndpoint, timeoutSeconds?: number): Promise<SealStatus> {
  const body = expectOk<{ initialized: boolean; sealed: boolean; n: number; t: number; progress: number }>(
    "tell its seal status",
    await callVault(endpoint, { method: "GET", path: "sys/seal-status", timeoutSeconds }),
  );
  return {
    initialized: body.initialized,
    sealed: body.sealed,
    shares: body.n,
    threshold: body.t,
    progress: body.progress,
  };
}

/**
 * Hands Vault unseal keys until it is unsealed.
 *
 * @throws Error when the keys do not fit or are too few.
 */
export async function unsealVault(endpoint: VaultEndpoint, unsealKeys: string[]): Promise<void> {
  for (const key of unsealKeys) {
    const body = expectOk<{ sealed: boolean }>(
      "be unsealed",
      await callVault(endpoint, { method: "POST", path: "sys/unseal", body: { key } }),
    );
    if (!body.sealed) {
      return;
    }
  }
  throw new Error(`Vault is still sealed after ${unsealKeys.length} unseal keys; it needs more of them`);
}

/**
 * Whether Vault knows this token.
 *
 * @throws Error when Vault cannot tell, for example because it is sealed.
 */
export async function tokenIsValid(endpoint: VaultEndpoint, token: string): Promise<boolean> {
  const response = await callVault(endpoint, { method: "GET", path: "auth/token/lookup-self", token });
  if (response.status === 403) {
    return false;
  }
  expectOk("look up a token", response);
  return true;
}

/** Whether this Vault is unsealed and serving (`sys/health` 200; a standby answers 429). */
export async function isActive(endpoint: VaultEndpoint): Promise<boolean> {
  return (await callVault(endpoint, { method: "GET", path: "sys/health" })).status === 200;
}

/** What one of several nodes says of itself. */
export interface NodeHealth {
  /** Name of its pod. */
  node: string;
  initialized: boolean;
  sealed: boolean;
  /** Whether it is the one that does the work. */
  active: boolean;
  /** Whether requests are answered: it is active, or connected to the one that is. */
  serving: boolean;
}

/** Asks a node how it is. https://developer.hashicorp.com/vault/api-docs/system/health */
export async function nodeHealth(endpoint: VaultEndpoint, timeoutSeconds: number): Promise<NodeHealth> {
  const states = ["standbycode", "sealedcode", "uninitcode", "haunhealthycode"];
  const path = `sys/health?${states.map((state) => `${state}=200`).join("&")}`;
  const response = await callVault(endpoint, { method: "GET", path, timeoutSeconds });
  const { initialized, sealed, standby, ha_connection_healthy } = expectOk<{
    initialized: boolean;
    sealed: boolean;
    standby: boolean;
    ha_connection_healthy?: boolean;
  }>("tell its health", response);
  const active = initialized && !sealed && !standby;
  return {
    node: response.node,
    initialized,
    sealed,
    active,
    serving: active || (initialized && !sealed && ha_connection_healthy !== false),
  };
}
