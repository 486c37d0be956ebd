import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { policy } from "../../components/internal/hcl";
import { VaultClusterIssuer } from "../../components";
import { neededRights, policyNames } from "../../program/token-reach";
import { createVaultProvider } from "../../program/vault-provider";
import { checkExistingVault } from "../../settings/existing-vault";
import { checkOwnersVault } from "../../settings/owners-vault";
import { promises } from "../../settings/owners-vault-rules";
import { vaultMark } from "../../stack-mark";
import { plainSettings } from "../../operations/stack-settings";
import type { PlainSettings } from "../../settings/table";
import { FakeCluster } from "../support/fake-cluster";
import { FakeVault } from "../support/fake-vault";
import { isSecret, project, Recording, stack, textsInClear, value } from "../support/mocks";
import { defaultConfig } from "../support/operations";
import { address, host, ownersVault, ownersVaultSettings } from "../support/owners-vault";
import { makeAuthority } from "../support/openssl-ca";
import { recordProgram, stackName } from "../support/program";
import { projectFile, readWith } from "../support/settings";

const own = `organization/${project}/${stack}`;
describe("The Vault of the owner", () => {
  let vault: FakeVault;
  let cluster: FakeCluster;

  beforeEach(async () => {
    [vault, cluster] = await Promise.all([ownersVault(), FakeCluster.start()]);
  });

  afterEach(() => Promise.all([vault.stop(), cluster.stop()]));

  const check = async (changes: Partial<PlainSettings> = {}, token = vault.state.rootToken) =>
    checkOwnersVault(
      { kubeconfig: cluster.kubeconfig },
      {
        ...plainSettings(defaultConfig()),
        vaultExisting: `${vault.endpoint.address}/`,
        vaultCaPem: vault.caPem,
        ...host,
        ...changes,
        vaultToken: pulumi.secret(token),
      },
      own,
    );
  const only = async (...given: Parameters<typeof check>) => {
    const { faults, found } = await check(...given);
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.equal(found, undefined);
    return faults[0]!;
  };
  const changing = () => vault.state.requests.filter((one) => /^(PUT|POST|PATCH|DELETE) /.test(one));

  it("is not asked where there is none", async () => {
    assert.deepEqual(await check({ vaultExisting: "" }), { faults: [], notes: [] });
    assert.deepEqual(vault.state.requests, []);
  });

  it("may be used when it is unsealed, takes the token, and has nothing in the way; nothing is changed there", async () => {
    assert.deepEqual(await check(), {
      faults: [],
      notes: [],
      found: { version: "1.20.3", kubernetesHost: host.vaultKubernetesHost },
    });
    assert.deepEqual(changing(), ["POST sys/capabilities-self"]);
  });

  it("has to answer, with a certificate that is trusted", async () => {
    assert.match(
      await only({ vaultExisting: "https://127.0.0.1:1" }),
      /^vaultExisting: Vault at https:\/\/127\.0\.0\.1:1 cannot be asked \(.*ECONNREFUSED.*vaultCaPem/,
    );
    const { certificatePem } = makeAuthority({ name: "Another" });
    for (const vaultCaPem of [certificatePem, ""]) {
      assert.match(await only({ vaultCaPem }), /^vaultExisting: .* cannot be asked \(.*(self|unable)/i);
    }
  });

  it("has to be initialised and unsealed, which this program has no keys for", async () => {
    vault.answers["GET sys/seal-status"] = [200, { initialized: false, sealed: true }];
    assert.match(await only(), /^vaultExisting: .* is not initialised/);
    vault.answers["GET sys/seal-status"] = [200, { initialized: true, sealed: true }];
    assert.match(await only(), /^vaultExisting: .* is sealed, and this program has no keys of it: unseal it/);
  });

  it("has to accept the token, which is not repeated", async () => {
    const fault = await only({}, "hvs.of-somebody-else");
    assert.match(fault, /^vaultToken: .* does not accept it/);
    assert.doesNotMatch(fault, /of-somebody-else/);
  });

  it("has to let the token do what the program does, and what is missing is named", async () => {
    const rights = (vault.answers["POST sys/capabilities-self"]![1] as { data: Record<string, string[]> })
      .data;
    rights["sys/mounts/pki_int"] = ["read", "create"];
    rights["sys/auth"] = ["deny"];
    assert.match(
      await only(),
      /^vaultToken: its policies do not reach sys\/mounts\/pki_int \(update, delete\), sys\/auth \(read\): docs\//,
    );
    assert.ok(!vault.state.requests.includes("GET sys/mounts"), "what may not be seen is not looked at");
    vault.answers["POST sys/capabilities-self"] = [200, { data: {} }];
    assert.match(await only(), / and \d+ more: docs\/existing-vault\.md/);
    vault.answers["POST sys/capabilities-self"] = [403, { errors: ["permission denied"] }];
    assert.match(await only(), /^vaultToken: may not ask what it may do/);
  });

  it("has a token renewed that can be, and one that ends soon told of", async () => {
    const life = (ttl: number, renewable: boolean): [number, object] => [200, { data: { ttl, renewable } }];
    vault.answers["GET auth/token/lookup-self"] = life(600, true);
    vault.answers["POST auth/token/renew-self"] = [200, {}];
    const { faults, notes } = await check();
    assert.deepEqual(faults, []);
    assert.match(notes.join(), /^vaultToken: ends in 600 s, .*periodic/);
    assert.ok(vault.state.requests.includes("POST auth/token/renew-self"));
    vault.answers["GET auth/token/lookup-self"] = life(86_400, false);
    vault.state.requests.length = 0;
    assert.deepEqual((await check()).notes, []);
    assert.ok(!vault.state.requests.includes("POST auth/token/renew-self"));
  });

  it("keeps what somebody else has of mounts, auth methods and policies, each of which is named", async () => {
    vault.answers["GET sys/mounts"] = [
      200,
      { data: { "pki/": { type: "pki", description: "theirs" }, "pki_int/": { type: "pki" } } },
    ];
    vault.answers["GET sys/auth"] = [200, { data: { "kubernetes/": { description: "" } } }];
    vault.answers["GET sys/policies/acl/sign-pki"] = [200, { data: { policy: 'path "a" {}' } }];
    const { faults } = await check();
    assert.deepEqual(
      faults.map((fault) => /^(\w+): your Vault has the (.*) already/.exec(fault)?.slice(1)),
      [
        ["parentCaMountPath", "mount pki"],
        ["issuingCaMountPath", "mount pki_int"],
        ["vaultAuthPath", "auth method kubernetes"],
        ["parentCaMountPath", "policy sign-pki"],
      ],
    );
    assert.ok(faults[0]!.endsWith(`vault secrets tune -description="theirs (${vaultMark(own)})" pki`));
    assert.deepEqual(changing(), ["POST sys/capabilities-self"]);
  });

  it("keeps a mount above or below one of the program's", async () => {
    vault.answers["GET sys/mounts"] = [200, { data: { "pki/old/": { description: "" } } }];
    assert.match(await only(), /^parentCaMountPath: .* mount pki\/old already.*pki cannot be beside it/);
  });

  it("has the stack's own by their mark, and another stack's is not the stack's own", async () => {
    const marked = (whose: string) => ({ description: `The issuing CA (${vaultMark(whose)})` });
    const policy = (whose: string) => ({ data: { policy: `# ${vaultMark(whose)}\npath "a" {}` } });
    const have = (whose: string) => {
      vault.answers["GET sys/mounts"] = [200, { data: { "pki/": marked(whose), "pki_int/": marked(whose) } }];
      vault.answers["GET sys/auth"] = [200, { data: { "kubernetes/": marked(whose) } }];
      vault.answers["GET sys/policies/acl/sign-pki"] = [200, policy(whose)];
    };
    have(own);
    assert.deepEqual((await check()).faults, []);
    have(`${own}-2`);
    assert.equal((await check()).faults.length, 4);
  });

  it("has to reach the cluster's API, which it does not by an address of this machine", async () => {
    assert.match(
      await only({ vaultKubernetesHost: "" }),
      /^vaultKubernetesHost: is empty, and the kubeconfig has https:\/\/127\.0\.0\.1:\d+, which leads to this machine only/,
    );
  });

  it("does not take the place of one that the stack has installed, which would be deleted", async () => {
    cluster.objects["/apis/apps/v1/namespaces/vault/statefulsets/vault"] = { spec: { replicas: 1 } };
    const settings = { ...plainSettings(defaultConfig()), vaultExisting: address };
    const faults = await checkExistingVault({ kubeconfig: cluster.kubeconfig }, settings);
    assert.equal(faults.length, 1);
    assert.match(
      faults[0]!,
      /^vaultExisting: there is a Vault in namespace vault, which this run would delete/,
    );
  });

  it("is not given up for one that is installed, whose namespace would go with what belongs to this one", async () => {
    cluster.objects["/api/v1/namespaces/vault/serviceaccounts/vault-token-reviewer"] = { metadata: {} };
    const faultsWith = async (vaultExisting: string) =>
      checkExistingVault(
        { kubeconfig: cluster.kubeconfig },
        { ...plainSettings(defaultConfig()), vaultExisting },
      );
    assert.deepEqual(await faultsWith(address), []);
    assert.match(
      (await faultsWith("")).join(),
      /^vaultExisting: is empty, and namespace vault has what goes with/,
    );
  });
});

describe("The policy in the documentation", () => {
  it("is what the token needs with the settings' defaults", () => {
    const page = readFileSync(path.join(__dirname, "../../docs/existing-vault.md"), "utf8");
    const [, documented] = /```hcl\n([^]*?)```/.exec(page)!;
    const needed = neededRights({ ...plainSettings(defaultConfig()), vaultExisting: address });
    assert.equal(documented, policy(needed));
  });
});

describe("Settings of the owner's Vault", () => {
  const good = { vaultExisting: address, vaultToken: "hvs.given" };

  it("are right together", () => {
    const { certificatePem } = makeAuthority({ name: "Listener's CA" });
    const all = { ...host, vaultCaPem: certificatePem, vaultClusterAddress: "https://vault.vault:8200" };
    assert.deepEqual(
      readWith({ ...good, ...all, vaultAuthPath: "homelab", pkiHost: "pki.homelab.local" }).faults,
      [],
    );
    assert.deepEqual(readWith(good).faults, []);
  });

  it("need a token, encrypted and without white space", () => {
    assert.match(
      readWith({ ...good, vaultToken: "" }).faults.join(),
      /^vaultToken: is not set, and vaultExisting is/,
    );
    assert.match(readWith({ ...good, vaultToken: "a b" }).faults.join(), /^vaultToken: holds white space/);
    const { faults } = readWith(good, { inClear: ["vaultToken"] });
    assert.match(faults.join(), /^vaultToken: is stored in clear/);
    assert.doesNotMatch(faults.join(), /hvs\.given/);
  });

  it("are of no use without it, and say so", () => {
    const without = {
      vaultToken: "hvs.given",
      vaultCaPem: makeAuthority({ name: "Listener's CA" }).certificatePem,
      vaultClusterAddress: address,
      vaultKubernetesHost: address,
      vaultAuthPath: "homelab",
    };
    for (const [name, given] of Object.entries(without)) {
      const { faults } = readWith({ [name]: given });
      assert.match(
        faults.join("\n"),
        new RegExp(`^${name}: is set, and vaultExisting, which it goes with, is empty`),
      );
    }
  });

  it("have no place for what is about an installed Vault, whose defaults promise nothing", () => {
    for (const [name, neutral] of Object.entries(promises)) {
      assert.deepEqual(projectFile.config[name]?.default, neutral, name);
    }
    const other = {
      vaultEndpoint: "portForward",
      vaultReplicas: 3,
      vaultStorage: "raft",
      vaultSnapshotSchedule: "0 3 * * *",
      vaultRetainData: true,
      vaultKeyShares: 5,
      vaultKeyThreshold: 3,
      vaultAutoUnseal: false,
      vaultPgpKeys: ["a key"],
      vaultRootToken: "revoke",
      rotateToken: 1,
    } satisfies Record<keyof typeof promises, unknown>;
    for (const [name, given] of Object.entries(other)) {
      const { faults } = readWith({ ...good, [name]: given });
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0]!, new RegExp(`^${name}: is set, and is about a Vault that is installed here`));
    }
    const keys = {
      vaultExistingUnsealKeys: [Buffer.alloc(33, 7).toString("base64")],
      vaultExistingRootToken: "hvs.root",
    };
    const { faults } = readWith({ ...good, ...keys });
    assert.deepEqual(
      faults.map((fault) => fault.replace(/:.*/, "")),
      Object.keys(keys),
    );
  });

  it("ask nothing of the listener's certificate, which is there already", () => {
    assert.deepEqual(readWith({ ...good, vaultListenerCertificateHours: 800_000 }).faults, []);
    assert.equal(readWith({ vaultListenerCertificateHours: 800_000 }).faults.length, 1);
    assert.equal(readWith(good).settings!.signingCertificatePem, "");
  });

  it("take certificates only, and some where the distribution point is to check Vault's", () => {
    const { certificatePem, keyPem } = makeAuthority({ name: "Listener's CA" });
    const fault = (vaultCaPem: string) => readWith({ ...good, vaultCaPem }).faults.join("\n");
    assert.match(fault(certificatePem + keyPem), /^vaultCaPem: holds a PRIVATE KEY as well/);
    assert.match(
      fault("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
      /^vaultCaPem: holds a certificate that cannot be read/,
    );
    assert.match(
      readWith({ ...good, pkiHost: "pki.homelab.local" }).faults.join(),
      /^pkiHost: the proxy behind it checks the certificate of your Vault against vaultCaPem, which is empty/,
    );
    const byNumber = {
      vaultExisting: "https://192.168.1.9:8200",
      vaultCaPem: certificatePem,
      pkiHost: "pki.homelab.local",
    };
    assert.match(
      readWith({ ...good, ...byNumber }).faults.join(),
      /^pkiHost: .* by a host name, and https:\/\/192/,
    );
    assert.deepEqual(readWith({ ...good, ...byNumber, vaultClusterAddress: address }).faults, []);
  });
});

describe("The program with a Vault that is there", function () {
  this.timeout(60_000);
  let vault: FakeVault;

  before(async () => {
    vault = await ownersVault();
  });

  after(() => vault.stop());

  const record = async (changes: Record<string, unknown> = {}): Promise<Recording> =>
    (
      await recordProgram({
        ...ownersVaultSettings(vault),
        ...changes,
      })
    ).recording;
  const inputs = (recording: Recording, name: string) => value(recording.get(name).inputs);

  it("makes nothing of Vault itself, and the rest as ever", async () => {
    const recording = await record({ vaultClusterAddress: "https://vault.other:8200" });
    const types = recording.all.map(({ type }) => type.split(":").at(-1));
    for (const type of [
      ...["VaultServer", "VaultInit", "VaultToken", "VaultTokenRevocation", "AuditDevices"],
      ...["ListenerCertificate", "ListenerCa", "VaultPortForward", "VaultSnapshots"],
    ]) {
      assert.ok(!types.includes(type), type);
    }
    assert.equal(
      recording.all.some(({ name }) => name === "vault-release"),
      false,
    );
    const issuer = inputs(recording, "vault-issuer-cluster-issuer").spec.vault;
    assert.equal(issuer.server, "https://vault.other:8200");
    assert.equal(issuer.path, "pki_int/sign/home-lab-dot-local");
    assert.deepEqual(inputs(recording, "vault-issuer-ca-bundle").stringData, {
      "ca-chain.cert.pem": vault.caPem.trim(),
    });
    assert.ok(types.includes("TlsHandshake"));
  });

  it("has that Vault ask this cluster about tokens, by an account that may do nothing else", async () => {
    const recording = await record({ vaultAuthPath: "homelab" });
    assert.equal(inputs(recording, "kubernetes-auth-method").path, "homelab");
    const config = recording.get("kubernetes-auth-config").inputs;
    assert.equal(config.kubernetesHost, host.vaultKubernetesHost);
    assert.equal(config.kubernetesCaCert, "cluster's CA");
    assert.equal(config.disableLocalCaJwt, true);
    assert.ok(isSecret(config.tokenReviewerJwt));
    assert.equal(value(config.tokenReviewerJwt), "reviewer's token");
    const binding = inputs(recording, "vault-token-reviewer-binding");
    assert.equal(binding.roleRef.name, "system:auth-delegator");
    assert.deepEqual(binding.subjects, [
      { kind: "ServiceAccount", name: "vault-token-reviewer", namespace: "vault" },
    ]);
    const { auth } = inputs(recording, "vault-issuer-cluster-issuer").spec.vault;
    assert.equal(auth.kubernetes.mountPath, "/v1/auth/homelab");
  });

  it("deletes from it in the end what it has made there, and bears its mark on all of it", async () => {
    const recording = await record();
    const inside = recording.all.filter(({ type }) => type.startsWith("vault:"));
    assert.ok(inside.length > 15);
    for (const { name, provider, deletedWith, replacementTrigger } of inside) {
      assert.equal(provider, "vault", name);
      assert.equal(deletedWith, undefined, name);
      // What an issuing CA is made anew for stays.
      assert.ok(!/first-vault/.test(String(replacementTrigger)), name);
    }
    const mark = vaultMark(own);
    for (const name of ["parent-ca-mount", "issuing-ca-mount", "kubernetes-auth-method"]) {
      assert.ok(inputs(recording, name).description.endsWith(`(${mark})`), name);
    }
    const names = policyNames({
      vaultExisting: address,
      parentCaMountPath: "pki",
      issuingCaMountPath: "pki_int",
    });
    assert.deepEqual(names, { parent: "sign-pki", issuing: "sign-pki_int" });
    for (const [name, policyName] of [
      ["parent-ca-policy", names.parent],
      ["issuing-ca-policy", names.issuing],
    ] as const) {
      assert.equal(inputs(recording, name).name, policyName);
      assert.match(inputs(recording, name).policy, new RegExp(`^# ${mark}\npath "`));
    }
    assert.deepEqual(inputs(recording, "kubernetes-auth-role").tokenPolicies, [names.issuing]);
  });

  it("works with the token of the settings, which nothing holds in clear", async () => {
    const recording = await record();
    const { token, vaultVersionOverride } = recording.get("vault provider").inputs;
    assert.ok(isSecret(token));
    assert.equal(value(token), vault.state.rootToken);
    assert.equal(vaultVersionOverride, "1.20.3");
    const { outputs } = recording.get(stackName);
    assert.deepEqual(value(outputs!.vaultToken), vault.state.rootToken);
    assert.equal(outputs!.vaultAddress, vault.endpoint.address);
    assert.ok(!("rootToken" in outputs!) && !("unsealKeys" in outputs!));
    for (const { name, inputs: given, outputs: registered } of recording.all) {
      for (const text of [...textsInClear(given), ...textsInClear(registered)]) {
        assert.ok(!text.includes(vault.state.rootToken) && !text.includes("reviewer's token"), name);
      }
    }
  });

  it("makes every CA that it makes in an installed one, and no CA for a listener", async () => {
    for (const caOrigin of ["generate", "generate-in-vault"]) {
      const recording = await record({
        caOrigin,
        caBundle: "",
        caPassphrase: "",
        // The mocks' root is no real one.
        expiryWarningPercent: 0,
      });
      const types = recording.all.map(({ type }) => type);
      assert.ok(!types.includes("cert-manager-vault:index:ListenerCa"), caOrigin);
      assert.ok(inputs(recording, "parent-ca-mount").description.endsWith(`(${vaultMark(own)})`));
    }
  });

  it("watches the certificates, and not that Vault", async () => {
    const recording = await record({ monitoring: "file" });
    const groups = JSON.parse(value(recording.get(stackName).outputs!.prometheusRules)).groups;
    assert.deepEqual(
      groups.map(({ name }: { name: string }) => name),
      ["cert-manager", "certificate-authorities"],
    );
  });

  it("has everybody trust by themselves where no CA is given: no bundle for cert-manager, no file", async () => {
    const recording = await Recording.start();
    createVaultProvider("public", { address, token: "hvs.given", vaultVersion: "1.20.3" });
    new VaultClusterIssuer("issuer", {
      namespace: "cert-manager",
      server: address,
      signPath: "pki_int/sign/role",
      canaryDnsName: "canary.homelab.local",
    });
    await recording.finish();
    assert.ok(!("caCertFile" in recording.get("public provider").inputs));
    assert.ok(!("caBundleSecretRef" in inputs(recording, "issuer-cluster-issuer").spec.vault));
    assert.ok(!recording.all.some(({ name }) => name === "issuer-ca-bundle"));
  });
});
