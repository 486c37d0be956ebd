import assert from "node:assert/strict";
import { secretSettings } from "../../settings/table";
import { projectFile, readWith, readYaml } from "../support/settings";

interface Template {
  description: string;
  quickstart: string;
  config: Record<string, { description?: string; default?: unknown; secret?: boolean }>;
}

describe("The template for pulumi new", () => {
  const { template } = readYaml("Pulumi.yaml") as { template: Template };

  it("has the keys that Pulumi knows, no others", () => {
    assert.deepEqual(Object.keys(template).sort(), ["config", "description", "quickstart"]);
    for (const [name, asked] of Object.entries(template.config)) {
      assert.deepEqual(Object.keys(asked).sort(), ["default", "description"], name);
    }
  });

  it("asks for settings that there are, with their defaults; for texts only, because answers are kept as such", () => {
    assert.ok(Object.keys(template.config).length > 0);
    for (const [name, asked] of Object.entries(template.config)) {
      const declared = projectFile.config[name] ?? assert.fail(name);
      assert.equal(declared.type, "string", name);
      assert.equal(asked.default, declared.default, name);
      assert.match(asked.description!, /^[A-Z].{10,}[^.]$/, name);
      assert.ok(!secretSettings.some((secret) => secret === name), name);
    }
  });

  it("tells how to set what has no default, and settings that then are right together", () => {
    const set = [
      ...template.quickstart.matchAll(/^ *pulumi config set (?:--path )?'?(\w+)(\[0\])?'? (\S+)$/gm),
    ];
    const changes = Object.fromEntries(set.map(([, name, list, text]) => [name, list ? [text] : text]));
    assert.deepEqual(Object.keys(changes), ["domains", "podinfoAliases", "podinfoHost"]);
    assert.deepEqual(readWith(changes).faults, []);
    assert.match(template.quickstart, /\| pulumi config set --secret caBundle\n/);
    assert.match(template.quickstart, /^ *pulumi config set --secret caPassphrase\n/m);
  });
});
