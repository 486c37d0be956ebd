import * as pulumi from "@pulumi/pulumi";
import { readSettings, type ReadSettings } from "../config";
import { secretSettings, settingNames, type PlainSettings } from "../settings/table";
import type { StackConfig } from "./pulumi-cli";

export const project = "cert-manager-vault";

/** Reads and checks settings exactly as a run of the program does, outside of one. */
export function readSettingsOf(config: StackConfig): ReadSettings {
  const given = Object.entries(config).filter(([, { value }]) => value !== undefined);
  pulumi.runtime.setAllConfig(
    Object.fromEntries(given.map(([key, { value }]) => [programKey(key), value!])),
    given.filter(([, { secret }]) => secret).map(([key]) => programKey(key)),
  );
  try {
    return readSettings();
  } finally {
    pulumi.runtime.setAllConfig({});
  }
}

/**
 * The settings that are not secret.
 *
 * @throws Error naming those that are at fault by themselves.
 */
export function plainSettings(config: StackConfig): PlainSettings {
  const { readable, faults } = readSettingsOf(config);
  const plain = settingNames.filter((name) => !(secretSettings as readonly string[]).includes(name));
  const unreadable = plain.filter((name) => readable[name as keyof PlainSettings] === undefined);
  if (unreadable.length > 0) {
    const reasons = faults.filter((fault) => unreadable.some((name) => fault.startsWith(`${name}:`)));
    throw new Error(["the stack's settings are at fault:", ...reasons].join("\n  - "));
  }
  return readable as PlainSettings;
}

/** Outside of a run the project has no name, and the program looks for its settings under that. */
function programKey(key: string): string {
  return key.replace(new RegExp(`^${project}:`), `${pulumi.getProject()}:`);
}
