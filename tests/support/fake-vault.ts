import * as https from "node:https";
import { AddressInfo } from "node:net";
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
}

/** The few paths of Vault's API that initialise and unseal it, over TLS on the loopback interface. */
export class FakeVault {
  readonly state: FakeVaultState = {
    initialized: false,
    sealed: true,
    threshold: 0,
    rootToken: "",
    unsealKeys: [],
    given: new Set(),
    initCalls: 0,
  };

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
      request.on("end", () => {
        const [status, body] = fake.answer(request.url ?? "", text ? JSON.parse(text) : {}, request.headers);
        response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
      });
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

  private answer(url: string, body: any, headers: NodeJS.Dict<string | string[]>): [number, object] {
    const state = this.state;
    switch (url) {
      case "/v1/sys/seal-status":
        return [200, { initialized: state.initialized, sealed: state.sealed, t: state.threshold }];
      case "/v1/sys/init":
        state.initCalls += 1;
        if (state.initialized) {
          return [400, { errors: ["Vault is already initialized"] }];
        }
        this.initialise(body.secret_shares, body.secret_threshold);
        return [200, { keys_base64: state.unsealKeys, root_token: state.rootToken }];
      case "/v1/sys/unseal":
        if (!state.unsealKeys.includes(body.key)) {
          return [400, { errors: ["cipher: message authentication failed"] }];
        }
        state.given.add(body.key);
        state.sealed = state.given.size < state.threshold;
        return [200, { sealed: state.sealed }];
      case "/v1/sys/health":
        return [state.sealed ? 503 : 200, {}];
      case "/v1/auth/token/lookup-self":
        return headers["x-vault-token"] === state.rootToken
          ? [200, {}]
          : [403, { errors: ["permission denied"] }];
      default:
        return [404, { errors: [] }];
    }
  }
}
