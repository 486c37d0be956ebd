import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import * as path from "node:path";
import { createInterface } from "node:readline";
import type { ResourceValidation, ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { pkiRules } from "../../policy/pki-rules";
import { secretRules } from "../../policy/secret-rules";
import { value, type RecordedResource } from "../support/mocks";
import { recordProgram } from "../support/program";

const rules: ResourceValidationPolicy[] = [...pkiRules, ...secretRules];
const checkout = path.join(__dirname, "..", "..");
const grpc = createRequire(require.resolve("@pulumi/pulumi"))(
  "@grpc/grpc-js",
) as typeof import("@grpc/grpc-js");

/** What the rules say of a resource, as "rule: message". */
function violations(type: string, props: Record<string, unknown>, config: object = {}): string[] {
  return rules.flatMap(({ name, configSchema, validateResource }) => {
    const found: string[] = [];
    const defaults = Object.entries(configSchema?.properties ?? {}).map(([key, schema]) => [
      key,
      schema.default,
    ]);
    const args = {
      type,
      name: "it",
      props,
      getConfig: () => ({ ...Object.fromEntries(defaults), ...config }),
    } as unknown as ResourceValidationArgs;
    void (validateResource as ResourceValidation)(args, (message) => found.push(`${name}: ${message}`));
    return found;
  });
}

const role = "vault:pkiSecret/secretBackendRole:SecretBackendRole";
const goodRole = { name: "servers", allowedDomains: ["homelab.local"], maxTtl: "86400" };
const key = "-----BEGIN PRIVATE KEY-----\nMIG…";

describe("The policy pack", function () {
  this.timeout(300_000);
  let recorded: RecordedResource[];

  before(async () => {
    const { recording } = await recordProgram({ vaultStorage: "raft", vaultSnapshotSchedule: "0 3 * * *" });
    recorded = recording.all;
  });

  it("has nothing against the program", () => {
    for (const { type, name, inputs } of recorded) {
      assert.deepEqual(violations(type, value(inputs)), [], name);
    }
  });

  it("looks at resources that the program has: a rule for a type that nobody makes would never be broken", () => {
    const types = new Set(recorded.map(({ type }) => type));
    for (const type of [
      role,
      "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate",
      "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest",
      "vault:index/policy:Policy",
      "vault:kubernetes/authBackendConfig:AuthBackendConfig",
      "kubernetes:core/v1:Secret",
      "kubernetes:helm.sh/v3:Release",
    ]) {
      assert.ok(types.has(type), type);
    }
  });

  const refused: [what: string, rule: string, type: string, props: Record<string, unknown>][] = [
    ["a role for any name", "no-wildcard-role", role, { ...goodRole, allowAnyName: true }],
    ["a role for globs", "no-wildcard-role", role, { ...goodRole, allowGlobDomains: true }],
    ["a role for a pattern", "no-wildcard-role", role, { ...goodRole, allowedDomains: ["*.homelab.local"] }],
    ["a role without an end", "bounded-certificate-lifetime", role, { ...goodRole, maxTtl: undefined }],
    ["a role with the end 0", "bounded-certificate-lifetime", role, { ...goodRole, maxTtl: "0" }],
    ["a role for a year", "bounded-certificate-lifetime", role, { ...goodRole, maxTtl: "8760h" }],
    ["a role for 91 days", "bounded-certificate-lifetime", role, { ...goodRole, maxTtl: String(91 * 86400) }],
    [
      "a CA for thirty years",
      "bounded-authority-lifetime",
      "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate",
      { commonName: "CA", ttl: "262800h" },
    ],
    [
      "a CA's key that leaves Vault",
      "authority-key-stays-in-vault",
      "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest",
      { commonName: "CA", type: "exported" },
    ],
    [
      "a root's key that leaves Vault",
      "authority-key-stays-in-vault",
      "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert",
      { commonName: "Root", type: "exported" },
    ],
    [
      "a policy for everything",
      "narrow-vault-policy",
      "vault:index/policy:Policy",
      { name: "all", policy: 'path "pki/*" {\n}\npath "*" {\n  capabilities = ["sudo"]\n}\n' },
    ],
    [
      "a key in a ConfigMap",
      "no-secret-in-clear",
      "kubernetes:core/v1:ConfigMap",
      { data: { "tls.key": key } },
    ],
    [
      "a token in a pod's environment",
      "no-secret-in-clear",
      "kubernetes:batch/v1:CronJob",
      { spec: { env: [{ name: "VAULT_TOKEN", value: `hvs.${"A1b2".repeat(6)}` }] } },
    ],
    [
      "a key among Helm's values",
      "no-secret-in-clear",
      "kubernetes:helm.sh/v3:Release",
      { values: { server: { extra: key } } },
    ],
    [
      "a ServiceAccount's token that is stored",
      "no-stored-service-account-token",
      "kubernetes:core/v1:Secret",
      { type: "kubernetes.io/service-account-token" },
    ],
    [
      "a reviewer's token that is stored",
      "no-stored-token-reviewer",
      "vault:kubernetes/authBackendConfig:AuthBackendConfig",
      { backend: "kubernetes", tokenReviewerJwt: "eyJ…" },
    ],
  ];
  for (const [what, rule, type, props] of refused) {
    it(`refuses ${what}`, () => {
      const found = violations(type, props);
      assert.equal(found.length, 1, found.join("\n"));
      assert.ok(found[0]!.startsWith(`${rule}: `), found[0]);
    });
  }

  it("has a test for every rule", () => {
    assert.deepEqual(
      [...new Set(refused.map(([, rule]) => rule))].sort(),
      rules.map(({ name }) => name).sort(),
    );
  });

  it("lets a secret be in a Secret, and a life be longer where it is configured so", () => {
    assert.deepEqual(violations("kubernetes:core/v1:Secret", { stringData: { "tls.key": key } }), []);
    assert.deepEqual(violations(role, { ...goodRole, maxTtl: "8760h" }, { maxDays: 365 }), []);
  });

  it("is served to Pulumi with all of its rules", async () => {
    const script = path.join(checkout, "policy", "index.ts");
    const server = spawn(process.execPath, ["--import", "tsx", script, "127.0.0.1:9"], {
      cwd: checkout,
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      for await (const port of createInterface({ input: server.stdout })) {
        const client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
        const served = await new Promise<string[]>((resolve, reject) =>
          client.getAnalyzerInfo(new Empty(), (fault, info) =>
            fault ? reject(fault) : resolve(info.getPoliciesList().map((policy) => policy.getName())),
          ),
        );
        client.close();
        assert.deepEqual(served.sort(), rules.map(({ name }) => name).sort());
        return;
      }
      assert.fail("it ended without telling its port");
    } finally {
      server.kill();
    }
  });
});
