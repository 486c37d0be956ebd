import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { PackageSpec, Property } from "@pulumi/pulumi/provider/experimental/schema";
import * as components from "../../components";
import { inferSchema } from "../../packaging/schema";
import { isSecret, type RecordedResource } from "../support/mocks";
import { makeAuthority } from "../support/openssl-ca";
import { ownersVault, ownersVaultSettings } from "../support/owners-vault";
import { recordProgram } from "../support/program";

const reference = path.join(__dirname, "..", "..", "docs", "reference");

describe("The components as a package", function () {
  // The types of Kubernetes and Vault are many.
  this.timeout(300_000);
  const exported = Object.entries<object>(components)
    .filter(([, one]) => "prototype" in one && one.prototype instanceof pulumi.ComponentResource)
    .map(([name]) => name);
  let schema: PackageSpec;
  let recorded: RecordedResource[];

  before(async () => {
    schema = inferSchema();
    // With all that is made only when it is asked for.
    // What the providers make here is no certificate that has an end.
    const without = { caBundle: "", caPassphrase: "", expiryWarningPercent: 0 };
    const root = makeAuthority({ name: "Root" });
    const vault = await ownersVault();
    const programs = [
      {
        vaultStorage: "raft",
        vaultSnapshotSchedule: "0 3 * * *",
        pkiHost: "pki.homelab.local",
        issuers: [{ name: "team", domains: ["team.homelab.local"], kind: "Issuer", namespace: "team" }],
        approverPolicy: true,
        issuerNamespaces: ["team"],
        trustBundle: "homelab-roots",
        monitoring: "file",
        vaultLoadBalancerIp: "",
      },
      { caOrigin: "import-root", caBundle: root.certificatePem + root.keyPem, caPassphrase: "" },
      { ...without, caOrigin: "generate" },
      { ...without, caOrigin: "generate-in-vault" },
      { ...without, caOrigin: "offline" },
      ownersVaultSettings(vault),
    ];
    recorded = [];
    for (const settings of programs) {
      const { recording } = await recordProgram(settings);
      recorded.push(...recording.all.filter(({ type }) => type in schema.resources));
    }
    await vault.stop();
  });

  const each = (check: (name: string, properties: Record<string, Property>, kind: string) => void) => {
    for (const [name, { inputProperties, properties }] of Object.entries(schema.resources)) {
      check(name, inputProperties ?? {}, "input");
      check(name, properties ?? {}, "output");
    }
  };

  it("export components and the words of their inputs only, and are all in the schema under the tokens that they register with", () => {
    const words = Object.keys(schema.types)
      .filter((token) => schema.types[token]!.enum)
      .map((token) => token.split(":").at(-1)!);
    assert.deepEqual(Object.keys(components).sort(), [...exported, ...words].sort());
    const tokens = exported.map((name) => `cert-manager-vault:index:${name}`);
    assert.deepEqual(Object.keys(schema.resources).sort(), tokens.sort());
    assert.deepEqual([...new Set(recorded.map(({ type }) => type))].sort(), tokens.sort());
  });

  it("document themselves and every input and output", () => {
    for (const [name, { description }] of Object.entries(schema.resources)) {
      assert.match(description ?? "", /\w+.*\./, name);
    }
    each((name, properties, kind) => {
      for (const [key, { description }] of Object.entries(properties)) {
        assert.match(description ?? "", /\w/, `${kind} ${key} of ${name}`);
      }
    });
    for (const [name, { properties }] of Object.entries(schema.types)) {
      for (const [key, { description }] of Object.entries(properties ?? {})) {
        assert.match(description ?? "", /\w/, `${key} of ${name}`);
      }
    }
  });

  it("tell the default of every input that may be left out", () => {
    each((name, properties, kind) => {
      const { requiredInputs = [] } = schema.resources[name]!;
      for (const [key, { description }] of Object.entries(properties)) {
        if (kind === "input" && !requiredInputs.includes(key)) {
          assert.match(description ?? "", /Default/, `input ${key} of ${name}`);
        }
      }
    });
  });

  it("promise the outputs that they register, and nothing private", () => {
    for (const { type, name, outputs } of recorded) {
      const { properties, required } = schema.resources[type]!;
      assert.deepEqual(Object.keys(outputs ?? {}).sort(), Object.keys(properties ?? {}).sort(), name);
      assert.deepEqual([...(required ?? [])].sort(), Object.keys(properties ?? {}).sort(), name);
    }
  });

  it("know every input that the program gives them", () => {
    for (const { type, name, inputs } of recorded) {
      const known = Object.keys(schema.resources[type]!.inputProperties ?? {});
      for (const input of Object.keys(inputs)) {
        assert.ok(known.includes(input), `input ${input} of ${name}`);
      }
    }
  });

  it('say "Secret" of what is one, and of nothing else', () => {
    for (const { type, name, inputs, outputs } of recorded) {
      const { inputProperties = {}, properties = {} } = schema.resources[type]!;
      for (const [told, documented] of [
        [inputs, inputProperties],
        [outputs ?? {}, properties],
      ] as const) {
        for (const [key, value] of Object.entries(told)) {
          const says = /(^|\. )Secret\./.test(documented[key]?.description?.replace(/\s+/g, " ") ?? "");
          assert.equal(says, isSecret(value), `${key} of ${name}`);
        }
      }
    }
  });

  it("have the schema that is kept with the sources, where a change of the interface is seen (npm run reference)", () => {
    const kept = JSON.parse(readFileSync(path.join(reference, "schema.json"), "utf8"));
    assert.deepEqual(JSON.parse(JSON.stringify(schema)), kept);
  });
});
