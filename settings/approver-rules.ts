import { AppsV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import { requireKubeConfig, type KubeConfigSource } from "../components/internal/kubeconfig";
import { unlessMissing } from "../components/internal/unless-missing";
import { IssuerKind } from "./issuers";
import type { ReadableSettings } from "./rules";
import type { PlainSettings } from "./table";

/** What is wrong with the settings of who may ask for what. A limit that would not be one is no small thing. */
export function approverFaults(settings: ReadableSettings): string[] {
  const { approverPolicy, issuerNamespaces, issuers = [], otherClusterIssuers = [] } = settings;
  if (approverPolicy === undefined) {
    return [];
  }
  const unlimited = 'limits nobody while approverPolicy is false: "pulumi config set approverPolicy true"';
  const faults: string[] = [];
  if (approverPolicy && settings.certManagerExisting) {
    faults.push(
      "approverPolicy: needs a cert-manager that does not approve requests itself, and with certManagerExisting it is not " +
        "this program's to change: set one of the two to false",
    );
  }
  if (!approverPolicy && issuerNamespaces?.length) {
    faults.push(`issuerNamespaces: ${unlimited}, or "pulumi config rm issuerNamespaces"`);
  }
  issuers.forEach(({ kind, namespaces }, index) => {
    if (!namespaces?.length) {
      return;
    }
    const place = `issuers[${index}].namespaces`;
    if (kind === IssuerKind.Issuer) {
      faults.push(
        `${place}: an Issuer is for its own namespace only: take it out, or give kind ClusterIssuer`,
      );
    } else if (!approverPolicy) {
      faults.push(`${place}: ${unlimited}, or take it out`);
    }
  });
  return [...faults, ...otherIssuerFaults(settings, otherClusterIssuers)];
}

function otherIssuerFaults(settings: ReadableSettings, others: string[]): string[] {
  const own = ownClusterIssuers(settings);
  return others.flatMap((name, index) => {
    if (own.includes(name)) {
      return [`otherClusterIssuers: ${name} is made by this program, and has limits of its own: take it out`];
    }
    return others.indexOf(name) === index
      ? []
      : [`otherClusterIssuers: ${name} is given twice: list it once`];
  });
}

function ownClusterIssuers({ clusterIssuerName, issuers = [] }: ReadableSettings): string[] {
  const further = issuers.filter(({ kind }) => kind === IssuerKind.ClusterIssuer);
  return [clusterIssuerName, ...further.map(({ name }) => name)].filter((name) => name !== undefined);
}

/** How requests for certificates are approved in the cluster before a run. */
export interface Approval {
  /** Whether cert-manager is there and approves them itself. */
  byCertManager: boolean;
  /** What to know about the run. */
  notes: string[];
}

/** Looks how requests are approved now, where approver-policy is to do it. */
export async function presentApproval(
  source: KubeConfigSource,
  settings: Pick<
    PlainSettings,
    "approverPolicy" | "certManagerNamespace" | "clusterIssuerName" | "issuers" | "otherClusterIssuers"
  >,
): Promise<Approval> {
  if (!settings.approverPolicy) {
    return { byCertManager: false, notes: [] };
  }
  const config = requireKubeConfig(source);
  const controller = await unlessMissing(
    config
      .makeApiClient(AppsV1Api)
      .readNamespacedDeployment({ name: "cert-manager", namespace: settings.certManagerNamespace }),
  );
  const flags = controller?.spec?.template.spec?.containers.flatMap(({ args = [] }) => args) ?? [];
  const byCertManager =
    controller !== undefined && !flags.some((flag) => flag.includes("-certificaterequests-approver"));
  const without = byCertManager
    ? await issuersWithoutPolicy(config.makeApiClient(CustomObjectsApi), settings)
    : [];
  return {
    byCertManager,
    notes: without.map(
      (name) =>
        `approverPolicy: from this run on, the ClusterIssuer ${name} gives certificates only by a policy, and this program ` +
        `has none for it: add ${name} to otherClusterIssuers, unless you have one yourself`,
    ),
  };
}

async function issuersWithoutPolicy(
  api: CustomObjectsApi,
  settings: Pick<PlainSettings, "clusterIssuerName" | "issuers" | "otherClusterIssuers">,
): Promise<string[]> {
  const kind = { group: "cert-manager.io", version: "v1", plural: "clusterissuers" };
  const list = (await unlessMissing(api.listClusterCustomObject(kind))) as
    { items: { metadata: { name: string } }[] } | undefined;
  const known = [...ownClusterIssuers(settings), ...settings.otherClusterIssuers];
  return (list?.items ?? []).map(({ metadata }) => metadata.name).filter((name) => !known.includes(name));
}
