import { isIP } from "node:net";

/** Lines to paste where the network's names are kept. */
export interface DnsEntries {
  /** For dnsmasq or Pi-hole; one line a host. */
  dnsmasq: string;
  /** For /etc/hosts; a comment when the address is itself a name, which hosts files cannot express. */
  hosts: string;
}

/**
 * How clients find the Ingress.
 *
 * @param address IP address or host name from the Ingress's status.
 * @param hosts Host names that the Ingress answers for.
 */
export function dnsEntries(address: string, hosts: string[]): DnsEntries {
  if (isIP(address)) {
    return {
      // dnsmasq's address=/name/… also answers for every name below it; host-record would not.
      dnsmasq: hosts.map((host) => `address=/${host}/${address}`).join("\n"),
      hosts: `${address} ${hosts.join(" ")}`,
    };
  }
  return {
    dnsmasq: hosts.map((host) => `cname=${host},${address}`).join("\n"),
    hosts: `# the Ingress has a name instead of an address: resolve ${address} and give ${hosts.join(" ")} what it answers`,
  };
}
