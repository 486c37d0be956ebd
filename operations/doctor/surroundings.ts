import { CoreV1Api } from "@kubernetes/client-node";
import { revokeToken } from "../../components/internal/token-client";
import { callVault, expectOk } from "../../components/internal/vault-client";
import { vaultWay } from "../../settings/vault-endpoint";
import { addressOf, Cluster } from "../cluster";
import type { Stack } from "../stack";
import { Broken } from "./check";

/** Names that the program gives and no setting changes. */
export const issuerAccount = "issuer";
export const authRole = "issuer";

/** What the checks look at: the stack, the cluster, and a login to Vault as cert-manager makes it. */
export class Surroundings {
  private token?: string;

  constructor(readonly stack: Stack) {}

  /** Host and port of Vault's address. */
  get vaultPlace(): { host: string; port: number } {
    const { hostname, port } = new URL(this.stack.vault.address);
    return { host: hostname, port: Number(port || 443) };
  }

  /** Whether Vault is reached by a port-forward, which takes connections whether there is a pod or not. */
  get forwarded(): boolean {
    return vaultWay(this.stack.settings).portForward;
  }

  /** Whether Vault is the owner's: none of its pods is this stack's. */
  get ownersVault(): boolean {
    return this.stack.settings.vaultExisting !== "";
  }

  /** @throws Error where there is no kubeconfig. */
  cluster(): Cluster {
    return Cluster.of(this.stack.kubeConfigSource);
  }

  /** Logs in to Vault with a token of the issuer's ServiceAccount, as cert-manager does for each certificate. */
  async login(): Promise<string> {
    const account = await this.accountToken();
    const response = await callVault(this.stack.vault, {
      method: "POST",
      path: `auth/${this.stack.settings.vaultAuthPath}/login`,
      body: { role: authRole, jwt: account },
    });
    const { auth } = expectOk<{ auth: { client_token: string } }>("log the issuer in", response);
    this.token = auth.client_token;
    return this.token;
  }

  /** The token of the login before. */
  get issuerToken(): string {
    return this.token ?? "";
  }

  /** Address of the page's Ingress. */
  async pageAddress(): Promise<string | undefined> {
    return addressOf(await this.cluster().pageIngress(this.stack.settings.podinfoNamespace));
  }

  /** Gives back what the checks were given. */
  async close(): Promise<void> {
    if (this.token) {
      await revokeToken(this.stack.vault, this.token).catch(() => undefined);
    }
  }

  private async accountToken(): Promise<string> {
    const { certManagerNamespace: namespace, clusterIssuerName } = this.stack.settings;
    const spec = { audiences: [`vault://${clusterIssuerName}`], expirationSeconds: 600 };
    const request = await this.cluster().ask(CoreV1Api, (api) =>
      api.createNamespacedServiceAccountToken({
        name: issuerAccount,
        namespace,
        body: { spec },
      }),
    );
    if (!request?.status?.token) {
      throw new Broken(`there is no ServiceAccount ${namespace}/${issuerAccount}`);
    }
    return request.status.token;
  }
}
