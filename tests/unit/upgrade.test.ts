import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { acceptedChanges, readReleases, releaseText } from "../releases/releases";
import type { RecordedAlias, RecordedResource } from "../support/mocks";
import { stackName } from "../support/program";
import { contentHash, graphOf, recordGraph, released, type PresentResource } from "../support/release-graph";
import { replacingDynamicInputs } from "../support/replacing-inputs";
import { upgradeFaults } from "../support/upgrade-faults";

const checkout = path.join(__dirname, "..", "..");
const releases = readReleases();

describe("A stack of a release", function () {
  this.timeout(300_000);

  for (const { version, stacks } of releases) {
    for (const { name, settings, resources } of stacks) {
      it(`${version}, ${name}: keeps every resource that no change in CHANGELOG.md is named for`, async () => {
        const accepted = acceptedChanges.filter((one) => one.version === version && one.stack === name);
        const changelog = readFileSync(path.join(checkout, "CHANGELOG.md"), "utf8");
        assert.deepEqual(
          accepted.filter((one) => !changelog.includes(one.changelog)),
          [],
          "not in CHANGELOG.md",
        );
        const faults = upgradeFaults(
          resources,
          await recordGraph(settings),
          accepted.map(({ urn }) => urn),
        );
        assert.deepEqual(faults, []);
      });
    }
  }

  it("is kept as the script writes it, without a key and without code", () => {
    const folder = path.join(checkout, "tests", "releases");
    assert.ok(releases.length > 0);
    for (const release of releases) {
      const text = readFileSync(path.join(folder, `${release.version}.json`), "utf8");
      assert.equal(text, releaseText(release));
      assert.match(release.commit, /^[0-9a-f]{40}$/);
      assert.doesNotMatch(text, /PRIVATE KEY|__provider/);
      for (const { name, resources } of release.stacks) {
        assert.ok(resources.length > 50, name);
      }
    }
  });
});

