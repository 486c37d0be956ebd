import { BlockList, isIPv6 } from "node:net";
import { AsnConvert } from "@peculiar/asn1-schema";
import * as asn1 from "@peculiar/asn1-x509";
import type { X509Certificate } from "@peculiar/x509";

/** The names that a CA certificate lets everything below it carry. */
export interface NameConstraints {
  /** The certificate, the way messages name it. */
  title: string;
  permittedDnsDomains: string[];
  excludedDnsDomains: string[];
  /** Address ranges such as `192.168.1.0/24`. */
  permittedIpRanges: string[];
  excludedIpRanges: string[];
  /** Why Vault could not work below these constraints, whatever the names; reads on after "the name constraints of X". */
  unusable: string[];
}

/** Names that certificates below the CA are going to carry. */
export interface WantedNames {
  /** Domains of which any name may be asked for. */
  domains: string[];
  dnsNames: string[];
  ipAddresses: string[];
}

export function readNameConstraints(
  certificate: X509Certificate,
  title: string,
): NameConstraints | undefined {
  const extension = certificate.getExtension(asn1.id_ce_nameConstraints);
  if (!extension) {
    return undefined;
  }
  const parsed = AsnConvert.parse(extension.value, asn1.NameConstraints);
  const permitted = [...(parsed.permittedSubtrees ?? [])].map((subtree) => subtree.base);
  const excluded = [...(parsed.excludedSubtrees ?? [])].map((subtree) => subtree.base);
  const all = [...permitted, ...excluded];
  const unusable: string[] = [];
  if (all.some(isOfOtherKind)) {
    unusable.push("limit other names than DNS names and addresses, which Vault cannot check");
  }
  if (present(all.map((name) => name.iPAddress)).some((range) => !isWritten(range, extension.value))) {
    unusable.push("hold an address range whose mask has gaps, which Vault cannot read");
  }
  return {
    title,
    permittedDnsDomains: present(permitted.map((name) => name.dNSName?.toLowerCase())),
    excludedDnsDomains: present(excluded.map((name) => name.dNSName?.toLowerCase())),
    permittedIpRanges: present(permitted.map((name) => name.iPAddress)),
    excludedIpRanges: present(excluded.map((name) => name.iPAddress)),
    unusable,
  };
}

/** Certificates of servers carry neither mail addresses nor URIs, and Vault reads constraints on them. */
function isOfOtherKind({
  dNSName,
  iPAddress,
  rfc822Name,
  uniformResourceIdentifier,
}: asn1.GeneralName): boolean {
  return [dNSName, iPAddress, rfc822Name, uniformResourceIdentifier].every((value) => value === undefined);
}

/** Whether a range stands in the extension as it was read: the reader counts the bits of a mask, wherever they are. */
function isWritten(range: string, extension: ArrayBuffer): boolean {
  const bytes = AsnConvert.serialize(new asn1.GeneralName({ iPAddress: range }));
  return Buffer.from(extension).includes(Buffer.from(bytes));
}

/** Constraints that no certificate of Vault's could be checked against, with what to do. */
export function unusableConstraintFaults(constraints: NameConstraints[]): string[] {
  return constraints.flatMap(({ title, unusable }) =>
    unusable.map(
      (why) =>
        `the name constraints of ${title} ${why}: ` +
        "have it issued again with constraints on DNS names and whole address ranges only, or without",
    ),
  );
}

/** Every wanted name that some constraint forbids, with what to do. */
export function nameConstraintFaults(constraints: NameConstraints[], wanted: WantedNames): string[] {
  return constraints.flatMap((constraint) => {
    const domains = wanted.domains.filter(
      (domain) => !admitsDns(constraint, domain) && !admitsDns(constraint, `any.${domain}`),
    );
    const forbidden = [
      ...domains,
      ...wanted.dnsNames.filter((name) => !admitsDns(constraint, name)),
      ...wanted.ipAddresses.filter((address) => !admitsIp(constraint, address)),
    ];
    if (forbidden.length === 0) {
      return [];
    }
    return [
      `the name constraints of ${constraint.title} exclude ${[...new Set(forbidden)].join(", ")}: ` +
        `they permit ${describe(constraint)}; have it issued again with nameConstraints that cover these names, ` +
        "or without",
    ];
  });
}

function admitsDns(constraint: NameConstraints, name: string): boolean {
  const { permittedDnsDomains, excludedDnsDomains } = constraint;
  if (excludedDnsDomains.some((domain) => isWithin(name, domain))) {
    return false;
  }
  return permittedDnsDomains.length === 0 || permittedDnsDomains.some((domain) => isWithin(name, domain));
}

// RFC 5280: a domain and all below it; with a leading dot only what is below.
function isWithin(name: string, domain: string): boolean {
  const bare = domain.replace(/^\./, "");
  return bare === "" || (name === bare && bare === domain) || name.endsWith(`.${bare}`);
}

function admitsIp(constraint: NameConstraints, address: string): boolean {
  const { permittedIpRanges, excludedIpRanges } = constraint;
  if (contains(excludedIpRanges, address)) {
    return false;
  }
  return permittedIpRanges.length === 0 || contains(permittedIpRanges, address);
}

function contains(ranges: string[], address: string): boolean {
  const family = (text: string) => (isIPv6(text) ? "ipv6" : "ipv4");
  // One family at a time: a BlockList takes an IPv4 address for one of ::/0 as well.
  return ranges.some((range) => {
    const [network = "", bits = ""] = range.split("/");
    if (family(network) !== family(address)) {
      return false;
    }
    const list = new BlockList();
    list.addSubnet(network, Number(bits), family(network));
    return list.check(address, family(address));
  });
}

function describe(constraint: NameConstraints): string {
  const permitted = [...constraint.permittedDnsDomains, ...constraint.permittedIpRanges];
  const excluded = [...constraint.excludedDnsDomains, ...constraint.excludedIpRanges];
  return [
    permitted.length > 0 ? permitted.join(", ") : "everything",
    ...(excluded.length > 0 ? [`except ${excluded.join(", ")}`] : []),
  ].join(" ");
}

function present<T>(values: (T | undefined)[]): T[] {
  return values.filter((value): value is T => value !== undefined);
}
