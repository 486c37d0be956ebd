import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
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
  const analyzed = new Analyzer(folder, name, packageJson, componentNames()).analyze();
  return generateSchema(
    name,
    version,
    description,
    analyzed.components,
    analyzed.typeDefinitions,
    analyzed.dependencies,
  );
}

/** The package has enums beside its components, which the analysis finds where components use them. */
export function componentNames(): Set<string> {
  const all = Object.entries<object>(components);
  const isComponent = (one: object) =>
    "prototype" in one && one.prototype instanceof pulumi.ComponentResource;
  return new Set(all.filter(([, one]) => isComponent(one)).map(([name]) => name));
}
