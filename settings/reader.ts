import * as pulumi from "@pulumi/pulumi";
import type { Kind } from "../components/internal/validate";
import { isListOfObjects, ObjectReader } from "./object-reader";

// The SDK keeps it out of its types, but offers no other way to tell an encrypted value from one in clear.
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };

/** Reads settings one by one and collects what is wrong with them; a value at fault is read as undefined. */
export class SettingsReader {
  readonly faults: string[] = [];

  text(name: string, kind: Kind): string | undefined {
    const value = this.given(name);
    return value !== undefined && this.check(name, value, kind) ? value : undefined;
  }

  list(name: string, kind: Kind): string[] | undefined {
    const items = this.parse(name, "a list of texts", isListOfTexts);
    return items?.map((item) => this.check(name, item, kind)).every(Boolean) ? items : undefined;
  }

  number(name: string, [least, greatest]: [number, number]): number | undefined {
    const inRange = (value: unknown): value is number =>
      Number.isInteger(value) && Number(value) >= least && Number(value) <= greatest;
    return this.parse(name, `a whole number from ${least} to ${greatest}`, inRange);
  }

  boolean(name: string): boolean | undefined {
    return this.parse(name, "true or false", (value) => typeof value === "boolean");
  }

  /** Each object of a list, as `read` reads its fields; those that it does not ask for are refused. */
  objects<Item>(name: string, read: (fields: ObjectReader) => Item): Item[] | undefined {
    return this.parse(name, "a list of objects", isListOfObjects)?.map((fields, index) => {
      const reader = new ObjectReader(`${name}[${index}]`, fields, (place, what) => this.fault(place, what));
      const item = read(reader);
      reader.refuseUnknown();
      return item;
    });
  }

  /** Text of a secret; undefined when it is not set. */
  secretText(name: string): string | undefined {
    const value = pulumi.runtime.getConfig(keyOf(name));
    if (value && !isConfigSecret(keyOf(name))) {
      this.fault(
        name,
        `is stored in clear: give it encrypted, with "pulumi config set --secret ${name}", ` +
          "and change it where others may have seen it",
      );
    }
    return value || undefined;
  }

  /** Items of a secret list; empty when it is not set, undefined when it is no list. */
  secretList(name: string): string[] | undefined {
    // An empty list is how Pulumi.yaml says that there is none, which needs no encryption.
    if (["", "[]"].includes(pulumi.runtime.getConfig(keyOf(name)) ?? "")) {
      return [];
    }
    this.secretText(name);
    return this.parse(name, "a list of texts", isListOfTexts, true);
  }

  /** Settings of this project that are given but that the program does not know. */
  refuseUnknown(known: string[]): void {
    const prefix = keyOf("");
    for (const key of Object.keys(pulumi.runtime.allConfig())) {
      const name = key.slice(prefix.length);
      if (key.startsWith(prefix) && !known.includes(name)) {
        this.fault(
          name,
          `is not a setting: see Pulumi.yaml for those there are, or "pulumi config rm ${name}"`,
        );
      }
    }
  }

  fault(name: string, what: string): void {
    this.faults.push(`${name}: ${what}`);
  }

  private given(name: string): string | undefined {
    const value = pulumi.runtime.getConfig(keyOf(name));
    if (value === undefined) {
      this.fault(
        name,
        `is not set: "pulumi config set ${name} VALUE", or put its default back into Pulumi.yaml`,
      );
    }
    return value;
  }

  private check(name: string, value: string, kind: Kind): boolean {
    const holds = kind.holds(value);
    if (!holds) {
      this.fault(name, `${shown(value)} will not do: give ${kind.wanted}`);
    }
    return holds;
  }

  private parse<T>(
    name: string,
    wanted: string,
    holds: (value: unknown) => value is T,
    secret = false,
  ): T | undefined {
    const text = this.given(name);
    if (text === undefined) {
      return undefined;
    }
    try {
      const value: unknown = JSON.parse(text);
      if (holds(value)) {
        return value;
      }
    } catch {
      // Said below, with the values that are of another type.
    }
    const given = secret || isContent(text) ? "its value" : text;
    this.fault(name, `${given} will not do: give ${wanted}`);
    return undefined;
  }
}

/** What is long is content, of a private key perhaps, that was given for a word or for a list of it. */
function isContent(text: string): boolean {
  return text.length > 100;
}

function shown(text: string): string {
  return isContent(text) ? "its value" : JSON.stringify(text);
}

function keyOf(name: string): string {
  return `${pulumi.getProject()}:${name}`;
}

function isListOfTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
