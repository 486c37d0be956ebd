import { isIP } from "node:net";
import { listenerDnsNames } from "../components/internal/listener-names";
import { isDnsName, type Kind } from "../components/internal/validate";
import type { ReadableSettings } from "./rules";
import type { PlainSettings } from "./table";

const ways = ["auto", "loadBalancer", "portForward"];

/** The setting vaultEndpoint. */
export const vaultEndpointKind: Kind = {
  holds: (text) => ways.includes(text) || isVaultUrl(text),
  wanted:
    "a way: auto, loadBalancer, portForward, or the https:// URL that Vault's own listener answers at, without a path, such as " +
    "https://vault.homelab.local:8200. That of a node port, or of an ingress that hands TLS through, is given as such a URL",
};

/** How this program reaches Vault. */
export interface VaultWay {
  /** Whether by a port-forward through the API server. */
  portForward: boolean;
  /** `https://host:port` that the owner has given, or of a Vault of the owner's; undefined for that of the LoadBalancer, and for a port-forward. */
  url?: string;
}

/** The settings that the way hangs on. */
type WaySettings = Pick<PlainSettings, "vaultEndpoint" | "vaultLoadBalancerIp"> &
  Partial<Pick<PlainSettings, "vaultExisting">>;

/** The way of these settings. */
export function vaultWay({ vaultExisting, vaultEndpoint, vaultLoadBalancerIp }: WaySettings): VaultWay {
  if (vaultExisting) {
    return { portForward: false, url: new URL(vaultExisting).origin };
  }
  if (!ways.includes(vaultEndpoint)) {
    return { portForward: false, url: new URL(vaultEndpoint).origin };
  }
  return {
    portForward: vaultEndpoint === "portForward" || (vaultEndpoint === "auto" && vaultLoadBalancerIp === ""),
  };
}

/** Names and IP addresses of the URL that Vault's listener has to have in its certificate beside its own. */
export function endpointHosts({
  vaultEndpoint,
  vaultLoadBalancerIp,
  vaultNamespace,
}: Pick<PlainSettings, "vaultEndpoint" | "vaultLoadBalancerIp" | "vaultNamespace">): string[] {
  const { url } = vaultWay({ vaultEndpoint, vaultLoadBalancerIp });
  const known = ["127.0.0.1", vaultLoadBalancerIp, ...listenerDnsNames(vaultNamespace)];
  const host = url && new URL(url).hostname;
  return host && !known.includes(host) ? [host] : [];
}

/** What is wrong between the way to Vault and the other settings. */
export function endpointFaults({ vaultEndpoint, vaultLoadBalancerIp }: ReadableSettings): string[] {
  if (vaultEndpoint !== "loadBalancer" || vaultLoadBalancerIp !== "") {
    return [];
  }
  return [
    "vaultEndpoint: loadBalancer takes the address that Vault is to have, and vaultLoadBalancerIp is empty: give one that " +
      'your cluster hands out ("pulumi config set vaultLoadBalancerIp ADDRESS"), or vaultEndpoint portForward',
  ];
}

/** What the cluster has to allow for the way to Vault, as far as the settings can be read. */
export function forwardNeeds({ vaultEndpoint, vaultLoadBalancerIp, vaultNamespace }: ReadableSettings): {
  portForwardIn?: string;
} {
  if (vaultEndpoint === undefined || vaultLoadBalancerIp === undefined || vaultNamespace === undefined) {
    return {};
  }
  const { portForward } = vaultWay({ vaultEndpoint, vaultLoadBalancerIp });
  return portForward ? { portForwardIn: vaultNamespace } : {};
}

/** `https://host` or `https://host:port` and nothing more; IPv6 addresses are not told apart from their brackets. */
export function isVaultUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return (
    url?.protocol === "https:" &&
    [url.origin, `${url.origin}/`].includes(text.replace(/:443(\/?)$/, "$1")) &&
    (isIP(url.hostname) !== 0 || isDnsName(url.hostname))
  );
}
