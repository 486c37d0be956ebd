import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import * as components from "../../components";
import { InstalledPackage, sourcesOf } from "../support/installed-package";

const checkout = path.join(__dirname, "..", "..");

describe("The npm package, packed and installed", function () {
  // Compiles, packs, and has Pulumi look at the types of Kubernetes and Vault.
  this.timeout(300_000);
  let installed: InstalledPackage;

  before(async () => {
    installed = await InstalledPackage.make();
  });

  after(() => installed?.remove());

  it("holds JavaScript and types of every source, what tells about it, what serves it, and nothing else", () => {
    const compiled = sourcesOf("components").flatMap((name) => [`${name}.js`, `${name}.d.ts`]);
    const others = [
      "CHANGELOG.md",
      "LICENSE",
      "PulumiPlugin.yaml",
      "README.md",
      "docs/components.md",
      "package.json",
      "src/index.ts",
      "tsconfig.json",
    ];
    assert.deepEqual(installed.files, [...compiled, ...others].sort());
  });

  it("has no secret, and no word of the machine that it was made on", () => {
    for (const file of installed.files) {
      const text = installed.read(file);
      assert.doesNotMatch(
        text,
        /-----BEGIN [A-Z ]*PRIVATE KEY-----\n|\bhvs\.[A-Za-z0-9]{8}|_authToken/,
        file,
      );
      assert.ok(!text.includes(checkout), file);
    }
  });

  it("may be published, in the version that the changelog and the program have", () => {
    const { manifest } = installed;
    const require = createRequire(__filename);
    const program = require("../../package.json") as { version: string };
    assert.equal(manifest.private, undefined);
    assert.equal(manifest.version, program.version);
    assert.ok(installed.read("CHANGELOG.md").includes(manifest.version));
    for (const file of [manifest.main, manifest.types]) {
      assert.ok(installed.files.includes(file), file);
    }
  });

  it("exports the components with the dependencies that it declares", async () => {
    const printed = await installed.run(
      'console.log(Object.keys(require("cert-manager-vault")).sort().join())',
    );
    assert.equal(printed.trim(), Object.keys(components).sort().join());
  });

  it("has types that a strict program is checked against", async () => {
    const program = `
      import * as pulumi from "@pulumi/pulumi";
      import { CertificateAuthority, TlsHandshake, type TlsHandshakeArgs } from "cert-manager-vault";

      const authority = new CertificateAuthority("authority", { bundlePem: pulumi.secret("…") });
      const proof: TlsHandshakeArgs = {
        address: "192.0.2.1",
        serverName: "page.example",
        trustedRootPem: authority.rootCertificatePem,
      };
      export const chain: pulumi.Output<string[]> = new TlsHandshake("proof", proof).chainSubjects;
      // @ts-expect-error: a root is no number.
      export const wrong: TlsHandshakeArgs = { ...proof, trustedRootPem: 443 };
      // @ts-expect-error: there is no such output.
      export const absent = authority.rootPem;
    `;
    assert.equal(await installed.typeCheck(program), "");
  });

  it("has dynamic resources whose code is found in the program's folder, and nowhere else on the machine", async () => {
    const resources = installed.files.filter((file) => /^internal\/.*-resource\.js$/.test(file));
    const texts = JSON.parse(
      await installed.run(`
        const pulumi = require("@pulumi/pulumi");
        const files = ${JSON.stringify(resources)};
        (async () => {
          const texts = {};
          for (const file of files) {
            for (const [name, provider] of Object.entries(require("cert-manager-vault/" + file))) {
              if (name.endsWith("Provider")) {
                texts[name] = (await pulumi.runtime.serializeFunction(() => provider, { allowSecrets: true })).text;
              }
            }
          }
          console.log(JSON.stringify(texts));
        })();
      `),
    ) as Record<string, string>;
    assert.equal(Object.keys(texts).length, resources.length);
    for (const [name, text] of Object.entries(texts)) {
      const required = [...text.matchAll(/require\("([^"]*)"\)/g)].map(([, module]) => module!);
      for (const module of required) {
        assert.ok(!module.startsWith(".") && !path.isAbsolute(module), `${name} requires ${module}`);
      }
    }
    const updates = await installed.run(`
      for (const text of ${JSON.stringify(Object.values(texts))}) {
        const loaded = {};
        require("node:vm").compileFunction(text, ["exports", "require"])(loaded, require);
        console.log(typeof loaded.handler().update);
      }
    `);
    assert.deepEqual(
      updates.trim().split("\n"),
      resources.map(() => "function"),
    );
  });

  it("is served to other languages with the schema that the sources have", async () => {
    // That it is the one of the sources is another test's.
    const kept = readFileSync(path.join(checkout, "docs", "reference", "schema.json"), "utf8");
    assert.deepEqual(await installed.servedSchema(), JSON.parse(kept));
  });
});
