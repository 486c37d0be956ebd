import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Namespaces } from "../namespaces";
import type { Layout } from "./layout";
import { runInside } from "./run-inside";

/** An image archive and the name under which pods ask for it. */
export interface ImageArchive {
  reference: string;
  /** Path of a docker-archive; its name changes with its content. */
  archive: string;
}

/** Imports the archives that the node's container runtime does not have yet. Returns how many it imported. */
export async function importImages(
  namespaces: Namespaces,
  layout: Layout,
  images: readonly ImageArchive[],
): Promise<number> {
  const imported = readImported(layout);
  const present = new Set((await ctr(namespaces, "images", "list", "--quiet")).split("\n"));
  const missing = images.filter(
    ({ reference, archive }) => imported[reference] !== archive || !present.has(reference),
  );
  for (const { reference, archive } of missing) {
    await ctr(namespaces, "images", "import", archive);
    imported[reference] = archive;
    writeFileSync(layout.importedImages, JSON.stringify(imported, undefined, 2));
  }
  return missing.length;
}

function readImported(layout: Layout): Record<string, string> {
  if (!existsSync(layout.importedImages)) return {};
  return JSON.parse(readFileSync(layout.importedImages, "utf8")) as Record<string, string>;
}

// k8s.io is the namespace in which the kubelet's container runtime looks.
function ctr(namespaces: Namespaces, ...command: string[]): Promise<string> {
  return runInside(namespaces, ["ctr", "--namespace", "k8s.io", ...command]);
}
