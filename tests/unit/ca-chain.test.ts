import assert from "node:assert/strict";
import { parseCaBundle } from "../../components/internal/ca-bundle";
import { type Authority, type AuthorityWish, daysFromNow, makeAuthority } from "../support/openssl-ca";

type Wish = Partial<AuthorityWish>;

const makeRoot = (wish: Wish = {}) => makeAuthority({ name: "Root", ...wish });
const makeIntermediate = (wish: Wish = {}) =>
  makeAuthority({ name: "Intermediate", issuer: makeRoot(), ...wish });

/** Parses intermediate, its key and root. */
function parse(intermediate: Authority, root: Authority, now?: Date) {
  const pem = [intermediate.certificatePem, intermediate.keyPem, root.certificatePem].join("");
  return parseCaBundle(pem, undefined, now);
}

function assertOneFault(parsed: ReturnType<typeof parse>, pattern: RegExp): void {
  assert.equal(parsed.faults.length, 1, parsed.faults.join("\n"));
  assert.match(parsed.faults[0]!, pattern);
  assert.equal(parsed.bundle, undefined);
}

/** What makes a CA certificate unusable in either place, and what the message has to say. */
const unusable: [string, Wish, RegExp][] = [
  [
    "that has expired",
    { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("2021-01-01T00:00:00Z") },
    /expired at 2021-01-01T00:00:00\.000Z: have it issued again for a longer time/,
  ],
  [
    "that is not valid yet",
    { notBefore: new Date("2099-01-01T00:00:00Z"), notAfter: new Date("2100-01-01T00:00:00Z") },
    /is not valid before 2099-01-01T00:00:00\.000Z: check this machine's clock, or have it issued again/,
  ],
  ["with CA:false", { basicConstraints: "critical, CA:false" }, /is not a CA: have it issued again.*CA:true/],
  ["without basicConstraints", { basicConstraints: undefined }, /is not a CA: have it issued again.*CA:true/],
  [
    "whose keyUsage has no keyCertSign",
    { keyUsage: "critical, digitalSignature, cRLSign" },
    /may not sign certificates \(keyUsage has no keyCertSign\): have it issued again.*keyUsage = keyCertSign/,
  ],
  [
    "whose extendedKeyUsage is for clients only",
    { extendedKeyUsage: "clientAuth" },
    /other uses than TLS servers \(extendedKeyUsage has no serverAuth\): have it issued again/,
  ],
];

