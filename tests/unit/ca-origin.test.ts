import assert from "node:assert/strict";
import { caOriginProvider, type CaOriginInputs } from "../../components/internal/ca-origin-resource";
import { daysFromNow, makeAuthority } from "../support/openssl-ca";
import { goodBundle, readWith } from "../support/settings";

const root = () => makeAuthority({ name: "Root" });
const signed = () => {
  const { certificatePem } = makeAuthority({ name: "Vault's CA", issuer: root() });
  return certificatePem + root().certificatePem;
};

function assertOneFault(faults: string[], says: RegExp): void {
  assert.equal(faults.length, 1, faults.join("\n"));
  assert.match(faults[0]!, says);
}

describe("The settings of the CA's origin", () => {
  it("take the owner's intermediate, or the root with its key or without", () => {
    const whole = root().certificatePem + root().keyPem;
    const given = readWith({ caOrigin: "import-root", caBundle: whole }).settings!;
    assert.equal(given.rootCertificatePem, root().certificatePem);
    assert.equal(given.caKeyGiven, true);
    const dropped = readWith({ caOrigin: "import-root", caBundle: root().certificatePem }).settings!;
    assert.equal(dropped.caKeyGiven, false);
    assert.equal(dropped.caRootFingerprint, given.caRootFingerprint);
    assert.match(given.caRootFingerprint, /^([0-9A-F]{2}:){31}/);
    assertOneFault(
      readWith({ caOrigin: "import-root", caBundle: goodBundle() }).faults.slice(0, 1),
      /^caBundle: there is more than the root/,
    );
  });

  for (const caOrigin of ["generate", "generate-in-vault", "offline"]) {
    it(`want no CA with ${caOrigin}`, () => {
      const { settings, faults, notes } = readWith({ caOrigin, caBundle: "" });
      assert.deepEqual([faults, notes], [[], []]);
      assert.equal(settings!.rootCertificatePem, "");
      assertOneFault(
        readWith({ caOrigin }).faults,
        new RegExp(
          `^caBundle: is set, and caOrigin is ${caOrigin}, which makes its own key: "pulumi config rm`,
        ),
      );
    });
  }

  for (const caOrigin of ["import", "import-root"]) {
    it(`want a CA with ${caOrigin}`, () => {
      assertOneFault(
        readWith({ caOrigin, caBundle: "" }).faults,
        /^caBundle: is not set: "pulumi config set --secret/,
      );
    });
  }

  it("take a certificate that was signed offline with that origin only", () => {
    const given = { caBundle: "", signedCaCertificate: signed() };
    const { settings, faults } = readWith({ ...given, caOrigin: "offline" });
    assert.deepEqual(faults, []);
    assert.equal(settings!.rootCertificatePem, root().certificatePem);
    assertOneFault(
      readWith({ ...given, caOrigin: "generate" }).faults,
      /^signedCaCertificate: is set, and caOrigin is generate, which takes none: "pulumi config rm signedCaCertificate"/,
    );
  });

  it("hold the signed certificate to the lives and the names of what it is to sign", () => {
    const read = (wish: object) => {
      const { certificatePem } = makeAuthority({ name: "Vault's CA", issuer: root(), ...wish });
      const signedCaCertificate = certificatePem + root().certificatePem;
      return readWith({ caOrigin: "offline", caBundle: "", signedCaCertificate }).faults;
    };
    assertOneFault(
      read({ notAfter: daysFromNow(100) }),
      /^parentCaMaxTtl: 43800h is longer than .*Vault's CA" lives/,
    );
    assertOneFault(
      read({ nameConstraints: "permitted;DNS:example.org" }),
      /^domains: the name constraints of/,
    );
    // Vault's listener is not signed by it.
    assert.deepEqual(
      read({
        nameConstraints: "permitted;DNS:homelab.local, permitted;DNS:wsp.local, permitted;DNS:podinfo",
      }),
      [],
    );
  });

  it("never repeat what was given for the signed certificate, which may be a key", () => {
    const { faults } = readWith({ caOrigin: "offline", caBundle: "", signedCaCertificate: root().keyPem });
    assertOneFault(faults, /^signedCaCertificate: holds a private key, in clear/);
    const inBase64 = Buffer.from(root().keyPem).toString("base64");
    const other = readWith({ caOrigin: "offline", caBundle: "", signedCaCertificate: inBase64 }).faults;
    assertOneFault(other, /^signedCaCertificate: its value will not do: give a text of PEM certificates/);
  });

  it("let a root that is made here live longer than what is below it", () => {
    const read = (caOrigin: string, rootCaMaxTtl: string, more: object = {}) =>
      readWith({ caOrigin, caBundle: "", rootCaMaxTtl, ...more }).faults;
    assert.deepEqual(read("generate", "43824h"), []);
    assertOneFault(
      read("generate", "43823h"),
      /^rootCaMaxTtl: 43823h is no root's life for a CA that signs for 43800h/,
    );
    assert.deepEqual(read("generate-in-vault", "43800h"), []);
    assertOneFault(read("generate-in-vault", "43799h"), /^rootCaMaxTtl: 43799h/);
    assert.deepEqual(readWith({ rootCaMaxTtl: "1h" }).faults, [], "it is not used");
    const long = { vaultListenerCertificateHours: 50_000 };
    assertOneFault(
      read("generate", "43824h", long),
      /^vaultListenerCertificateHours: 50000 .* give at most 43800$/,
    );
    assert.deepEqual(read("offline", "1h", long), []);
    const longer = { vaultListenerCertificateHours: 175_201 };
    assertOneFault(
      read("offline", "1h", longer),
      /^vaultListenerCertificateHours: 175201 .* give at most 175200$/,
    );
  });
});

