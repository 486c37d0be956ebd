import type { IncomingMessage, ServerResponse } from "node:http";
import * as https from "node:https";
import { AddressInfo } from "node:net";
import * as openpgp from "openpgp";
import { makeCertificate } from "./certificates";

/** The state of a fake Vault; tests set and read it. */
export interface FakeVaultState {
  initialized: boolean;
  sealed: boolean;
  threshold: number;
  rootToken: string;
  unsealKeys: string[];
  given: Set<string>;
  initCalls: number;
  /** Policies by name. */
  policies: Map<string, string>;
  /** Token roles by name. */
  roles: Map<string, any>;
  /** Tokens but the root token, with the name of the role that each was made by. */
  tokens: Map<string, string>;
  rootTokenRevoked: boolean;
  /** Method and path of all requests. */
  requests: string[];
  /** Issuers of PKI mounts, by mount path and Vault's ID. */
  issuers: Record<string, Record<string, FakeIssuer>>;
  /** Vault's ID of the default issuer, by mount path. */
  defaultIssuers: Record<string, string>;
  /** Keys that were deleted, as mount path and Vault's ID. */
  deletedKeys: string[];
}

/** What Vault answers about an issuer, PEM where it is a certificate. */
export interface FakeIssuer {
  issuer_name: string;
  /** Empty for one without a key. */
  key_id: string;
  certificate: string;
  ca_chain: string[];
  usage: string;
  /** PEM; empty for one that was lost, absent where none was ever made. */
  delta_crl?: string;
}

interface FakeRequest {
  method: string;
  /** Below `/v1/`. */
  path: string;
  body: any;
  token: string;
}

/** The few paths of Vault's API that initialise and unseal it, make tokens and tell its issuers, over TLS on the loopback interface. */
export class FakeVault {
  readonly state: FakeVaultState = {
    initialized: false,
    sealed: true,
    threshold: 0,
    rootToken: "",
    unsealKeys: [],
    given: new Set(),
    initCalls: 0,
    policies: new Map(),
    roles: new Map(),
    tokens: new Map(),
    rootTokenRevoked: false,
    requests: [],
    issuers: {},
    defaultIssuers: {},
    deletedKeys: [],
  };

  /** What it answers at once, by method and path without parameters; a status and a body. */
  answers: Record<string, [number, object]> = {};

  /** Called with the path of a request that has arrived, before anything is done about it. */
  onRequest: (path: string) => Promise<void> = async () => {};
  /** Called with the path of a request that was done, before the answer is sent. */
  onAnswer: (path: string) => Promise<void> = async () => {};

  private constructor(
    private readonly server: https.Server,
    readonly caPem: string,
  ) {}

