import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as yaml from "js-yaml";
import { readSettings, type ReadSettings } from "../../config";
import { secretSettings } from "../../settings/table";
import { type Authority, makeAuthority } from "./openssl-ca";

// The SDK keeps it out of its types; it is meant for tests.
const { _setProject } = pulumi.runtime as unknown as { _setProject: (name: string | undefined) => void };

/** One setting as Pulumi.yaml declares it. */
export interface Declaration {
  type: string;
  items?: { type: string };
  default?: unknown;
  description?: string;
  secret?: boolean;
}

interface ProjectFile {
  name: string;
  /** Settings of the project itself, by name; those of providers are left out. */
  config: Record<string, Declaration>;
}

export const projectFile = readProjectFile();

function readProjectFile(): ProjectFile {
  const { name, config } = readYaml("Pulumi.yaml") as ProjectFile;
  return { name, config: Object.fromEntries(Object.entries(config).filter(([key]) => !key.includes(":"))) };
}

/** Reads a YAML file of the checkout. */
export function readYaml(name: string): unknown {
  return yaml.load(readFileSync(path.join(__dirname, "../..", name), "utf8"));
}

/** PEM: intermediate, key and root of a CA that there is nothing wrong with. */
export function goodBundle(): string {
  const root = makeAuthority({ name: "Root" });
  return bundleOf(makeAuthority({ name: "Intermediate", issuer: root }), root);
}

export function bundleOf(intermediate: Authority, root: Authority): string {
  return intermediate.certificatePem + intermediate.keyPem + root.certificatePem;
}

/**
 * Reads the settings as a run of Pulumi gives them: Pulumi.yaml's defaults, a good bundle, and what is changed.
 *
 * @param changes Values as YAML holds them; undefined takes one out.
 * @param inClear Secret settings that are not encrypted.
 */
export function readWith(
  changes: Record<string, unknown>,
  options: { inClear?: string[]; now?: Date } = {},
): ReadSettings {
  const defaults = Object.entries(projectFile.config).map(([name, declared]) => [name, declared.default]);
  const values: Record<string, unknown> = {
    ...Object.fromEntries(defaults),
    caBundle: goodBundle(),
    ...changes,
  };
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const key = (name: string) => `${projectFile.name}:${name}`;
  const secrets = secretSettings.filter((name) => !options.inClear?.includes(name));
  const before = { config: pulumi.runtime.allConfig(), project: pulumi.runtime.getProject() };
  _setProject(projectFile.name);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(given.map(([name, value]) => [key(name), asPulumiGives(value)])),
    secrets.map(key),
  );
  try {
    return readSettings(options.now);
  } finally {
    pulumi.runtime.setAllConfig(before.config);
    _setProject(before.project);
  }
}

function asPulumiGives(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