describe("The memory of the CA's origin", () => {
  const known: CaOriginInputs = {
    origin: "import-root",
    rootFingerprint: "AA:BB",
    keyGiven: true,
    signed: false,
  };

  async function reasons(olds: Partial<CaOriginInputs>, news: Partial<CaOriginInputs>): Promise<string[]> {
    const { failures } = await caOriginProvider.check!(olds as CaOriginInputs, { ...known, ...news });
    return (failures ?? []).map(({ reason }) => reason);
  }

  it("lets a new stack have any origin, but no root without its key", async () => {
    for (const origin of ["import", "import-root", "generate", "generate-in-vault", "offline"]) {
      assert.deepEqual(await reasons({}, { origin }), []);
    }
    assertOneFault(
      await reasons({}, { keyGiven: false }),
      /^caBundle: holds a root without its key, .*: add the key for one run/,
    );
  });

  it("lets the key of the same root be taken out, which is no change, and be given again", async () => {
    assert.deepEqual(await reasons(known, { keyGiven: false }), []);
    assert.deepEqual(await reasons({ ...known, keyGiven: false }, { keyGiven: false }), []);
    const { outs } = await caOriginProvider.create(known);
    for (const keyGiven of [true, false]) {
      assert.deepEqual(await caOriginProvider.diff!("", outs!, { ...known, keyGiven }), { changes: false });
    }
  });

  it("asks for the key of another root", async () => {
    assertOneFault(
      await reasons(known, { rootFingerprint: "CC", keyGiven: false }),
      /^caBundle: .* this root's key/,
    );
    assert.deepEqual(await reasons(known, { rootFingerprint: "CC" }), []);
    assert.deepEqual(await caOriginProvider.diff!("", known, { ...known, rootFingerprint: "CC" }), {
      changes: true,
    });
  });

  it("refuses another origin, with the way back and the way on", async () => {
    assertOneFault(
      await reasons(known, { origin: "generate" }),
      /^caOrigin: .* of the origin import-root, and generate would be another CA.*: put back import-root, or .*pulumi destroy/,
    );
  });

  it("refuses to forget the certificate that was signed offline", async () => {
    const offline = { ...known, origin: "offline", signed: true };
    assert.deepEqual(await reasons({ ...offline, signed: false }, offline), []);
    assertOneFault(
      await reasons(offline, { ...offline, signed: false }),
      /^signedCaCertificate: was set .*: put it back$/,
    );
  });
});
