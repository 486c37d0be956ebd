import { labEnvironment } from "../environment";
import type { Namespaces } from "../namespaces";
import type { Layout } from "./layout";
import { runInside } from "./run-inside";

/** A running node. */
export interface Cluster {
  namespaces: Namespaces;
  layout: Layout;
}

/** Runs kubectl as the cluster's administrator and returns what it prints. */
export function kubectl({ namespaces, layout }: Cluster, ...command: string[]): Promise<string> {
  return runInside(namespaces, ["kubectl", ...command], { env: labEnvironment(layout) });
}
