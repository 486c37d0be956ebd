import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { PackageSpec } from "@pulumi/pulumi/provider/experimental/schema";
import issuerOnAnExistingVault from "../../examples/issuer-on-an-existing-vault";
import twoClustersOnOneVault from "../../examples/two-clusters-on-one-vault";
import vaultAndCa from "../../examples/vault-and-ca";
import whole from "../../examples/whole";
import { componentNames } from "../../packaging/schema";
import { isSecret, project, Recording, stack, value } from "../support/mocks";
import { goodBundle, readYaml, type Declaration } from "../support/settings";

const checkout = path.join(__dirname, "..", "..");
const examples = readdirSync(path.join(checkout, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const vaultCaPem = "-----BEGIN CERTIFICATE-----\nVault's CA\n-----END CERTIFICATE-----\n";
const tokenKeys = ["first", "second"].map(
  (key) => `-----BEGIN PUBLIC KEY-----\n${key}\n-----END PUBLIC KEY-----`,
);

/** Settings that the examples do not have a default for. */
const given: Record<string, string> = {
  caBundle: goodBundle(),
  vaultLoadBalancerIp: "192.168.1.242",
  vaultAddress: "https://192.168.1.242:8200",
  vaultClusterAddress: "https://vault.vault:8200",
  vaultToken: "hvs.given",
  vaultCaFile: "ca.pem",
  canaryDnsName: "canary.homelab.local",
  homeContext: "home",
  otherContext: "other",
  otherTokenKeysFile: "sa.pub",
};

interface ExampleFile {
  config: Record<string, Declaration>;
  resources: Record<string, { type: string; properties: Record<string, unknown> }>;
  outputs: Record<string, string>;
}
const readJson = (name: string): unknown => JSON.parse(readFileSync(path.join(checkout, name), "utf8"));
const readProject = (name: string) => readYaml(`examples/${name}/Pulumi.yaml`) as ExampleFile;

/** Runs an example as Pulumi would, with the settings that its project file declares, and waits for all that it makes. */
async function run(name: string, program: () => Promise<unknown>): Promise<Recording> {
  const folder = mkdtempSync(path.join(tmpdir(), "example-"));
  writeFileSync(path.join(folder, "ca.pem"), vaultCaPem);
  writeFileSync(path.join(folder, "sa.pub"), tokenKeys.join("\n"));
  const { config } = readProject(name);
  const settings = Object.entries(config).map(([key, { default: value }]): [string, string] => {
    const setting =
      value ?? given[key] ?? assert.fail(`${name} declares ${key}, which this test does not know`);
    return [`${project}:${key}`, typeof setting === "string" ? setting : JSON.stringify(setting)];
  });
  const secrets = Object.keys(config).filter((key) => config[key]!.secret);
  const cwd = process.cwd();
  try {
    const recording = await Recording.start();
    pulumi.runtime.setAllConfig(
      Object.fromEntries(settings),
      secrets.map((key) => `${project}:${key}`),
    );
    process.chdir(folder);
    await pulumi.runtime.runInPulumiStack(program);
    return await recording.finish();
  } finally {
    process.chdir(cwd);
    pulumi.runtime.setAllConfig({});
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("The examples", function () {
  this.timeout(300_000);

  const outputs = (recording: Recording) => recording.get(`${project}-${stack}`).outputs!;
  const componentsIn = (recording: Recording) =>
    recording.all.flatMap(({ type }) => type.match(/^cert-manager-vault:index:(.*)/)?.[1] ?? []).sort();

  it("make Vault and its CAs, and nothing of cert-manager", async () => {
    const recording = await run("vault-and-ca", vaultAndCa);
    assert.deepEqual(componentsIn(recording), [
      "CertificateAuthority",
      "ImportedCa",
      "IntermediateCa",
      "ListenerCertificate",
      "VaultInit",
      "VaultServer",
    ]);
    const role = recording.get("issuing-ca-role");
    assert.deepEqual(role.inputs.allowedDomains, ["homelab.local"]);
    assert.equal(role.provider, "vault");
    const told = outputs(recording);
    assert.equal(told.signPath, "pki_int/sign/servers");
    assert.deepEqual(
      Object.keys(told).filter((key) => isSecret(told[key])),
      ["rootToken", "unsealKeys"],
    );
  });

  it("make an issuer on a Vault that is there, and no Vault", async () => {
    const recording = await run("issuer-on-an-existing-vault", issuerOnAnExistingVault);
    assert.deepEqual(componentsIn(recording), ["CertManager", "KubernetesAuth", "VaultClusterIssuer"]);
    const { vault } = recording.get("vault-issuer-cluster-issuer").inputs.spec;
    assert.deepEqual([vault.server, vault.path], ["https://vault.vault:8200", "pki_int/sign/servers"]);
    const bundle = recording.get("vault-issuer-ca-bundle").inputs.stringData;
    assert.equal(value(bundle)[vault.caBundleSecretRef.key], vaultCaPem);
    const policy = recording.get("cert-manager-policy").inputs;
    assert.match(policy.policy, /^path "pki_int\/sign\/servers" \{\n {2}capabilities = \["update"\]\n\}\n$/);
    assert.deepEqual(recording.get("kubernetes-auth-role").inputs.tokenPolicies, [policy.name]);
    assert.ok(isSecret(recording.get("vault provider").inputs.token));
    assert.equal(outputs(recording).issuer, "vault-issuer");
  });

  it("make the whole, up to the handshake", async () => {
    const recording = await run("whole", whole);
    const onlyWhenAskedFor = [
      ...["GeneratedCa", "ListenerCa", "OfflineSignedCa", "RootAuthority", "VaultRootCa"],
      ...["ApproverPolicy", "CertificateRequestPolicy"],
      ...["CertificateMonitoring", "IssuerRole", "PkiDistributionPoint", "TrustBundle", "TrustManager"],
      ...["VaultIssuer", "VaultPortForward", "VaultSnapshots", "VaultToken", "VaultTokenRevocation"],
      "VaultTokenReviewer",
    ];
    const all = [...componentNames()].filter((name) => !onlyWhenAskedFor.includes(name));
    assert.deepEqual(componentsIn(recording), all.sort());
    assert.equal(outputs(recording).url, "https://podinfo.homelab.local");
    const handshake = value(recording.get("page-handshake").inputs);
    assert.deepEqual([handshake.serverName, handshake.address], ["podinfo.homelab.local", "192.168.1.241"]);
    assert.equal(handshake.trustedRootPem, outputs(recording).rootCaPem);
  });

  it("give two clusters a way of its own each into one Vault", async () => {
    const recording = await run("two-clusters-on-one-vault", twoClustersOnOneVault);
    const loginOf = (cluster: string) => {
      const { provider, inputs } = recording.get(`${cluster}-issuer-cluster-issuer`);
      assert.equal(provider, cluster);
      const { server, auth } = inputs.spec.vault;
      return [server, auth.kubernetes.mountPath, auth.kubernetes.role];
    };
    assert.deepEqual(loginOf("home"), ["https://vault.vault:8200", "/v1/auth/kubernetes", "issuer"]);
    assert.deepEqual(loginOf("other"), ["https://192.168.1.242:8200", "/v1/auth/other-cluster", "issuer"]);
    for (const cluster of ["home", "other"]) {
      assert.equal(recording.get(`${cluster} provider`).inputs.context, cluster);
      assert.equal(recording.get(`${cluster}-issuer-canary-issuance`).inputs.context, cluster);
      const account = recording.get(`${cluster}-issuer-service-account`);
      assert.equal(account.provider, cluster);
      assert.equal(account.inputs.metadata.name, "issuer");
    }
    assert.deepEqual(recording.get("other-auth").inputs.jwtValidationPubkeys, tokenKeys);
    const { boundSubject, boundAudiences } = recording.get("other-auth-role").inputs;
    assert.equal(boundSubject, "system:serviceaccount:cert-manager:issuer");
    assert.deepEqual(boundAudiences, recording.get("home-auth-role").inputs.audience.split(","));
  });

  it("read every setting that they declare", () => {
    for (const name of examples.filter((example) => example !== "yaml")) {
      const text = readFileSync(path.join(checkout, "examples", name, "index.ts"), "utf8");
      const read = [...text.matchAll(/config\.\w+(?:<[^(]*>)?\("(\w+)"\)/g)].map(([, key]) => key!);
      assert.deepEqual([...new Set(read)].sort(), Object.keys(readProject(name).config).sort(), name);
    }
  });

  it("depend on what they import, in the versions that this repository has", () => {
    const { dependencies } = readJson("package.json") as { dependencies: Record<string, string> };
    const { version } = readJson("components/package.json") as { version: string };
    const versions: Record<string, string> = { ...dependencies, "cert-manager-vault": `^${version}` };
    for (const name of examples.filter((example) => example !== "yaml")) {
      const text = readFileSync(path.join(checkout, "examples", name, "index.ts"), "utf8");
      const imported = [...text.matchAll(/ from "([^"]+)";$/gm)].map(([, module]) => module!);
      const packages = imported.filter((module) => !module.startsWith("node:"));
      const manifest = readJson(`examples/${name}/package.json`) as { dependencies: Record<string, string> };
      const wanted = Object.fromEntries(packages.map((module) => [module, versions[module]]));
      assert.deepEqual(manifest.dependencies, wanted, name);
    }
  });

  it("in YAML name components, inputs and outputs that the package's schema has, and leave out no required one", () => {
    const schema = readJson("docs/reference/schema.json") as PackageSpec;
    const { config, resources, outputs } = readProject("yaml");
    const specOf = (type: string) => schema.resources[type.replace(":", ":index:")] ?? assert.fail(type);
    const references: string[] = [...Object.values(outputs)];
    for (const [name, { type, properties }] of Object.entries(resources)) {
      const { inputProperties = {}, requiredInputs = [] } = specOf(type);
      assert.deepEqual(
        Object.keys(properties).filter((key) => !(key in inputProperties)),
        [],
        name,
      );
      assert.deepEqual(
        requiredInputs.filter((key) => !(key in properties)),
        [],
        name,
      );
      references.push(...Object.values(properties).map(String));
    }
    const referred = references.flatMap((text) => text.match(/^\$\{([\w.]+)\}$/)?.[1] ?? []);
    assert.ok(referred.length > 10);
    for (const reference of referred) {
      const [name, output] = reference.split(".") as [string, string | undefined];
      const known = output ? specOf(resources[name]!.type).properties : config;
      assert.ok((output ?? name) in (known ?? {}), reference);
    }
  });

  it("are all in the list of them, and all run by this test", () => {
    const list = readFileSync(path.join(checkout, "examples", "README.md"), "utf8");
    const listed = [...list.matchAll(/^\| \[([\w-]+)\]/gm)].map(([, name]) => name);
    assert.deepEqual(listed.sort(), examples.sort());
    const here = readFileSync(__filename, "utf8");
    for (const name of examples) {
      assert.ok(here.includes(`run("${name}"`) || here.includes(`readProject("${name}")`), name);
    }
  });
});
