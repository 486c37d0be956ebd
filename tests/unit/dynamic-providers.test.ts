import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as tls from "node:tls";
import { promisify } from "node:util";
import * as vm from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import { makeCertificate } from "../support/certificates";
import { FakeVault } from "../support/fake-vault";

type Provider = pulumi.dynamic.ResourceProvider<any, any>;

const checkout = path.join(__dirname, "..", "..");

/** The text of each provider, serialised in a process like the one that Pulumi runs the program in. */
async function serialize(): Promise<Record<string, string>> {
  const script = path.join(checkout, "tests", "support", "serialize-providers.ts");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--require", "ts-node/register/transpile-only", script],
    { cwd: checkout, maxBuffer: 16 * 1024 * 1024 },
  );
  return JSON.parse(stdout);
}

/** As Pulumi's host of dynamic providers loads one from the state. */
function load(text: string): Provider {
  const module: { handler?: () => Provider } = {};
  vm.compileFunction(text, ["exports", "require"])(module, createRequire(__filename));
  return module.handler!();
}

describe("Dynamic providers, loaded from the text that stays in the state", function () {
  // Starts a process that compiles.
  this.timeout(60_000);
  let texts: Record<string, string>;
  let vault: FakeVault;
  let folder: string;
  const stateHome = process.env.XDG_STATE_HOME;

  before(async () => {
    texts = await serialize();
    vault = await FakeVault.start();
    folder = mkdtempSync(path.join(tmpdir(), "recovery-"));
    process.env.XDG_STATE_HOME = folder;
  });

  after(async () => {
    if (stateHome === undefined) {
      delete process.env.XDG_STATE_HOME;
    } else {
      process.env.XDG_STATE_HOME = stateHome;
    }
    rmSync(folder, { recursive: true, force: true });
    await vault.stop();
  });

  it("are those of all resources", () => {
    const files = ["components/internal", "helm"].flatMap((folder) =>
      readdirSync(path.join(checkout, folder)),
    );
    const resources = files.filter((file) => file.endsWith("-resource.ts"));
    assert.ok(resources.length > 0);
    assert.equal(Object.keys(texts).length, resources.length, Object.keys(texts).join(", "));
  });

  it("have an update, without which a change of their code would wipe what they know", () => {
    for (const [name, text] of Object.entries(texts)) {
      const provider = load(text);
      assert.equal(typeof provider.create, "function", name);
      assert.equal(typeof provider.update, "function", name);
    }
  });

  it("say nothing of the machine that they were made on, and need no file of the checkout", () => {
    for (const [name, text] of Object.entries(texts)) {
      assert.ok(!text.includes(path.resolve(checkout)), name);
      const required = [...text.matchAll(/require\("([^"]*)"\)/g)].map(([, module]) => module!);
      assert.deepEqual(
        required.filter((module) => module.startsWith(".") || path.isAbsolute(module)),
        [],
        name,
      );
    }
  });

  it("initialise and unseal Vault, and keep token and keys when their code has changed", async () => {
    const where = {
      ...vault.endpoint,
      namespace: "vault",
      replicas: 1,
      timeoutSeconds: 5,
      recoveryName: "unit",
      pgpFingerprints: [],
    };
    const inputs = {
      ...where,
      pgpKeys: [],
      keyShares: 2,
      keyThreshold: 2,
      existingUnsealKeys: [],
      existingRootToken: "",
    };
    const keys = load(texts.vaultKeysProvider!);
    const { outs: made } = await keys.create(inputs);
    assert.equal(made.rootToken, vault.state.rootToken);
    assert.deepEqual(made.unsealKeys, vault.state.unsealKeys);
    assert.deepEqual(await keys.update!("unit", made, inputs), { outs: made });
    assert.equal(vault.state.initCalls, 1);

    const unseal = load(texts.vaultUnsealProvider!);
    const unsealInputs = { ...where, unsealKeys: made.unsealKeys };
    const { outs: unsealed } = await unseal.create(unsealInputs);
    assert.equal(vault.state.sealed, false);
    assert.deepEqual(await unseal.update!("unit", unsealed, unsealInputs), { outs: unsealed });
    assert.equal((await unseal.diff!("unit", unsealed, unsealInputs)).changes, false);
  });

  it("make and revoke tokens, and keep the one in use when their code has changed", async () => {
    vault.initialise(1, 1);
    vault.state.sealed = false;
    const { rootToken } = vault.state;
    const wish = {
      ...vault.endpoint,
      narrow: true,
      rootToken,
      policyName: "own",
      policy: "",
      periodSeconds: 3600,
      rotation: 0,
    };
    const token = load(texts.vaultTokenProvider!);
    const { outs: made } = await token.create(wish);
    assert.ok(vault.state.tokens.has(made.token));
    assert.deepEqual(await token.update!("unit", made, wish), { outs: made });

    const revocation = load(texts.tokenRevocationProvider!);
    const inputs = { ...vault.endpoint, tokenInUse: made.token, tokens: [rootToken] };
    const { outs } = await revocation.create(inputs);
    assert.equal(vault.state.rootTokenRevoked, true);
    assert.deepEqual(await revocation.update!("unit", outs, inputs), { outs });
    assert.equal((await token.diff!("unit", made, wish)).changes, false);
  });

  it("make the handshake, and keep what was served when their code has changed", async () => {
    const root = await makeCertificate({ name: "Root", authority: true });
    const leaf = await makeCertificate({ name: "page", dnsNames: ["podinfo.wsp.local"], issuer: root });
    const server = tls.createServer({ cert: leaf.certificatePem, key: leaf.keyPem }, (socket) =>
      socket.end(),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const inputs = {
        address: "127.0.0.1",
        port: (server.address() as AddressInfo).port,
        serverName: "podinfo.wsp.local",
        trustedRootPem: root.certificatePem,
        timeoutSeconds: 0,
        lookAt: "",
      };
      const handshake = load(texts.handshakeProvider!);
      const { outs } = await handshake.create(inputs);
      assert.deepEqual(outs.chainSubjects, ["CN=page", "CN=Root"]);
      assert.deepEqual(await handshake.update!("page", outs, inputs), { outs });
    } finally {
      server.close();
    }
  });
});
