import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import {
  booleanSettings,
  listSettings,
  numberSettings,
  secretSettings,
  settingNames,
  textSettings,
} from "../../settings/table";
import { filledArguments } from "../support/documented-defaults";
import { projectFile, readWith, readYaml } from "../support/settings";

const { config } = projectFile;

describe("Pulumi.yaml", () => {
  it("declares exactly the settings that the program reads", () => {
    assert.deepEqual(Object.keys(config).sort(), [...settingNames].sort());
  });

  it("declares each with the type that it is read as", () => {
    const wanted: [names: string[], type: string][] = [
      [Object.keys(textSettings), "string"],
      [[...Object.keys(listSettings), "vaultExistingUnsealKeys", "issuers"], "array"],
      [Object.keys(numberSettings), "integer"],
      [[...booleanSettings], "boolean"],
      [["caBundle", "caPassphrase", "vaultExistingRootToken", "vaultToken"], "string"],
    ];
    for (const [names, type] of wanted) {
      for (const name of names) {
        assert.equal(config[name]?.type, type, name);
        const items = name === "issuers" ? "object" : "string";
        assert.equal(config[name].items?.type, type === "array" ? items : undefined, name);
      }
    }
  });

  for (const [name, declared] of Object.entries(config)) {
    it(`describes ${name}, and gives its default, of its own type`, () => {
      assert.match(declared.description ?? "", /^[A-Za-z][^]{10,}\S$/);
      const { default: value } = declared;
      const type = Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value;
      assert.equal(type, declared.type);
    });
  }

  it("says of each secret setting how to set it encrypted", () => {
    for (const name of secretSettings) {
      assert.match(config[name]?.description ?? "", /--secret/, name);
    }
  });

  it("has the defaults that the components document, wherever a setting goes straight to one", () => {
    // What follows from settings, as caKeyGiven does, has no default of its own.
    const filled = filledArguments().filter(({ optional, setting }) => optional && setting in config);
    const compared = filled.filter(({ setting, component, argument, documented }) => {
      const where = `${component}'s ${argument} (setting ${setting})`;
      assert.ok(documented !== undefined || /^existing/.test(argument), `${where} documents its default`);
      const value = config[setting]?.default;
      if (documented === undefined || value === undefined) {
        return false;
      }
      if (setting === "vaultSnapshotSchedule") {
        // Empty means that there is no such component.
        return false;
      }
      if (documented === "none" || documented === "empty") {
        // Those that a component can do without, and the program does not.
        const given = ["podinfoAliases", "pkiRoleName", "domains"].includes(setting);
        assert.ok(["", "[]"].includes(asText(value)) || given, where);
        return false;
      }
      if (/ on [a-z]+\.io$/.test(documented)) {
        // "jetstack's on quay.io": the chart's address is the default itself.
        assert.ok(asText(value).includes(documented.split(" on ")[1]!), where);
        return false;
      }
      assert.equal(documented, asText(value), where);
      return true;
    });
    assert.ok(compared.length >= 20, `only ${compared.length} defaults were found to compare`);
  });
});

describe("The stacks' settings files", () => {
  for (const stack of ["homelab", "lab"]) {
    it(`Pulumi.${stack}.yaml names settings that there are, with values that are right`, () => {
      const file = readYaml(`Pulumi.${stack}.yaml`) as { config: Record<string, unknown> };
      const prefix = `${projectFile.name}:`;
      const own = Object.entries(file.config).filter(([key]) => key.startsWith(prefix));
      assert.ok(own.length > 0);
      assert.equal(own.length, Object.keys(file.config).length, "nothing is another project's");
      const values = Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
      assert.deepEqual(
        Object.keys(values).filter((name) => !settingNames.includes(name)),
        [],
      );
      // The lab's chart is given by a path as well, when the lab comes up.
      assert.deepEqual(readWith(values).faults, []);
    });
  }

  it("hold no secret, not even an encrypted one", () => {
    for (const stack of ["homelab", "lab"]) {
      const text = readFileSync(path.join(__dirname, `../../Pulumi.${stack}.yaml`), "utf8");
      assert.doesNotMatch(text, /secure:|encryptionsalt:|PRIVATE KEY/);
    }
  });
});

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
