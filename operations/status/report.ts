/** What `npm run status -- --json` prints. Fields are only added; docs/commands.md explains them. */
export interface StatusReport {
  stack: string;
  /** The context, the kubeconfig and the server. */
  cluster: string;
  /** Whether nothing needs attention; then the exit status is 0. */
  ok: boolean;
  vault: { address: string; nodes: VaultNodeStatus[] };
  /** From the root down to what it is for. */
  chain: ChainLink[];
  issuers: IssuerStatus[];
  certificates: CertificatesStatus;
  urls: { name: string; url: string }[];
  /** What needs attention, and what to do about it; the most urgent first. */
  next: NextStep[];
}

export interface VaultNodeStatus {
  /** Name of its pod. */
  name: string;
  /** `active`, `standby`, `sealed`, `not initialised`, `without a leader`, `does not answer`. */
  state: string;
  ok: boolean;
}

export enum LinkRole {
  Root = "root",
  ParentCa = "parentCa",
  IssuingCa = "issuingCa",
  Listener = "listener",
  Page = "page",
}

/** One certificate between the root and those who serve it. */
export interface ChainLink {
  role: LinkRole;
  /** Vault's mount, of an issuing CA that is in another one than the first; absent otherwise. */
  mount?: string;
  /** Common name, or the whole subject where it has none; empty for one that was not found. */
  subject: string;
  /** ISO times; absent for one that was not found. */
  notBefore?: string;
  notAfter?: string;
  /** Whole days; negative when it has ended. */
  daysLeft?: number;
  /** What is left of its life, 0 to 1. */
  share?: number;
  ok: boolean;
  /** Why it needs attention; absent otherwise. */
  problem?: string;
}

export interface IssuerStatus {
  /** `ClusterIssuer` or `Issuer`. */
  kind: string;
  namespace?: string;
  name: string;
  ready: boolean;
  /** Whether it is in the settings and not in the cluster; absent otherwise. */
  missing?: boolean;
  /** cert-manager's own words, where there are some. */
  message: string;
}

export interface CertificatesStatus {
  total: number;
  ready: number;
  failing: { namespace: string; name: string; message: string }[];
  /** Of those that are ready, the next to be renewed. */
  nextRenewal?: { namespace: string; name: string; at: string };
}

export interface NextStep {
  what: string;
  /** A command, or a place in the documentation. */
  command: string;
}
