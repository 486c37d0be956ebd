import { isIP, isIPv4 } from "node:net";
import { durationSeconds } from "./duration";

/** A kind of value: how to know it, and how to say what is wanted. */
export interface Kind {
  holds(text: string): boolean;
  /** Reads on after "give": `an IPv4 address such as 192.168.1.242`. */
  wanted: string;
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A host or domain: one label or several, in lower case as Kubernetes and Vault's roles compare them. */
export function isDnsName(text: string): boolean {
  const labels = text.split(".");
  return text.length <= 253 && labels.every((part) => label.test(part)) && !/^[0-9]+$/.test(labels.at(-1)!);
}

/** RFC 1123 subdomain, the names of most Kubernetes objects. */
export function isKubernetesName(text: string): boolean {
  return text.length <= 253 && text.split(".").every((part) => label.test(part));
}

/** RFC 1123 label, the names of namespaces. */
export function isKubernetesLabel(text: string): boolean {
  return label.test(text);
}

/** `NAME=VALUE` of a label; the name may have a prefix: `example.org/trust=homelab`. The value may be empty. */
export function isKubernetesLabelPair(text: string): boolean {
  const [name = "", value, ...more] = text.split("=");
  const parts = name.split("/");
  const word = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
  const prefix = parts.length === 2 ? parts[0]! : undefined;
  return (
    value !== undefined &&
    more.length === 0 &&
    parts.length <= 2 &&
    (prefix === undefined || isKubernetesName(prefix)) &&
    word.test(parts.at(-1)!) &&
    (value === "" || word.test(value))
  );
}

export function isDuration(text: string): boolean {
  try {
    return durationSeconds(text) > 0;
  } catch {
    return false;
  }
}

/** Path of a mount in Vault, without slashes at its ends; not one that Vault keeps for itself. */
export function isMountPath(text: string): boolean {
  const [first = "", ...rest] = text.split("/");
  const reserved = ["sys", "auth", "identity", "cubbyhole", "audit"];
  return (
    !reserved.includes(first) && [first, ...rest].every((part) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(part))
  );
}

/** Kubernetes quantity of bytes, more than nothing. */
export function isStorageSize(text: string): boolean {
  return /^(?=.*[1-9])[0-9]{1,15}(\.[0-9]{1,3})?([KMGTP]i|[kMGTP])$/.test(text);
}

/** A share of Vault's unseal key, hexadecimal or base64. */
export function isUnsealKey(text: string): boolean {
  return /^([0-9a-f]{64,}|[A-Za-z0-9+/]{40,}={0,2})$/.test(text);
}

/** `1.21.1` or `1.21.1-rc1`. */
export function isVersion(text: string): boolean {
  return /^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$/.test(text);
}

/**
 * Whether a role of Vault with these allowed domains gives a certificate for a host: the domains themselves
 * (`allow_bare_domains`) and every name below them (`allow_subdomains`).
 */
export function admits(domains: string[], host: string): boolean {
  return domains.some((domain) => host.toLowerCase() === domain.toLowerCase() || host.endsWith(`.${domain}`));
}

export const kinds = {
  ipv4AddressOrNone: {
    holds: (text) => text === "" || isIPv4(text),
    wanted: 'an IPv4 address such as 192.168.1.242, or "" for none',
  },
  dnsName: {
    holds: (text) => isDnsName(text) && isIP(text) === 0,
    wanted: "a DNS name in lower case such as podinfo.wsp.local, without scheme, port, wildcard or final dot",
  },
  dnsNameOrNone: {
    holds: (text) => text === "" || (isDnsName(text) && isIP(text) === 0),
    wanted:
      'a DNS name in lower case such as pki.homelab.local, without scheme, port and path, or "" for none',
  },
  namespace: {
    holds: isKubernetesLabel,
    wanted: "a Kubernetes namespace: up to 63 lower-case letters, digits and -, such as vault",
  },
  objectName: {
    holds: isKubernetesName,
    wanted: "a Kubernetes name: lower-case letters, digits, - and ., such as vault-issuer",
  },
  objectNameOrNone: {
    holds: (text) => text === "" || isKubernetesName(text),
    wanted: 'a Kubernetes name such as homelab-roots, or "" for none',
  },
  label: {
    holds: isKubernetesLabelPair,
    wanted: "a label as NAME=VALUE, such as trust=homelab",
  },
  classNameOrNone: {
    holds: (text) => text === "" || isKubernetesName(text),
    wanted: 'the name of a class in the cluster, or "" for its default class',
  },
  mountPath: {
    holds: isMountPath,
    wanted:
      "a path of letters, digits, _, - and . without a slash at its ends, such as pki_int; sys and auth are Vault's",
  },
  vaultName: {
    holds: (text) => /^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(text),
    wanted: "a name of letters, digits, _, - and ., such as home-lab-dot-local",
  },
  commonName: {
    holds: (text) => text.trim() === text && text !== "" && text.length <= 64 && !/\p{Cc}/u.test(text),
    wanted: "a common name of 1 to 64 characters",
  },
  duration: { holds: isDuration, wanted: "a whole number and one of s, m, h, d, such as 24h" },
  vaultStorage: {
    holds: (text) => ["", "file", "raft"].includes(text),
    wanted: 'a kind of storage: file, raft, or "" for file with one replica and raft with more',
  },
  storageSize: { holds: isStorageSize, wanted: "a size such as 10Gi" },
  storageSizeOrNone: {
    holds: (text) => text === "" || isStorageSize(text),
    wanted: 'a size such as 1Gi, or "" for none',
  },
  version: {
    // A tag of an image cannot hold the + of a version.
    holds: (text) => isVersion(text) && !text.includes("+"),
    wanted: "a version of three numbers such as 1.21.1",
  },
  chartVersion: {
    holds: (text) => text === "" || isVersion(text.replace(/^v/, "")),
    wanted: 'a chart version such as 0.34.1, or "" where the chart is a folder or an archive',
  },
  chart: {
    holds: (text) => /^[^\s]+$/.test(text),
    wanted: "a chart: its name in the chart repository, a path, an archive or oci://…",
  },
  repository: {
    holds: (text) => text === "" || (/^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text)),
    wanted: 'the https:// URL of a chart repository, or "" for a path, an archive or oci://…',
  },
  image: {
    holds: (text) => /^([a-z0-9.-]+(:[0-9]+)?\/)?[a-z0-9][a-z0-9._/-]*$/.test(text),
    wanted: "an image repository without a tag, such as hashicorp/vault",
  },
  imageReference: {
    holds: (text) =>
      /^([a-z0-9.-]+(:[0-9]+)?\/)?[a-z0-9][a-z0-9._/-]*(?=[:@])(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(
        text,
      ),
    wanted: "an image with its tag or digest, such as docker.io/library/haproxy:3.0.11",
  },
  rootTokenUse: { holds: (text) => ["keep", "revoke"].includes(text), wanted: "keep or revoke" },
  // What is in it has faults of its own kinds.
  certificatesOrNone: {
    holds: (text) => text.trim() === "" || text.includes("-----BEGIN "),
    wanted: 'a text of PEM certificates (-----BEGIN CERTIFICATE-----), or "" for none',
  },
  // What is in it is for the PGP library to say.
  pgpKey: { holds: (text) => text.trim() !== "", wanted: "a PGP public key, armored or base64" },
} satisfies Record<string, Kind>;
