import { CoreV1Api, CustomObjectsApi, type V1Service } from "@kubernetes/client-node";
import { isIPv4 } from "node:net";
import type { Cluster } from "../cluster";

/** More than this many are not walked through. */
const mostAddresses = 4096;

interface Pool {
  spec?: {
    /** MetalLB: ranges and CIDRs. */
    addresses?: string[];
    /** Cilium. */
    blocks?: { cidr?: string; start?: string; stop?: string }[];
  };
}

const poolKinds = [
  { group: "metallb.io", version: "v1beta1", plural: "ipaddresspools" },
  { group: "cilium.io", version: "v2", plural: "ciliumloadbalancerippools" },
  { group: "cilium.io", version: "v2alpha1", plural: "ciliumloadbalancerippools" },
];

/** The first address that MetalLB, Cilium or kube-vip has to give and no Service has; undefined where none is seen. */
export async function freeLoadBalancerAddress(cluster: Cluster): Promise<string | undefined> {
  const [ranges, services] = await Promise.all([
    visibleRanges(cluster),
    cluster.ask(CoreV1Api, (api) => api.listServiceForAllNamespaces()),
  ]);
  return firstFree(ranges, (services?.items ?? []).flatMap(addressesOf));
}

/**
 * The first address of some ranges that is not taken.
 *
 * @param ranges `192.168.1.240-192.168.1.250`, `192.168.1.240/28` or one address; others are left out.
 */
export function firstFree(ranges: string[], taken: string[]): string | undefined {
  for (const [first, last] of ranges.flatMap((range) => bounds(range) ?? [])) {
    for (let number = first; number <= last && number < first + mostAddresses; number += 1) {
      const address = textOf(number);
      if (!taken.includes(address)) {
        return address;
      }
    }
  }
  return undefined;
}

async function visibleRanges(cluster: Cluster): Promise<string[]> {
  const pools = await Promise.all(
    poolKinds.map((kind) =>
      cluster
        .ask(CustomObjectsApi, (api) => api.listClusterCustomObject(kind) as Promise<{ items: Pool[] }>)
        .catch(() => undefined),
    ),
  );
  const kubeVip = await cluster
    .ask(CoreV1Api, (api) => api.readNamespacedConfigMap({ name: "kubevip", namespace: "kube-system" }))
    .catch(() => undefined);
  return [
    ...pools.flatMap((list) => list?.items ?? []).flatMap(rangesOf),
    ...Object.entries(kubeVip?.data ?? {})
      .filter(([key]) => /^(range|cidr)-/.test(key))
      .flatMap(([, ranges]) => ranges.split(",")),
  ];
}

function rangesOf({ spec }: Pool): string[] {
  const blocks = spec?.blocks ?? [];
  return [
    ...(spec?.addresses ?? []),
    ...blocks.flatMap(({ cidr, start, stop }) => cidr ?? (start ? `${start}-${stop ?? start}` : [])),
  ];
}

function addressesOf({ spec, status }: V1Service): string[] {
  const given = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  return [...given, ...(spec?.loadBalancerIP ? [spec.loadBalancerIP] : [])];
}

/** First and last address as numbers; of a network, without its own address and that of all. */
function bounds(range: string): [number, number][] | undefined {
  const [first = "", last = first] = range.trim().split(/\s*-\s*/);
  if (isIPv4(first) && isIPv4(last)) {
    return [[numberOf(first), numberOf(last)]];
  }
  const [network = "", bits = ""] = first.split("/");
  if (!isIPv4(network) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) {
    return undefined;
  }
  const size = 2 ** (32 - Number(bits));
  const start = Math.floor(numberOf(network) / size) * size;
  return [size > 2 ? [start + 1, start + size - 2] : [start, start + size - 1]];
}

function numberOf(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

function textOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