describe("What an upgrade replaces", function () {
  // Loads all providers.
  this.timeout(60_000);
  const mount: Partial<RecordedResource> & { type: string; name: string } = {
    type: "vault:index/mount:Mount",
    name: "ca-mount",
    parent: "ca",
    provider: "vault",
    inputs: { path: "pki", description: "CA" },
  };
  const component = { type: "cert-manager-vault:index:ImportedCa", name: "ca", custom: false };

  function alias(different: Partial<RecordedAlias>): RecordedAlias {
    // What the SDK sends for an alias that names no parent.
    const parentUrn = `urn:pulumi:unit::cert-manager-vault::pulumi:pulumi:Stack::${stackName}`;
    return { urn: "", name: "", type: "", parentUrn, noParent: false, ...different };
  }

  function graph(...resources: (Partial<RecordedResource> & { type: string; name: string })[]) {
    return graphOf(
      resources.map((one) => ({
        custom: true,
        inputs: {},
        parent: stackName,
        dependsOn: [],
        replaceWith: [],
        replaceOnChanges: [],
        ignoreChanges: [],
        aliases: [],
        replacementTrigger: undefined,
        retainOnDelete: false,
        additionalSecretOutputs: [],
        timeouts: { create: "", update: "" },
        ...one,
      })),
    );
  }

  const before = graph(component, mount).map(released);
  const [{ urn }] = before as [PresentResource];
  const faults = (...present: Parameters<typeof graph>) => upgradeFaults(before, graph(...present));

  it("is nothing when nothing has changed, or what is changed in place", () => {
    assert.equal(urn, "cert-manager-vault:index:ImportedCa$vault:index/mount:Mount::ca-mount");
    assert.deepEqual(faults(component, mount), []);
    assert.deepEqual(faults(component, { ...mount, inputs: { path: "pki", description: "other" } }), []);
  });

  it("is what has another name, type or component, and no alias", () => {
    const gone = [`${urn} is gone, or has another URN and no alias`];
    assert.deepEqual(faults(component), gone);
    assert.deepEqual(faults(component, { ...mount, name: "ca-pki" }), gone);
    assert.deepEqual(faults({ ...component, type: "cert-manager-vault:index:ParentCa" }, mount), gone);
    assert.deepEqual(faults(component, { ...mount, parent: stackName }), gone);
  });

  it("is not what an alias of its own or of its component leads to", () => {
    const parent = "urn:pulumi:unit::cert-manager-vault::cert-manager-vault:index:ImportedCa::ca";
    const renamed = { ...mount, name: "ca-pki", aliases: [alias({ name: "ca-mount", parentUrn: parent })] };
    assert.deepEqual(faults(component, renamed), []);
    const moved = { ...mount, parent: stackName, aliases: [alias({ parentUrn: parent })] };
    assert.deepEqual(faults(moved), []);
    assert.deepEqual(
      faults({
        ...mount,
        parent: stackName,
        aliases: [alias({ urn: `urn:pulumi:unit::cert-manager-vault::${urn}` })],
      }),
      [],
    );
    const other = { ...component, type: "cert-manager-vault:index:ParentCa", name: "parent" };
    const below = { ...mount, name: "parent-mount", parent: "parent" };
    assert.deepEqual(faults({ ...other, aliases: [alias({ name: "ca", type: component.type })] }, below), []);
    assert.equal(faults({ ...other, aliases: [alias({ name: "ca" })] }, below).length, 1);
  });

  it("is what the provider cannot change, unless the program ignores it", () => {
    const moved = { ...mount, inputs: { path: "pki2", description: "CA" } };
    assert.deepEqual(faults(component, moved), [`${urn} is replaced because of path`]);
    assert.deepEqual(faults(component, { ...moved, ignoreChanges: ["path"] }), []);
    const described = { ...mount, inputs: { path: "pki", description: "other" } };
    assert.deepEqual(faults(component, { ...described, replaceOnChanges: ["description"] }), [
      `${urn} is replaced because of description`,
    ]);
  });

  it("is what has another provider or another trigger", () => {
    assert.deepEqual(faults(component, { ...mount, provider: undefined }), [
      `${urn} is replaced because its provider is the default one`,
    ]);
    const triggered = (replacementTrigger: unknown) => graph(component, { ...mount, replacementTrigger });
    const first = triggered("first").map(released);
    assert.deepEqual(upgradeFaults(first, triggered("second")), [
      `${urn} is replaced because of its replacementTrigger`,
    ]);
    assert.deepEqual(upgradeFaults(first, triggered("first")), []);
    assert.deepEqual(upgradeFaults(first, triggered(undefined)), []);
  });

  it("is known for all but the few inputs of some types, nested ones, and what is named by its content", () => {
    const one = (type: string, inputs: object) => graph({ type, name: "one", inputs });
    const compared = (type: string, old: object, present: object) =>
      upgradeFaults(one(type, old).map(released), one(type, present)).map(
        (line) => line.split("because of ")[1],
      );
    const certificate = "tls:index/locallySignedCert:LocallySignedCert";
    assert.deepEqual(compared(certificate, { earlyRenewalHours: 1 }, { earlyRenewalHours: 2 }), []);
    assert.deepEqual(compared(certificate, {}, { validityPeriodHours: 2 }), ["validityPeriodHours"]);
    const claims = (size: string) => ({ values: { server: { dataStorage: { size } } } });
    const release = "kubernetes:helm.sh/v3:Release";
    assert.deepEqual(compared(release, claims("1Gi"), claims("2Gi")), ["values.server.dataStorage"]);
    const secret = "kubernetes:core/v1:Secret";
    const named = (name: string) => ({ metadata: { name }, type: "Opaque" });
    assert.deepEqual(compared(secret, named("one"), { ...named("other"), type: "tls" }), [
      "metadata.name",
      "type",
    ]);
    const configMap = (name: string, data: object) => ({ metadata: { name }, data });
    const type = "kubernetes:core/v1:ConfigMap";
    assert.deepEqual(compared(type, configMap("one", {}), configMap("one", { key: "text" })), ["data"]);
    const byContent = `one-${contentHash}`;
    assert.deepEqual(compared(type, configMap(byContent, {}), configMap(byContent, { key: "text" })), []);
  });

  it("has to be known for every type", () => {
    const [fault] = upgradeFaults(
      graph({ type: "vault:index/other:Other", name: "one" }).map(released),
      graph({ type: "vault:index/other:Other", name: "one" }),
    );
    assert.match(fault!, /not known which inputs replace vault:index\/other:Other/);
  });

  it("may be accepted, as long as there is something to accept", () => {
    assert.deepEqual(upgradeFaults(before, graph(component), [urn]), []);
    assert.deepEqual(upgradeFaults(before, graph(component, mount), [urn, "other"]), [
      `${urn} need not be accepted, it stays`,
      "other need not be accepted, the release does not have it",
    ]);
  });

  it("is known of the project's own providers, whose diff says so", async () => {
    const replacing: string[] = [];
    for (const folder of ["components/internal", "helm"].map((name) => path.join(checkout, name))) {
      for (const file of readdirSync(folder).filter((name) => name.endsWith("-resource.ts"))) {
        const exported = (await import(path.join(folder, file))) as Record<string, { diff?: unknown }>;
        for (const [name, provider] of Object.entries(exported)) {
          if (name.endsWith("Provider") && /replaces|deleteBeforeReplace/.test(String(provider.diff))) {
            replacing.push(name);
          }
        }
      }
    }
    const providers = Object.keys(replacingDynamicInputs).map(
      (type) => `${type[0]!.toLowerCase()}${type.slice(1)}Provider`,
    );
    assert.deepEqual(replacing.sort(), providers.sort());
  });
});
