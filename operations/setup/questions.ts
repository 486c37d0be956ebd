import { admits } from "../../components/internal/validate";
import type { ClusterOffers, OfferedClass } from "./offers";

/** Settings by name, as Pulumi keeps them. */
export type Answers = Record<string, string>;

/** A setting that a stack of one's own needs, and how to come to it. */
export interface Question {
  setting: string;
  message: string;
  /** What is offered, from the cluster or the answers so far; undefined when there is nothing to go by. */
  offer: (cluster: ClusterOffers, answers: Answers) => string | undefined;
  /** Names in the cluster to choose from; absent for free text. */
  choices?: (cluster: ClusterOffers) => { value: string; name: string }[];
  /** Whether there is anything to ask, with this cluster and the answers so far. Default always. */
  applies?: (cluster: ClusterOffers, answers: Answers) => boolean;
  /** Is worked out from the other answers of a new stack, without asking. */
  derived?: boolean;
}

/** In the order in which they are asked. Settings that are not here keep their defaults, or are given by flags. */
export const questions: Question[] = [
  {
    setting: "domains",
    message: "Domains to issue certificates for, such as a.local, b.local",
    offer: () => undefined,
  },
  {
    setting: "vaultLoadBalancerIp",
    message: "Vault's IPv4 address, one that your LoadBalancer gives; empty for a port-forward in its place",
    offer: ({ freeAddress }) => freeAddress,
  },
  {
    setting: "vaultStorageClass",
    message: "Storage class of Vault's volumes",
    offer: ({ storageClasses }) => offeredClass(storageClasses),
    choices: ({ storageClasses }) => classChoices(storageClasses),
  },
  {
    setting: "certManagerExisting",
    applies: ({ certManagerNamespace }) => certManagerNamespace !== undefined,
    message: "cert-manager, of which a cluster can have one only",
    offer: () => "true",
    choices: ({ certManagerNamespace }) => [
      { value: "true", name: `the one in namespace ${certManagerNamespace}, used as it is` },
      { value: "false", name: "one that this stack installs, when the other is gone" },
    ],
  },
  {
    setting: "certManagerNamespace",
    applies: ({ certManagerNamespace }, { certManagerExisting }) =>
      certManagerNamespace !== undefined && certManagerExisting === "true",
    message: "Namespace of cert-manager",
    offer: ({ certManagerNamespace }) => certManagerNamespace,
    derived: true,
  },
  {
    setting: "podinfoHost",
    applies: hasPage,
    message: "Host of the page",
    offer: (_, { domains }) => `podinfo.${firstDomain(domains)}`,
  },
  {
    setting: "podinfoAliases",
    applies: hasPage,
    message: "Further hosts of the page, such as a, b",
    offer: (_, { domains, podinfoAliases }) => admitted(listOf(podinfoAliases), listOf(domains)),
    derived: true,
  },
  {
    setting: "ingressClassName",
    applies: hasPage,
    message: "Ingress class of the page",
    offer: ({ ingressClasses }) => offeredClass(ingressClasses),
    choices: ({ ingressClasses }) => classChoices(ingressClasses),
  },
  {
    setting: "issuingCaCommonName",
    message: "Common name of Vault's own CA",
    offer: (_, { domains }) => `${firstDomain(domains).slice(0, 45)} Vault Intermediate`,
    derived: true,
  },
];

function hasPage(_: ClusterOffers, { demo }: Answers): boolean {
  return demo !== "false";
}

/** The default class by "", which follows the cluster; else the only one. */
function offeredClass(classes: OfferedClass[]): string | undefined {
  if (classes.filter(({ isDefault }) => isDefault).length === 1) {
    return "";
  }
  return classes.length === 1 ? classes[0]!.name : undefined;
}

function classChoices(classes: OfferedClass[]): { value: string; name: string }[] {
  const standing = classes.filter(({ isDefault }) => isDefault);
  return [
    ...(standing.length === 1
      ? [{ value: "", name: `the cluster's default, now ${standing[0]!.name}` }]
      : []),
    ...classes.map(({ name }) => ({ value: name, name })),
  ];
}

function admitted(hosts: string[], domains: string[]): string {
  return JSON.stringify(hosts.filter((host) => admits(domains, host)));
}

function firstDomain(domains: string | undefined): string {
  return listOf(domains)[0] ?? "";
}

function listOf(setting: string | undefined): string[] {
  return JSON.parse(setting || "[]") as string[];
}
