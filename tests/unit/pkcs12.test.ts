import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import fc from "fast-check";
import { parseCaBundle } from "../../components/internal/ca-bundle";
import { type Authority, type KeyKind, makeAuthority, pkcs12File } from "../support/openssl-ca";

const ascii = "correct horse battery staple";
const beyondAscii = "correct horse ü€";

const pbes1 = (scheme: string) => ["-keypbe", scheme, "-certpbe", scheme, "-macalg", "sha1"];

/** How openssl and others write such files. */
const forms: [what: string, passphrase: string, options: string[]][] = [
  ["as OpenSSL 3 writes it", ascii, []],
  ["as OpenSSL 3 writes it, with a passphrase beyond ASCII", beyondAscii, []],
  ["as OpenSSL 1.1 and macOS write it (RC2 and 3DES)", ascii, ["-legacy"]],
  ["with RC2 and 3DES and a passphrase beyond ASCII", beyondAscii, ["-legacy"]],
  ["with 3DES, as Windows writes it", ascii, pbes1("PBE-SHA1-3DES")],
  ["with AES-128 and a MAC by SHA-1", ascii, ["-keypbe", "AES-128-CBC", "-macalg", "sha1"]],
  ["with AES-192 and a MAC by SHA-512", ascii, ["-keypbe", "AES-192-CBC", "-macalg", "sha512"]],
  ["with nothing encrypted but a MAC", ascii, ["-keypbe", "NONE", "-certpbe", "NONE"]],
  ["without a MAC", ascii, ["-nomac"]],
  ["with an empty passphrase", "", []],
];

describe("A CA bundle as a PKCS#12 file in base64", function () {
  this.timeout(60_000);
  let root: Authority;
  let intermediate: Authority;

  before(() => {
    root = makeAuthority({ name: "Root" });
    intermediate = makeAuthority({ name: "Intermediate", issuer: root });
  });

  const base64 = (file: Buffer) => file.toString("base64");

  for (const [what, passphrase, options] of forms) {
    it(`is the same as its parts in PEM, ${what}`, () => {
      const file = pkcs12File(intermediate, [root], passphrase, ...options);
      const { bundle, faults, notes } = parseCaBundle(base64(file), passphrase);
      assert.deepEqual([faults, notes], [[], []]);
      const pem = intermediate.certificatePem + intermediate.keyPem + root.certificatePem;
      assert.deepEqual(bundle, parseCaBundle(pem, undefined).bundle);
    });
  }

  for (const kind of ["p-384", "p-521", "ed25519", "rsa-2048"] satisfies KeyKind[]) {
    it(`may hold a ${kind} key`, () => {
      const made = makeAuthority({ name: "Intermediate", issuer: root, key: kind });
      const { bundle, faults } = parseCaBundle(base64(pkcs12File(made, [root], ascii)), ascii);
      assert.deepEqual(faults, []);
      assert.ok(createPrivateKey(bundle!.keyPem).equals(createPrivateKey(made.keyPem)));
      assert.equal(bundle!.intermediatePem, made.certificatePem, "the certificate, to the byte");
    });
  }

  it("may be broken into lines, and have a line end", () => {
    const lines = base64(pkcs12File(intermediate, [root], ascii)).match(/.{1,76}/g)!;
    assert.deepEqual(parseCaBundle(`${lines.join("\r\n")}\r\n`, ascii).faults, []);
  });

  it("that holds too little is refused as PEM is", () => {
    const { faults } = parseCaBundle(base64(pkcs12File(intermediate, [], ascii)), ascii);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, /^there is no root certificate: add/);
  });

  it("with one byte changed is refused, or is the same", () => {
    // Fewer rounds, because each try derives keys.
    const file = pkcs12File(intermediate, [root], ascii, "-iter", "1");
    const good = parseCaBundle(base64(file), ascii).bundle!;
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const changed = Buffer.from(file);
        changed[place] = changed[place]! ^ change;
        const { bundle, faults } = parseCaBundle(base64(changed), ascii);
        assert.ok(bundle ? faults.length === 0 : faults.length > 0);
        if (bundle) {
          assert.deepEqual(bundle, good);
        }
      }),
      { numRuns: 100 },
    );
  });
});
