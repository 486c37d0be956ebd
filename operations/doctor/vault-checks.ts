import { AppsV1Api } from "@kubernetes/client-node";
import { connect } from "node:net";
import { callVault, sealStatus, tokenIsValid } from "../../components/internal/vault-client";
import { servedChain } from "../served-chain";
import { nodesOf, vaultPodNames } from "../status/vault-nodes";
import { Broken, type Check } from "./check";
import type { Surroundings } from "./surroundings";

const inVault = ({ stack }: Surroundings) => `kubectl -n ${stack.settings.vaultNamespace}`;

export const vaultAnswers: Check = {
  id: "vault-address",
  name: "Vault's address answers",
  needs: [],
  run: async (around) => {
    const { host, port } = around.vaultPlace;
    const where = around.forwarded
      ? `by a port-forward to namespace ${around.stack.settings.vaultNamespace}`
      : `at ${host}:${port}`;
    try {
      await (around.forwarded
        ? servedChain({ address: host, port, serverName: host }, "")
        : reach(host, port));
    } catch (error) {
      throw new Broken(
        `nothing answers ${where} (${(error as Error).message})`,
        around.ownersVault ? undefined : await missingNodes(around),
      );
    }
    return where.replace(/^at /, "");
  },
  fix: (around) =>
    around.ownersVault
      ? `start your Vault; if it runs, this machine has no way to ${around.vaultPlace.host}: look at its routes, VPN and firewall`
      : around.forwarded
        ? `${inVault(around)} get pods; if they are well: ${inVault(around)} auth can-i create pods/portforward`
        : `${inVault(around)} get pods,services; if they are well, this machine has no way to ${around.vaultPlace.host}: ` +
          "look at its routes, VPN and firewall",
};

export const vaultIsTrusted: Check = {
  id: "vault-tls",
  name: "Vault's certificate is trusted by the CA of its listener",
  needs: ["vault-address"],
  run: async (around) => {
    const { host, port } = around.vaultPlace;
    const { stack } = around;
    const { certificates, fault } = await servedChain(
      { address: host, port, serverName: host },
      stack.vault.caPem,
    );
    const [leaf] = certificates;
    if (fault) {
      const served = leaf?.subject.split("\n").join(", ") ?? "nothing";
      throw new Broken(`${fault}; served is ${served}, until ${leaf?.validTo}`);
    }
    return `until ${leaf?.validTo}`;
  },
  fix: ({ ownersVault }) =>
    ownersVault ? "pulumi config set vaultCaPem < ca.pem && pulumi up" : "pulumi up",
};

export const vaultIsInitialised: Check = {
  id: "vault-initialised",
  name: "Vault is initialised",
  needs: ["vault-tls"],
  run: async ({ stack }) => {
    const status = await sealStatus(stack.vault);
    if (!status.initialized) {
      throw new Broken("Vault has no data: it is new, or its storage was wiped");
    }
    return `${status.threshold} of ${status.shares} keys unseal it`;
  },
  fix: ({ ownersVault }) =>
    ownersVault
      ? "bring your Vault's data back"
      : "pulumi up, which says what was lost and how to bring it back",
};

export const vaultIsUnsealed: Check = {
  id: "vault-unsealed",
  name: "Vault is unsealed",
  needs: ["vault-initialised"],
  run: async (around) => {
    const { vaultNamespace } = around.stack.settings;
    const nodes = await nodesOf(around.stack, () =>
      vaultPodNames(around.cluster(), vaultNamespace).catch(() => []),
    );
    const states = nodes.map(({ name, state }) => `${name} ${state}`).join(", ");
    const away = nodes.find(({ state }) => state === "does not answer");
    if (nodes.some(({ ok }) => !ok)) {
      throw new Broken(
        states,
        away && !around.ownersVault ? `${inVault(around)} describe pod ${away.name}` : undefined,
      );
    }
    return states;
  },
  fix: ({ stack, ownersVault }) => {
    if (ownersVault) {
      return `vault operator unseal -address=${stack.vault.address}`;
    }
    return stack.settings.vaultPgpKeys.length > 0
      ? "the owners of vaultPgpKeys unseal it: docs/security.md"
      : "pulumi up";
  },
};

export const pulumiTokenIsAccepted: Check = {
  id: "vault-token",
  name: "Vault accepts Pulumi's token",
  needs: ["vault-unsealed"],
  run: async ({ stack }) => {
    const token = await stack.vaultToken();
    if (!token) {
      throw new Broken("the stack has no output vaultToken", "pulumi up");
    }
    if (!(await tokenIsValid(stack.vault, token))) {
      throw new Broken("it has expired or was revoked");
    }
    return "";
  },
  fix: ({ ownersVault }) =>
    ownersVault
      ? "pulumi config set --secret vaultToken && pulumi up"
      : "make a root token with the unseal keys (docs/security.md, Break glass), then: " +
        "pulumi config set --secret vaultExistingRootToken && pulumi up",
};

/** What Vault would do with a request for a certificate, by one that is empty: it looks at the rest first. */
export const issuerMaySign: Check = {
  id: "sign",
  name: "that login may have certificates signed",
  needs: ["login"],
  run: async ({ stack, issuerToken }) => {
    const path = `${stack.settings.issuingCaMountPath}/sign/${stack.settings.pkiRoleName}`;
    const request = { method: "POST" as const, path, token: issuerToken, body: { csr: "" } };
    const { status, body } = await callVault(stack.vault, request);
    const errors = ((body as { errors?: string[] }).errors ?? []).join("; ").trim();
    if (status !== 400 || !/csr/i.test(errors)) {
      throw new Broken(`Vault refuses ${path}: ${status} ${errors}`);
    }
    return path;
  },
  fix: () => "pulumi up --refresh",
};

async function reach(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host, port, timeout: 5000 });
    socket.once("connect", () => resolve(void socket.destroy()));
    socket.once("timeout", () => socket.destroy(new Error("no answer in 5 s")));
    socket.once("error", (error: NodeJS.ErrnoException) => reject(new Error(error.code ?? error.message)));
  });
}

/** The command that brings Vault's nodes back, where the cluster tells that some are missing. */
async function missingNodes(around: Surroundings): Promise<string | undefined> {
  const { vaultNamespace: namespace, vaultReplicas } = around.stack.settings;
  try {
    const set = await around
      .cluster()
      .ask(AppsV1Api, (api) => api.readNamespacedStatefulSet({ name: "vault", namespace }));
    if ((set?.spec?.replicas ?? vaultReplicas) < vaultReplicas) {
      return `${inVault(around)} scale statefulset vault --replicas=${vaultReplicas}`;
    }
    return (set?.status?.readyReplicas ?? 0) < vaultReplicas ? `${inVault(around)} describe pods` : undefined;
  } catch {
    return undefined;
  }
}