  static async start(): Promise<FakeVault> {
    const { certificatePem, keyPem } = await makeCertificate({
      name: "127.0.0.1",
      ipAddresses: ["127.0.0.1"],
    });
    const server = https.createServer({ cert: certificatePem, key: keyPem });
    const fake = new FakeVault(server, certificatePem);
    server.on("request", (request, response) => {
      let text = "";
      request.on("data", (part) => (text += part));
      request.on("end", () => void fake.respond(request, response, text));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get endpoint(): { address: string; caPem: string } {
    return { address: `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`, caPem: this.caPem };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Initialised by somebody else, and sealed. */
  initialise(shares: number, threshold: number): void {
    const nonce = Math.random().toString(36).slice(2);
    Object.assign(this.state, {
      initialized: true,
      sealed: true,
      threshold,
      rootToken: `hvs.${nonce}`,
      unsealKeys: Array.from({ length: shares }, (_, index) =>
        Buffer.from(`${nonce}-${index}`).toString("base64"),
      ),
      given: new Set<string>(),
    });
  }

  private async respond(request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
    const path = (request.url ?? "").replace("/v1/", "");
    await this.onRequest(path);
    this.state.requests.push(`${request.method} ${path}`);
    const [status, body] = await this.answer({
      method: request.method ?? "",
      path,
      body: text ? JSON.parse(text) : {},
      token: String(request.headers["x-vault-token"] ?? ""),
    });
    await this.onAnswer(path);
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(status === 204 ? "" : JSON.stringify(body));
  }

  private async answer(request: FakeRequest): Promise<[number, object]> {
    const state = this.state;
    const { path, body, token } = request;
    const given = this.answers[`${request.method} ${path.replace(/\?.*$/, "")}`];
    if (given) {
      return given;
    }
    switch (path) {
      case "sys/seal-status":
        return [
          200,
          {
            initialized: state.initialized,
            sealed: state.sealed,
            n: state.unsealKeys.length,
            t: state.threshold,
            progress: state.sealed ? state.given.size : 0,
          },
        ];
      case "sys/init":
        state.initCalls += 1;
        if (state.initialized) {
          return [400, { errors: ["Vault is already initialized"] }];
        }
        this.initialise(body.secret_shares, body.secret_threshold);
        return [
          200,
          {
            keys_base64: body.pgp_keys
              ? await encryptEach(state.unsealKeys, body.pgp_keys)
              : state.unsealKeys,
            root_token: state.rootToken,
          },
        ];
      case "sys/unseal":
        if (!state.unsealKeys.includes(body.key)) {
          return [400, { errors: ["cipher: message authentication failed"] }];
        }
        state.given.add(body.key);
        state.sealed = state.given.size < state.threshold;
        return [200, { sealed: state.sealed }];
      case "sys/health":
        return [state.sealed ? 503 : 200, {}];
      default:
        if (state.sealed) {
          return [503, { errors: ["Vault is sealed"] }];
        }
        return (
          this.answerDeltaCrl(request) ??
          this.answerToken(request, token === state.rootToken && !state.rootTokenRevoked)
        );
    }
  }

  /** Takes no token. */
  private answerDeltaCrl({ method, path }: FakeRequest): [number, object] | undefined {
    const [, mount, id] = /^([^/]+)\/issuer\/([^/]+)\/crl\/delta$/.exec(path) ?? [];
    if (method !== "GET" || mount === undefined || id === undefined) {
      return undefined;
    }
    const crl = this.state.issuers[mount]?.[id]?.delta_crl;
    return crl === undefined
      ? [500, { errors: ["unable to find CRL for issuer"] }]
      : [200, { data: { crl } }];
  }

  private answerToken({ method, path, body, token }: FakeRequest, isRoot: boolean): [number, object] {
    const { policies, roles, tokens } = this.state;
    const [what, name = ""] = [path.replace(/\/[^/]*$/, ""), path.split("/").at(-1)];
    if (!isRoot && !tokens.has(token)) {
      return [403, { errors: ["permission denied", "invalid token"] }];
    }
    switch (`${method} ${path}`) {
      case "GET auth/token/lookup-self":
        return [200, {}];
      case "POST auth/token/renew-self":
        return isRoot ? [400, { errors: ["lease is not renewable"] }] : [200, {}];
      case "POST auth/token/revoke-self":
        this.state.rootTokenRevoked ||= isRoot;
        tokens.delete(token);
        return [204, {}];
    }
    if (what === "auth/token/create" && roles.has(name) && (isRoot || tokens.get(token) === name)) {
      const made = `hvs.made-${Math.random().toString(36).slice(2)}`;
      tokens.set(made, name);
      return [200, { auth: { client_token: made } }];
    }
    if (!isRoot) {
      return [403, { errors: ["permission denied"] }];
    }
    switch (what) {
      case "sys/policies/acl":
        policies.set(name, body.policy);
        return [204, {}];
      case "auth/token/roles":
        roles.set(name, body);
        return [204, {}];
      case "sys/auth/token":
        return [204, {}];
      default:
        return this.answerIssuers({ method, path, body, token });
    }
  }

  /** Lists, reads, changes and deletes issuers of a mount, and deletes keys. */
  private answerIssuers({ method, path, body }: FakeRequest): [number, object] {
    const [, mount = "", what = "", id = ""] =
      /^([^/]+)\/(issuers\?list=true|config\/issuers|crl\/rotate-delta|issuer|key)\/?(.*)$/.exec(path) ?? [];
    const issuers = this.state.issuers[mount] ?? {};
    const issuer = issuers[id];
    switch (`${method} ${what}`) {
      case "GET issuers?list=true": {
        const keys = Object.keys(issuers);
        return keys.length > 0 ? [200, { data: { keys } }] : [404, { errors: [] }];
      }
      case "GET config/issuers":
        return [200, { data: { default: this.state.defaultIssuers[mount] ?? "" } }];
      case "GET crl/rotate-delta":
        for (const made of Object.values(issuers).filter(({ delta_crl }) => delta_crl !== undefined)) {
          made.delta_crl = "made again";
        }
        return [200, { data: { success: true } }];
      case "GET issuer":
        return issuer ? [200, { data: { issuer_id: id, ...issuer } }] : [404, { errors: [] }];
      case "PATCH issuer":
        return issuer ? this.changeIssuer(issuers, id, body) : [404, { errors: [] }];
      case "DELETE issuer":
        delete issuers[id];
        return [204, {}];
      case "DELETE key":
        if (Object.values(issuers).some(({ key_id }) => key_id === id)) {
          return [400, { errors: ["Failed to Delete Key.  Key in Use"] }];
        }
        this.state.deletedKeys.push(`${mount}/${id}`);
        return [204, {}];
      default:
        return [404, { errors: [] }];
    }
  }

  private changeIssuer(issuers: Record<string, FakeIssuer>, id: string, body: any): [number, object] {
    const others = Object.entries(issuers).filter(([other]) => other !== id);
    if (body.issuer_name && others.some(([, { issuer_name }]) => issuer_name === body.issuer_name)) {
      return [400, { errors: ["issuer name already in use"] }];
    }
    Object.assign(issuers[id]!, body);
    return [200, { data: { issuer_id: id, ...issuers[id] } }];
  }
}

/** As Vault does it: what is encrypted is the key in hexadecimal. */
async function encryptEach(unsealKeys: string[], pgpKeys: string[]): Promise<string[]> {
  return Promise.all(
    unsealKeys.map(async (unsealKey, index) => {
      const encrypted = await openpgp.encrypt({
        message: await openpgp.createMessage({ text: Buffer.from(unsealKey, "base64").toString("hex") }),
        encryptionKeys: await openpgp.readKey({ binaryKey: Buffer.from(pgpKeys[index]!, "base64") }),
        format: "binary",
      });
      return Buffer.from(encrypted as Uint8Array).toString("base64");
    }),
  );
}
