import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { projectFile, readYaml } from "../support/settings";

const checkout = path.join(__dirname, "..", "..");
const read = (file: string) => readFileSync(path.join(checkout, file), "utf8");

interface CustomManager {
  description: string;
  depNameTemplate: string;
  managerFilePatterns: string[];
  matchStrings: string[];
}

describe("Renovate's configuration", () => {
  const { customManagers, packageRules } = JSON.parse(read("renovate.json")) as {
    customManagers: CustomManager[];
    packageRules: { matchPackageNames?: string[] }[];
  };
  const settings: Record<string, string> = {
    vault: "vaultChartVersion",
    "quay.io/jetstack/charts/cert-manager": "certManagerChartVersion",
    "quay.io/jetstack/charts/cert-manager-approver-policy": "approverPolicyChartVersion",
    "quay.io/jetstack/charts/trust-manager": "trustManagerChartVersion",
    "ghcr.io/stefanprodan/charts/podinfo": "podinfoChartVersion",
    "hashicorp/vault": "vaultImageTag",
  };
  const files = globSync(["Pulumi.yaml", "components/**/*.ts", "examples/*/*.ts"], { cwd: checkout });

  it("knows the version of everything that the program installs", () => {
    const known = customManagers.map(({ depNameTemplate }) => depNameTemplate);
    assert.deepEqual(known.sort(), Object.keys(settings).sort());
    const versions = Object.keys(projectFile.config).filter((name) => /(ChartVersion|ImageTag)$/.test(name));
    assert.deepEqual(versions.sort(), Object.values(settings).sort());
  });

  for (const { description, depNameTemplate, managerFilePatterns, matchStrings } of customManagers) {
    it(`finds every place of one version, and no other version: ${description}`, () => {
      const patterns = managerFilePatterns.map((pattern) => new RegExp(pattern.slice(1, -1)));
      const matching = files.filter((file) => patterns.some((pattern) => pattern.test(file)));
      const wanted = projectFile.config[settings[depNameTemplate]!]!.default;
      const places = matching.flatMap((file) => {
        const text = read(file);
        return matchStrings.flatMap((expression) => [...text.matchAll(new RegExp(expression, "g"))]);
      });
      for (const place of places) {
        assert.equal(place.groups!.currentValue, wanted, place[0]);
      }
      // One in Pulumi.yaml, the others in the code.
      assert.ok(places.length >= 2, `${places.length} places`);
      for (const expression of matchStrings) {
        assert.ok(
          matching.some((file) => new RegExp(expression).test(read(file))),
          expression,
        );
      }
    });
  }

  it("groups packages that are there", () => {
    const pinned = [
      ...Object.keys(settings),
      ...globSync("{.,components,policy}/package.json", { cwd: checkout }).flatMap((file) => {
        const { dependencies = {}, devDependencies = {} } = JSON.parse(read(file));
        return Object.keys({ ...dependencies, ...devDependencies });
      }),
      ...globSync("lab/programs/*/go.mod", { cwd: checkout }).flatMap((file) =>
        [...read(file).matchAll(/^(?:require)?\s+([\w./-]+) v\S+$/gm)].map(([, module]) => module!),
      ),
    ];
    for (const name of packageRules.flatMap(({ matchPackageNames = [] }) => matchPackageNames)) {
      const found = pinned.some((one) => one === name || path.matchesGlob(one, name));
      assert.ok(found, name);
    }
  });
});

describe("The workflow for forks", () => {
  interface Step {
    uses?: string;
    run?: string;
  }
  const { jobs } = readYaml(".github/workflows/ci.yml") as { jobs: Record<string, { steps: Step[] }> };
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it("uses actions by their commits", () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    assert.ok(used.length > 0);
    for (const action of used) {
      assert.match(action, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    }
  });

  it("runs scripts that there are", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const called = steps.flatMap(({ run = "" }) =>
      [...run.matchAll(/npm run (\S+)/g)].map(([, name]) => name!),
    );
    assert.deepEqual(called, ["check", "unit"]);
    for (const name of called) {
      assert.ok(name in scripts, name);
    }
    const files = steps.flatMap(({ run = "" }) => run.match(/^\.github\/\S+/) ?? []);
    assert.equal(files.length, 1);
    for (const file of files) {
      execFileSync("bash", ["-n", file], { cwd: checkout });
    }
  });

  it("sets settings that there are", () => {
    const set = [...read(".github/e2e-kind.sh").matchAll(/pulumi config set (?:--secret )?(\w+)/g)];
    assert.ok(set.length > 3);
    for (const [, name] of set) {
      assert.ok(name! in projectFile.config, name);
    }
  });
});
