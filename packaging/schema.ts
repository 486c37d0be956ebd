import { readFileSync } from "node:fs";
import * as path from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { generateSchema, type PackageSpec } from "@pulumi/pulumi/provider/experimental/schema";
import * as components from "../components";

const folder = path.join(__dirname, "..", "components");

/** What Pulumi infers of the components when they are served as a package: the interface that other languages see. */
export function inferSchema(): PackageSpec {
  const packageJson = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    description: string;
  };
  const { name, version, description } = packageJson;
  const analyzed = new Analyzer(folder, name, packageJson, new Set(Object.keys(components))).analyze();
  return generateSchema(
    name,
    version,
    description,
    analyzed.components,
    analyzed.typeDefinitions,
    analyzed.dependencies,
  );
}
