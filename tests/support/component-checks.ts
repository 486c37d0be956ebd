import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { isSecret, resolved, value, type Recording } from "./mocks";

/**
 * Checks that these children are there, of these types, and that whatever a component makes is its child and bears
 * its name. Further children are no fault.
 */
export function assertChildren(recording: Recording, component: string, types: Record<string, string>): void {
  for (const [name, type] of Object.entries(types)) {
    assert.equal(recording.get(name).type, type, name);
  }
  const made = recording.all.filter(({ name, custom }) => name !== component && custom && isMadeHere(name));
  for (const { name, parent } of made) {
    assert.equal(parent, component, `parent of ${name}`);
    assert.ok(name.startsWith(`${component}-`), `${name} begins with the name of its component`);
  }
}

/** Resources that a test itself makes are named so. */
export const given = (name: string) => `given-${name}`;
const isMadeHere = (name: string) => !name.startsWith(given(""));

/**
 * Checks that a component registers every output that it has, with the value and the secrecy that the output has, and
 * that these are secret and all others are not.
 */
export async function assertOutputs(
  recording: Recording,
  component: pulumi.ComponentResource,
  name: string,
  expected: Record<string, unknown>,
  secret: string[] = [],
): Promise<void> {
  const { outputs } = recording.get(name);
  assert.ok(outputs, `${name} registers outputs`);
  const ofComponent = Object.entries(component).filter(
    ([key, field]) => key !== "urn" && pulumi.Output.isInstance(field),
  ) as [string, pulumi.Output<unknown>][];
  for (const [key, output] of ofComponent) {
    assert.ok(key in outputs, `output ${key} is registered`);
    assert.deepEqual(value(outputs[key]), await resolved(output), `registered value of ${key}`);
    assert.equal(isSecret(outputs[key]), await pulumi.isSecret(output), `registered secrecy of ${key}`);
  }
  for (const [key, wanted] of Object.entries(expected)) {
    assert.deepEqual(value(outputs[key]), wanted, `output ${key}`);
    assert.equal(isSecret(outputs[key]), secret.includes(key), `whether output ${key} is a secret`);
  }
}
