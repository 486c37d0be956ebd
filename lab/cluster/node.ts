import { createCgroups } from "../cgroups";
import { nodeComponents, type NodePrograms } from "./components";
import { writeConfiguration } from "./configuration";
import type { Cluster } from "./kubectl";
import { ensureClusterPki } from "./pki";
import { ensureComponent } from "./processes";

/**
 * Brings the node's processes up, in order, each when the one before is ready; those that run as they should are only
 * asked for their health.
 * @param report called with the name of every component that had to be started
 */
export async function startNode(
  { namespaces, layout }: Cluster,
  programs: NodePrograms,
  report: (component: string) => void,
): Promise<void> {
  await ensureClusterPki(layout.pki);
  writeConfiguration(layout);
  createCgroups(layout.runDirectory);
  for (const component of nodeComponents(layout, programs)) {
    if (await ensureComponent(namespaces, layout, component)) report(component.name);
  }
}
