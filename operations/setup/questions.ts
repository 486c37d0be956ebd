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
  /** Is about the page, and not asked where there is to be none. */
  ofPage?: boolean;
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
    setting: "podinfoHost",
    ofPage: true,
    message: "Host of the page",
    offer: (_, { domains }) => `podinfo.${firstDomain(domains)}`,
  },
  {
    setting: "podinfoAliases",
    ofPage: true,
    message: "Further hosts of the page, such as a, b",
    offer: (_, { domains, podinfoAliases }) => admitted(listOf(podinfoAliases), listOf(domains)),
    derived: true,
  },
  {
    setting: "ingressClassName",
    ofPage: true,
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
