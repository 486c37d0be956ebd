import type { PathParts } from "./critical-path";

/** One thing that is measured. */
export interface Figure {
  /** Its name in a file of results. */
  name: string;
  /** In a table and beside a bar. */
  title: string;
  unit: "s" | "MiB" | "KiB" | "a second";
  /** The figure that it is compared with, in the same run. */
  base?: string;
}

/** Figures that stand in one table and one plot. */
export interface FigureGroup {
  /** Also the end of the plot's file name. */
  name: string;
  title: string;
  figures: readonly Figure[];
}

export const issuerCounts = [1, 10, 100, 300] as const;
export const certificateCounts = [10, 100, 500] as const;

const way: Figure[] = [
  { name: "source", title: "the source's procedure, to trusted https", unit: "s", base: "source" },
  { name: "critical-path", title: "the cluster's own critical path", unit: "s", base: "source" },
  { name: "cold", title: "cold `up`, to trusted https", unit: "s", base: "source" },
];

const back: Figure[] = [
  { name: "cold", title: "cold `up`, to trusted https", unit: "s", base: "cold" },
  { name: "destroy", title: "`destroy`", unit: "s", base: "cold" },
];

const standing: Figure[] = [
  { name: "empty-up", title: "no-op `up` of an empty stack", unit: "s", base: "empty-up" },
  { name: "preview", title: "`preview`, nothing to change", unit: "s", base: "empty-up" },
  { name: "noop", title: "no-op `up`", unit: "s", base: "empty-up" },
  { name: "refresh", title: "`up --refresh`, nothing to change", unit: "s", base: "empty-up" },
];

const single: Figure[] = [
  { name: "restart", title: "Vault's pod deleted, until Vault serves again", unit: "s" },
  { name: "outage", title: "of that, Vault did not answer", unit: "s", base: "restart" },
  { name: "memory-program", title: "memory of the program's Node.js process, cold `up`", unit: "MiB" },
  {
    name: "memory-all",
    title: "the same with Pulumi's engine and plugins",
    unit: "MiB",
    base: "memory-program",
  },
  { name: "state-size", title: "the stack's state, exported", unit: "KiB" },
];

/** Figures that the parts of the critical path are kept as. */
export const partFigures: Record<keyof PathParts, string> = {
  vaultStart: "part-vault-start",
  vaultInit: "part-vault-init",
  webhook: "part-webhook",
  issuance: "part-issuance",
};

const parts: Figure[] = [
  { name: partFigures.vaultStart, title: "Vault's pod created, until its container starts", unit: "s" },
  { name: partFigures.vaultInit, title: "from there, until Vault is unsealed", unit: "s" },
  { name: partFigures.webhook, title: "cert-manager's webhook created, until Ready", unit: "s" },
  { name: partFigures.issuance, title: "the page's Certificate created, until Ready", unit: "s" },
];

const issuers: Figure[] = ["preview", "noop"].flatMap((command) =>
  issuerCounts.map((count): Figure => ({
    name: `issuers-${command}-${count}`,
    title: `${command === "noop" ? "no-op `up`" : "`preview`"}, ${plural(count, "further issuer")}`,
    unit: "s",
    base: `issuers-${command}-1`,
  })),
);

const rates: Figure[] = certificateCounts.flatMap((count) =>
  (["ca", "vault"] as const).map((issuer): Figure => ({
    name: `certificates-${issuer}-${count}`,
    title: `${count} Certificates by ${issuer === "ca" ? "cert-manager's CA issuer" : "Vault"}`,
    unit: "a second",
    base: `certificates-ca-${count}`,
  })),
);

/** CPU and peak memory of a container while the most Certificates were issued. */
const usage: Figure[] = (["ca", "vault"] as const).flatMap((issuer) =>
  (["cert-manager", "vault"] as const).flatMap((container): Figure[] => {
    const by = `${container}, ${certificateCounts.at(-1)} Certificates by ${issuer === "ca" ? "the CA issuer" : "Vault"}`;
    const name = `usage-${container}-by-${issuer}`;
    return [
      { name: `${name}-cpu`, title: `CPU of ${by}`, unit: "s", base: `usage-${container}-by-ca-cpu` },
      {
        name: `${name}-memory`,
        title: `peak memory of ${by}`,
        unit: "MiB",
        base: `usage-${container}-by-ca-memory`,
      },
    ];
  }),
);

const storage: Figure[] = [
  {
    name: "storage-stored",
    title: "Vault's storage for 1000 leaves, stored",
    unit: "KiB",
    base: "storage-stored",
  },
  { name: "storage-no-store", title: "the same with `no_store`", unit: "KiB", base: "storage-stored" },
  { name: "signing-stored", title: "signatures, stored", unit: "a second", base: "signing-stored" },
  { name: "signing-no-store", title: "signatures with `no_store`", unit: "a second", base: "signing-stored" },
];

export const figureGroups: readonly FigureGroup[] = [
  { name: "way", title: "From an empty cluster to the page", figures: way },
  { name: "back", title: "And back", figures: back },
  { name: "standing", title: "A stack that stands", figures: standing },
  { name: "single", title: "Restart, memory, state", figures: single },
  { name: "parts", title: "Parts of the critical path", figures: parts },
  { name: "issuers", title: "More issuers", figures: issuers },
  { name: "certificates", title: "More Certificates", figures: rates },
  { name: "usage", title: "What they cost", figures: usage },
  { name: "storage", title: "Storage of short-lived leaves", figures: storage },
];

/** "1 further issuer", "10 further issuers". */
function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
