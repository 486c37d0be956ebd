import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { componentNames } from "../../packaging/schema";
import { writePages } from "../../packaging/reference";
import { settingNames } from "../../settings/table";
import { isSecret } from "../support/mocks";
import { recordProgram, stackName } from "../support/program";

const kept = path.join(__dirname, "..", "..", "docs", "reference");
const read = (folder: string, name: string) => readFileSync(path.join(folder, name), "utf8");

describe("The reference", function () {
  // Has the types of Kubernetes and Vault read once more.
  this.timeout(300_000);

  describe("made from the code", () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(path.join(tmpdir(), "reference-"));
      writePages(folder);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    for (const page of ["components.md", "settings.md"]) {
      it(`has ${page} as the code has it now; npm run reference makes it anew`, () => {
        assert.equal(read(kept, page), read(folder, page));
      });
    }

    it("has every component with an example, and every setting", () => {
      const sections = read(folder, "components.md").split(/^### /m);
      for (const name of componentNames()) {
        const section = sections.find((text) => text.startsWith(`${name}\n`)) ?? assert.fail(name);
        assert.match(section, /^#### Example\n\n```ts\n/m, name);
      }
      const settings = read(folder, "settings.md");
      for (const name of settingNames) {
        assert.match(settings, new RegExp(`^\\| \`${name}\` \\|`, "m"));
      }
    });
  });

  it("has every output of the stack, and says which are secret", async () => {
    const rows = [...read(kept, "outputs.md").matchAll(/^\| `(\w+)` +\| (.*) \|$/gm)];
    const told = Object.fromEntries(rows.map(([, name, text]) => [name!, text!]));
    const { recording } = await recordProgram();
    const outputs = recording.get(stackName).outputs!;
    assert.deepEqual(Object.keys(told).sort(), Object.keys(outputs).sort());
    for (const [name, output] of Object.entries(outputs)) {
      assert.equal(/\bSecret\./.test(told[name]!), isSecret(output), name);
    }
  });
});
