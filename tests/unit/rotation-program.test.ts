import assert from "node:assert/strict";
import { isSecret, value } from "../support/mocks";
import { makeAuthority } from "../support/openssl-ca";
import { recordProgram, stackName, type RecordedProgram } from "../support/program";

describe("The program while CAs take each other's place", function () {
  this.timeout(60_000);
  const other = makeAuthority({ name: "Other Root" });
  let program: RecordedProgram;

  before(async () => {
    program = await recordProgram({
      issuingCaGeneration: 3,
      issuingCaRoleMaxTtl: "2160h",
      additionalRootCertificates: other.certificatePem,
    });
  });

  const inputs = (name: string) => value(program.recording.get(name).inputs);
  const both = () => program.root.certificatePem + other.certificatePem;

  it("asks for an issuing CA of the generation", () => {
    assert.equal(inputs("issuing-ca-presence").wish.generation, 3);
  });

  it("keeps a CA for as long as anything below it lives", async () => {
    assert.equal(inputs("issuing-ca-retired").keepSeconds, 2160 * 3600);
    assert.equal(inputs("parent-ca-retired").keepSeconds, 2160 * 3600);
    const longer = [{ name: "long", domains: ["long.homelab.local"], maxTtl: "2400h" }];
    const other = await recordProgram({ issuingCaRoleMaxTtl: "2160h", issuers: longer });
    for (const name of ["issuing-ca-retired", "parent-ca-retired"]) {
      assert.equal(other.recording.get(name).inputs.keepSeconds, 2400 * 3600, name);
    }
    const usual = await recordProgram();
    assert.equal(usual.recording.get("parent-ca-retired").inputs.keepSeconds, 336 * 3600);
  });

  it("trusts both roots wherever it checks Vault's listener itself", () => {
    const checking = program.recording.all.filter(({ inputs: given }) => given.caPem !== undefined);
    assert.ok(checking.length >= 12, `${checking.length} resources`);
    for (const { name, inputs: given } of checking) {
      assert.equal(given.caPem, both(), name);
    }
  });

  it("has cert-manager, Vault's own tools and the page's handshake trust both", () => {
    const { "ca-chain.cert.pem": bundle } = inputs("vault-issuer-ca-bundle").stringData;
    assert.ok(bundle.endsWith(both()));
    assert.equal(inputs("vault-tls-ca").stringData["tls.crt"], bundle);
    assert.equal(inputs("page-handshake").trustedRootPem, both());
  });

  it("tells clients to trust both, and which one is the CA's", () => {
    const outputs = program.recording.get(stackName).outputs!;
    assert.equal(outputs.trustedRootsPem, both());
    assert.ok(!isSecret(outputs.trustedRootsPem));
    assert.equal(outputs.rootCaPem, program.root.certificatePem);
  });

  it("puts no root but its own into Vault", () => {
    for (const name of ["parent-ca-certificate", "issuing-ca-parents", "issuing-ca-chain"]) {
      const { pemBundle, certificate } = inputs(name);
      assert.ok((pemBundle ?? certificate).endsWith(program.root.certificatePem), name);
    }
  });

  it("lets Pulumi's own token rename, restrict and delete issuers and keys of its mounts, and no others", () => {
    const { policy } = inputs("vault-token-token");
    for (const mount of ["pki", "pki_int"]) {
      const rule = (path: string) => policy.split(`path "${mount}/${path}" {`)[1].split("}")[0];
      assert.match(rule("issuer/+"), /"delete".*"patch"/);
      assert.match(rule("key/+"), /"delete"/);
      assert.match(rule("config/issuers"), /"read"/);
    }
    assert.doesNotMatch(policy, /path "[^"]*\*[^"]*" \{\n {2}capabilities = [^\n]*"patch"/);
  });
});
