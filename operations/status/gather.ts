import { X509Certificate } from "node:crypto";
import { certificateBlocks } from "../../components/internal/pem";
import { callVault } from "../../components/internal/vault-client";
import { furtherMountPaths } from "../../settings/mount-paths";
import { vaultWay } from "../../settings/vault-endpoint";
import { addressOf, Cluster, type CertManagerObject } from "../cluster";
import { servedChain } from "../served-chain";
import type { Stack } from "../stack";
import { certificatesStatus, issuerStatus, missingIssuers } from "./certificates";
import { chainLinks, type SeenChain } from "./chain";
import { nextSteps } from "./next-steps";
import type { IssuerStatus, StatusReport } from "./report";
import { nodesOf, vaultPodNames } from "./vault-nodes";

/** Looks at Vault, the chain and the cluster. What does not answer is told in its place; nothing is changed. */
export async function gatherStatus(stack: Stack, now = new Date()): Promise<StatusReport> {
  const { settings, vaultAddress, pageUrl } = stack;
  const { portForward } = vaultWay(settings);
  const cluster = Cluster.of(stack.kubeConfigSource);
  const [nodes, page, listener, authorities, furtherIssuing, certificates, issuers] = await Promise.all([
    nodesOf(stack, () => vaultPodNames(cluster, settings.vaultNamespace)),
    pageUrl ? pageChain(cluster, stack) : undefined,
    seen(listenerChain(stack)),
    vaultsOwnChain(stack, settings.issuingCaMountPath),
    Promise.all(
      furtherMountPaths(settings).map(async (mount) => {
        const [certificate] = await vaultsOwnChain(stack, mount);
        return { mount, certificate };
      }),
    ),
    cluster.certManagerObjects("certificates"),
    allIssuers(cluster),
  ]);
  const found = {
    stack: stack.name,
    cluster: cluster.where,
    vault: { address: vaultAddress, nodes },
    chain: chainLinks(
      {
        root: new X509Certificate(stack.rootCaPem),
        page,
        listener,
        authorities,
        furtherIssuing,
        // Whoever runs a Vault that is there renews its certificate when they think fit.
        listenerRenewalHours: settings.vaultExisting ? 0 : settings.vaultListenerRenewalHours,
        expiryWarningPercent: settings.expiryWarningPercent,
      },
      now,
    ),
    issuers: [...issuers, ...missingIssuers(settings, issuers)],
    certificates: certificatesStatus(certificates ?? [], settings.expiryWarningPercent, now),
    urls: [
      ...(pageUrl ? [{ name: "page", url: pageUrl }] : []),
      {
        name: portForward && !settings.vaultLoadBalancerIp ? "Vault, forwarded" : "Vault",
        url: `${vaultAddress}/ui`,
      },
    ],
  };
  const next = nextSteps(found, settings);
  return { ...found, ok: next.length === 0, next };
}

async function allIssuers(cluster: Cluster): Promise<IssuerStatus[]> {
  const [clusterIssuers, issuers] = await Promise.all([
    cluster.certManagerObjects("clusterissuers"),
    cluster.certManagerObjects("issuers"),
  ]);
  const as = (kind: string, objects: CertManagerObject[] = []) =>
    objects.map((object) => issuerStatus(kind, object));
  return [...as("ClusterIssuer", clusterIssuers), ...as("Issuer", issuers)];
}

async function pageChain(cluster: Cluster, { settings, rootCaPem }: Stack): Promise<SeenChain> {
  const address = addressOf(await cluster.pageIngress(settings.podinfoNamespace));
  if (!address) {
    return { certificates: [], fault: "its Ingress has no address" };
  }
  return seen(servedChain({ address, port: 443, serverName: settings.podinfoHost }, rootCaPem));
}

async function listenerChain({ vault }: Stack): Promise<SeenChain> {
  const { hostname, port } = new URL(vault.address);
  return servedChain({ address: hostname, port: Number(port || 443), serverName: hostname }, vault.caPem);
}

/** The issuing CA of a mount and those above it; empty where Vault tells none. Anybody may ask for them. */
async function vaultsOwnChain({ vault }: Stack, mount: string): Promise<X509Certificate[]> {
  try {
    const { status, body } = await callVault(vault, { method: "GET", path: `${mount}/cert/ca_chain` });
    const { certificate = "", ca_chain = "" } =
      (body as { data?: { certificate?: string; ca_chain?: string } }).data ?? {};
    return status === 200
      ? certificateBlocks(ca_chain || certificate).map((pem) => new X509Certificate(pem))
      : [];
  } catch {
    return [];
  }
}

async function seen(chain: Promise<SeenChain>): Promise<SeenChain> {
  return chain.catch((error: NodeJS.ErrnoException) => ({
    certificates: [],
    fault: error.message || error.code || String(error),
  }));
}
