import { makeAuthority } from "../openssl-ca";
import { bundleOf } from "../settings";
import type { BadBundleRow } from "./row";

const again = "have it issued again with nameConstraints that cover these names, or without";
const domains = "permitted;DNS:homelab.local, permitted;DNS:wsp.local, permitted;DNS:podinfo";

/** Name constraints that do not go with Pulumi.yaml's defaults, as openssl.cnf has them. */
const rows: [what: string, nameConstraints: string, says: RegExp][] = [
  [
    "that permit other domains only",
    "permitted;DNS:example.org",
    /^domains: .* exclude homelab\.local, wsp\.local, podinfo, .*: they permit example\.org;/,
  ],
  [
    "that permit all but one of the domains",
    "permitted;DNS:homelab.local, permitted;DNS:podinfo",
    /^domains: .* exclude wsp\.local, podinfo\.wsp\.local: they permit homelab\.local, podinfo;/,
  ],
  [
    "that exclude one of the domains",
    "excluded;DNS:wsp.local",
    /^domains: .* exclude wsp\.local, podinfo\.wsp\.local: they permit everything except wsp\.local;/,
  ],
  [
    "that exclude the page's host",
    "excluded;DNS:podinfo.wsp.local",
    /^domains: .* exclude podinfo\.wsp\.local: they permit everything except podinfo\.wsp\.local;/,
  ],
  [
    "that exclude what is below the first domain, and so the issuer's own certificate",
    "excluded;DNS:.homelab.local",
    /^domains: .* exclude canary\.homelab\.local: they permit everything except \.homelab\.local;/,
  ],
  [
    "that exclude all below the top-level domain",
    "excluded;DNS:local",
    /^domains: .* exclude homelab\.local, wsp\.local, podinfo\.wsp\.local, canary\.homelab\.local: /,
  ],
  [
    "that permit the domains but none of the names of Vault's listener",
    domains,
    /^caBundle: for Vault's own listener, .* exclude localhost, vault, vault\.vault, vault\.vault\.svc, .*: they permit homelab\.local,/,
  ],
  [
    "that permit other addresses only",
    "permitted;IP:10.0.0.0/255.0.0.0",
    /^caBundle: for Vault's own listener, .* exclude 127\.0\.0\.1, 192\.168\.1\.242: they permit 10\.0\.0\.0\/8;/,
  ],
  [
    "that permit IPv6 addresses only",
    "permitted;IP:fd00::/ff00::",
    /^caBundle: for Vault's own listener, .* exclude 127\.0\.0\.1, 192\.168\.1\.242: they permit fd00::\/8;/,
  ],
  [
    "that exclude Vault's address",
    "excluded;IP:192.168.0.0/255.255.0.0",
    /^caBundle: for Vault's own listener, .* exclude 192\.168\.1\.242: they permit everything except 192\.168\.0\.0\/16;/,
  ],
  [
    "that exclude all IPv4 addresses",
    "excluded;IP:0.0.0.0/0.0.0.0",
    /^caBundle: for Vault's own listener, .* exclude 127\.0\.0\.1, 192\.168\.1\.242: they permit everything except 0\.0\.0\.0\/0;/,
  ],
];

const unusable: typeof rows = [
  [
    "on directory names",
    "permitted;dirName:directory\n[ directory ]\norganizationName = Home Lab",
    /^caBundle: .* limit other names than DNS names and addresses, which Vault cannot check: have it issued again/,
  ],
  [
    "whose mask has gaps",
    "excluded;IP:10.0.0.0/255.0.255.0",
    /^caBundle: .* hold an address range whose mask has gaps, which Vault cannot read: have it issued again/,
  ],
];

const all: typeof rows = [
  ...rows.map(([what, value, says]): (typeof rows)[number] => [
    what,
    value,
    new RegExp(`${says.source}.*${again}`),
  ]),
  ...unusable,
];

export const badConstraints: BadBundleRow[] = [
  ...all.map(([what, nameConstraints, says]): BadBundleRow => [
    `an intermediate with name constraints ${what}`,
    () => {
      const root = makeAuthority({ name: "Root" });
      const intermediate = makeAuthority({ name: "Constrained", issuer: root, nameConstraints });
      return { pem: bundleOf(intermediate, root), about: [intermediate], says };
    },
  ]),
  // They are read in the same way; the first and the last are enough.
  ...[all.at(0)!, all.at(-1)!].map(([what, nameConstraints, says]): BadBundleRow => [
    `a root with name constraints ${what}`,
    () => {
      const root = makeAuthority({ name: "Constrained Root", nameConstraints });
      const intermediate = makeAuthority({ name: "Intermediate", issuer: root });
      return { pem: bundleOf(intermediate, root), about: [root], says };
    },
  ]),
];
