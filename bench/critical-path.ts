/** Seconds that the cluster itself has spent on one way from nothing to the page's certificate. */
export interface PathParts {
  /** Vault's pod, from its creation to the start of its container: scheduling, volumes. */
  vaultStart: number;
  /** From there until Vault says in its log that it is unsealed. */
  vaultInit: number;
  /** cert-manager's webhook, from the creation of its pod to Ready. */
  webhook: number;
  /** The page's Certificate, from its creation to Ready. */
  issuance: number;
}

interface Condition {
  type: string;
  status: string;
  lastTransitionTime: string;
}

export interface Pod {
  metadata: { name: string; uid: string; creationTimestamp: string };
  status: {
    conditions?: Condition[];
    containerStatuses?: {
      name: string;
      containerID: string;
      ready: boolean;
      state: { running?: { startedAt: string } };
    }[];
  };
}

export interface Certificate {
  metadata: { name: string; creationTimestamp: string };
  status?: { conditions?: Condition[] };
}

/** What `partsOf` looks at, after a run that has built all of it anew. */
export interface PathObjects {
  vault: Pod;
  /** The log of Vault's container. */
  vaultLog: string;
  webhook: Pod;
  certificate: Certificate;
}

/**
 * The parts by the objects' own times. Kubernetes tells whole seconds, so each part may be off by one.
 *
 * @throws Error when an object is not yet what it is to become.
 */
export function partsOf({ vault, vaultLog, webhook, certificate }: PathObjects): PathParts {
  const container = vault.status.containerStatuses?.find(({ name }) => name === "vault");
  const started = container?.state.running?.startedAt;
  const unsealed = /^(\S+) \[INFO\]\s+core: vault is unsealed/m.exec(vaultLog)?.[1];
  if (!started || !unsealed) {
    throw new Error("Vault's container does not run, or has not said in its log that it is unsealed");
  }
  return {
    vaultStart: secondsBetween(vault.metadata.creationTimestamp, started),
    vaultInit: secondsBetween(started, unsealed),
    webhook: secondsBetween(webhook.metadata.creationTimestamp, readySince(webhook)),
    issuance: secondsBetween(certificate.metadata.creationTimestamp, readySince(certificate)),
  };
}

/**
 * What no tool can beat on this machine: Vault and cert-manager come up beside each other, the certificate after both.
 * Each part is the shortest that any run of any tool has had, because a part holds the waiting of the tool as well.
 */
export function criticalPath(parts: { [Part in keyof PathParts]: readonly number[] }): number | undefined {
  if (Object.values(parts).some((values) => values.length === 0)) {
    return undefined;
  }
  const shortest = (part: keyof PathParts): number => Math.min(...parts[part]);
  return Math.max(shortest("vaultStart") + shortest("vaultInit"), shortest("webhook")) + shortest("issuance");
}

function readySince(object: { metadata: { name: string }; status?: { conditions?: Condition[] } }): string {
  const ready = object.status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status !== "True") {
    throw new Error(`${object.metadata.name} is not Ready`);
  }
  return ready.lastTransitionTime;
}

function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
