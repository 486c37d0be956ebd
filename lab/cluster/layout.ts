import * as path from "node:path";

/** Where one lab keeps what. Everything lies in its run directory, so removing that removes the lab. */
export interface Layout {
  readonly runDirectory: string;
  /** Certificates and keys of the cluster itself. */
  readonly pki: string;
  /** Configuration files and kubeconfigs of the node's components. */
  readonly configuration: string;
  readonly logs: string;
  /** The administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Names of the image archives imported so far. */
  readonly importedImages: string;
  /** What `lab exec` puts on PATH: kubectl, pulumi, vault, helm, node. */
  readonly bin: string;
  /** The owner's offline CA. */
  readonly offlineCa: string;
  /** Pulumi's state, configuration, passphrase and home. */
  readonly stack: string;
}

export function layoutOf(runDirectory: string): Layout {
  const below = (...names: string[]) => path.join(runDirectory, ...names);
  return {
    runDirectory,
    pki: below("cluster", "pki"),
    configuration: below("cluster"),
    logs: below("log"),
    kubeconfig: below("cluster", "admin.kubeconfig"),
    importedImages: below("cluster", "imported-images.json"),
    bin: below("bin"),
    offlineCa: below("offline-ca"),
    stack: below("stack"),
  };
}

export function logFile(layout: Layout, name: string): string {
  return path.join(layout.logs, `${name}.log`);
}