describe("The CA chain", () => {
  for (const [what, wish, pattern] of unusable) {
    it(`refuses an intermediate ${what}`, () => {
      const parsed = parse(makeIntermediate(wish), makeRoot());
      assertOneFault(
        parsed,
        new RegExp(`^the intermediate "O=Home Lab, CN=Intermediate".*${pattern.source}`),
      );
    });

    it(`refuses a root ${what}`, () => {
      const root = makeRoot(wish);
      const parsed = parse(makeIntermediate({ issuer: root }), root);
      assertOneFault(parsed, new RegExp(`^the root "O=Home Lab, CN=Root".*${pattern.source}`));
    });
  }

  it("refuses an intermediate with pathlen:0 and says which line to take out", () => {
    const parsed = parse(makeIntermediate({ basicConstraints: "critical, CA:true, pathlen:0" }), makeRoot());
    assertOneFault(
      parsed,
      /CN=Intermediate.*has pathlen:0 and so cannot sign Vault's intermediate: remove pathlen:0 .*v3_intermediate_ca.*signed again by the root; its key can stay/,
    );
  });

  for (const pathLength of [0, 1]) {
    it(`refuses a root with pathlen:${pathLength}, below which there is no room for two CAs`, () => {
      const root = makeRoot({ basicConstraints: `critical, CA:true, pathlen:${pathLength}` });
      assertOneFault(
        parse(makeIntermediate({ issuer: root }), root),
        new RegExp(`CN=Root.*has pathlen:${pathLength}, but two CAs stand below it.*remove pathlen`),
      );
    });
  }

  it("accepts pathlen:1 of the intermediate below pathlen:2 of the root, and gives the length", () => {
    const root = makeRoot({ basicConstraints: "critical, CA:true, pathlen:2" });
    const intermediate = makeIntermediate({
      issuer: root,
      basicConstraints: "critical, CA:true, pathlen:1",
    });
    const { bundle, faults } = parse(intermediate, root);
    assert.deepEqual(faults, []);
    assert.equal(bundle?.pathLength, 1);
  });

  it("accepts CAs that do not limit what their keys are used for", () => {
    const root = makeRoot({ keyUsage: undefined });
    const { bundle, faults, notes } = parse(makeIntermediate({ issuer: root, keyUsage: undefined }), root);
    assert.deepEqual(faults, []);
    assert.deepEqual(notes, []);
    assert.ok(bundle);
  });

  it("notes that an intermediate without cRLSign cannot publish CRLs", () => {
    const { bundle, notes } = parse(makeIntermediate({ keyUsage: "critical, keyCertSign" }), makeRoot());
    assert.ok(bundle);
    assert.equal(notes.length, 1);
    assert.match(notes[0]!, /may not sign CRLs \(keyUsage has no cRLSign\): Vault will publish none/);
  });

  it("refuses an intermediate that is signed with SHA-1, but not such a root", () => {
    assertOneFault(parse(makeIntermediate({ digest: "sha1" }), makeRoot()), /SHA-1.*signed with -sha256/);
    const root = makeRoot({ digest: "sha1" });
    assert.deepEqual(parse(makeIntermediate({ issuer: root }), root).faults, []);
  });

  it("refuses a root that is another one than the issuer, and names all three", () => {
    assertOneFault(
      parse(makeIntermediate(), makeAuthority({ name: "Other Root" })),
      /CN=Intermediate.*was issued by "O=Home Lab, CN=Root", not by the root "O=Home Lab, CN=Other Root".*: give the root that signed it/,
    );
  });

  it("refuses a root with the issuer's name but another key", () => {
    assertOneFault(
      parse(makeIntermediate(), makeRoot({ copy: 2 })),
      /bears the name of the root.*not signed with that root's key: give the root that signed it, not a later one/,
    );
  });

  it("refuses a root that another CA has issued", () => {
    const cross = makeAuthority({ name: "Cross", issuer: makeRoot() });
    assertOneFault(
      parse(makeIntermediate({ issuer: cross }), cross),
      /the root "O=Home Lab, CN=Cross".*is not self-signed, it was issued by "O=Home Lab, CN=Root": give the self-signed certificate/,
    );
  });

  it("refuses a root that names itself as its issuer without having signed itself", () => {
    const impostor = makeRoot({ issuer: makeRoot() });
    assertOneFault(
      parse(makeIntermediate({ issuer: impostor }), impostor),
      /names itself as its issuer but is not signed with its own key: copy it again/,
    );
  });

  it("refuses two roots, naming both", () => {
    const root = makeRoot();
    const { faults } = parseCaBundle(
      [makeIntermediate(), root, makeAuthority({ name: "Other Root" })]
        .map(({ certificatePem }) => certificatePem)
        .join("") + makeIntermediate().keyPem,
      undefined,
    );
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, /several self-signed.*CN=Root.*CN=Other Root.*give only the root of the interm/);
  });

  it("refuses a chain of three, naming both intermediates", () => {
    const lower = makeAuthority({ name: "Lower", issuer: makeIntermediate() });
    const pem = [lower, makeIntermediate(), makeRoot()].map(({ certificatePem }) => certificatePem).join("");
    const { faults } = parseCaBundle(pem + lower.keyPem, undefined);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, /several intermediate certificates.*CN=Lower.*CN=Intermediate.*: give the one/);
  });

  it("judges by the time it is given", () => {
    const intermediate = makeIntermediate({ notAfter: daysFromNow(10) });
    assert.deepEqual(parse(intermediate, makeRoot(), daysFromNow(9)).faults, []);
    assertOneFault(parse(intermediate, makeRoot(), daysFromNow(11)), /expired/);
    assert.equal(parse(intermediate, makeRoot(), daysFromNow(-2)).faults.length, 2, "both are too young");
  });
});
