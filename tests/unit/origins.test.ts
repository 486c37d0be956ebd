import assert from "node:assert/strict";
import { isSecret, textsInClear, value } from "../support/mocks";
import { type Authority, certificateRequest, makeAuthority } from "../support/openssl-ca";
import { recordProgram, stackName, type RecordedProgram } from "../support/program";
import { certificateOf } from "../support/provider-answers";

/** Without a CA of the owner; what the providers make here is no certificate that has an end. */
const made = { caBundle: "", caPassphrase: "", expiryWarningPercent: 0 };

describe("The program, by the origin of its CA,", function () {
  this.timeout(120_000);
  let root: Authority;

  before(() => {
    root = makeAuthority({ name: "Root" });
  });

  const inputs = ({ recording }: RecordedProgram, name: string) => value(recording.get(name).inputs);
  const has = ({ recording }: RecordedProgram, type: string) =>
    recording.all.some((one) => one.type.endsWith(type));

  /** What trusts Vault's listener trusts its own CA, and what trusts the page trusts the root. */
  function assertTrust(program: RecordedProgram, vaultCa: string, rootPem: string): void {
    for (const name of [
      "vault-init-keys",
      "vault-token-token",
      "issuing-ca-presence",
      "parent-ca-presence",
    ]) {
      assert.equal(inputs(program, name).caPem, vaultCa, name);
    }
    assert.ok(inputs(program, "vault-issuer-ca-bundle").stringData["ca-chain.cert.pem"].endsWith(vaultCa));
    assert.ok(inputs(program, "vault-tls-ca").stringData["tls.crt"].endsWith(vaultCa));
    assert.equal(inputs(program, "page-handshake").trustedRootPem, rootPem);
    const outputs = program.recording.get(stackName).outputs!;
    assert.equal(value(outputs.rootCaPem), rootPem);
    assert.ok(!isSecret(outputs.rootCaPem));
    assert.equal(value(outputs.vaultCaPem), vaultCa);
    assert.equal(inputs(program, "issuing-ca-parents").pemBundle.endsWith(rootPem), true, "the whole chain");
  }

  const listenerCa = certificateOf("Vault listener CA");

  it("import: is as before, with the intermediate signing Vault's listener", async () => {
    const program = await recordProgram();
    assertTrust(program, root.certificatePem, root.certificatePem);
    assert.ok(!has(program, ":ListenerCa"));
    assert.equal(inputs(program, "ca-origin").origin, "import");
    assert.deepEqual(program.recording.get("parent-ca").type, "cert-manager-vault:index:ImportedCa");
  });

  it("import-root: puts the root into Vault, which signs the issuing CA, and not Vault's listener", async () => {
    const caBundle = root.certificatePem + root.keyPem;
    const program = await recordProgram({ caOrigin: "import-root", caBundle, caPassphrase: "" });
    assertTrust(program, listenerCa, root.certificatePem);
    assert.equal(inputs(program, "parent-ca-certificate").pemBundle, caBundle);
    assert.equal(inputs(program, "issuing-ca-parents").pemBundle, root.certificatePem);
    assert.equal(inputs(program, "ca-origin").keyGiven, true);
    const key = root.keyPem.split("\n")[1]!;
    for (const { name, ...told } of program.recording.all) {
      const clear = [...textsInClear(told.inputs), ...textsInClear(told.outputs)];
      assert.ok(!clear.some((text) => text.includes(key)), `the root's key is in clear in ${name}`);
    }
  });

  it("import-root: records nothing else when the key has been taken out, but for what is ignored", async () => {
    const recorded = [];
    for (const key of [root.keyPem, ""]) {
      const settings = { caOrigin: "import-root", caBundle: root.certificatePem + key, caPassphrase: "" };
      const { recording } = await recordProgram(settings);
      recorded.push(
        Object.fromEntries(
          recording.all.map((one) => [one.name, value(one.inputs) as Record<string, unknown>]),
        ),
      );
    }
    const [whole, dropped] = recorded as [(typeof recorded)[0], (typeof recorded)[0]];
    assert.deepEqual(Object.keys(dropped), Object.keys(whole));
    // Each run of the program has another fake cluster.
    const ofTheTest = { kubeconfig: "" };
    for (const name of Object.keys(whole)) {
      // Their providers leave these out of what is a change.
      const ignored = { "parent-ca-certificate": "pemBundle", "ca-origin": "keyGiven" }[name];
      const compared = (all: Record<string, unknown>) => ({
        ...all,
        ...(ignored ? { [ignored]: "" } : {}),
        ...("kubeconfig" in all ? ofTheTest : {}),
      });
      assert.deepEqual(compared(dropped[name]!), compared(whole[name]!), name);
    }
  });

  it("generate: makes root and intermediate, imports the intermediate and has it sign Vault's listener", async () => {
    const program = await recordProgram({ ...made, caOrigin: "generate" });
    const generated = certificateOf("homelab.local Root CA");
    assertTrust(program, generated, generated);
    assert.ok(!has(program, ":ListenerCa"));
    assert.equal(inputs(program, "authority-root").validityPeriodHours, 175_200);
    assert.equal(inputs(program, "vault-listener-certificate").caPrivateKeyPem, "generated key\n");
    assert.equal(
      inputs(program, "parent-ca-certificate").pemBundle,
      `listener certificate\ngenerated key\n${generated}`,
    );
  });

  it("generate-in-vault: has Vault make the root, by a token that may do that, and knows no key of it", async () => {
    const program = await recordProgram({ ...made, caOrigin: "generate-in-vault", vaultRootToken: "revoke" });
    assertTrust(program, listenerCa, certificateOf("root made in Vault"));
    const path = inputs(program, "parent-ca-root").path as string;
    assert.equal(path, "pki/issuers/generate/root/internal");
    assert.ok(inputs(program, "vault-token-token").policy.includes(`path "${path}" {`));
    const other = await recordProgram({ vaultRootToken: "revoke" });
    assert.ok(
      !inputs(other, "vault-token-token").policy.includes("generate/root"),
      "the policy of other origins is as before: changing it takes a root token",
    );
  });

  it("offline: ends with the request and the commands, and makes nothing that hangs on the CA", async () => {
    const program = await recordProgram({
      caOrigin: "offline",
      caBundle: "",
      caPassphrase: "",
      vaultRootToken: "revoke",
    });
    const outputs = program.recording.get(stackName).outputs!;
    assert.equal(outputs.caRequest, "issuing CA's request");
    assert.match(outputs.signingCommands, /openssl x509 -req /);
    assert.ok(isSecret(outputs.unsealKeys) && isSecret(outputs.vaultToken));
    for (const type of [
      ":IntermediateCa",
      ":KubernetesAuth",
      ":CertManager",
      ":Podinfo",
      ":VaultTokenRevocation",
    ]) {
      assert.ok(!has(program, type), type);
    }
  });

  it("offline: goes on with the signed certificate, trusting the root that came with it", async () => {
    const asked = makeAuthority({ name: "Vault's CA", issuer: root });
    const signedCaCertificate = asked.certificatePem + root.certificatePem;
    const program = await recordProgram(
      { caOrigin: "offline", caBundle: "", caPassphrase: "", signedCaCertificate },
      false,
      certificateRequest(asked),
    );
    assertTrust(program, listenerCa, root.certificatePem);
    assert.equal(inputs(program, "parent-ca-certificate").certificate, signedCaCertificate);
    assert.equal(program.recording.get(stackName).outputs!.caRequest, undefined);
  });
});
