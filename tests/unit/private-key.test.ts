import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { parseCaBundle, type ParsedCaBundle } from "../../components/internal/ca-bundle";
import { keyFault } from "../../components/internal/private-key";
import {
  type Authority,
  encryptedKey,
  type KeyKind,
  makeAuthority,
  openssl,
  traditionalKey,
} from "../support/openssl-ca";

const passphrase = "correct horse battery staple ü€";

describe("The intermediate's key", () => {
  let root: Authority;
  let intermediate: Authority;

  before(() => {
    root = makeAuthority({ name: "Root" });
    intermediate = makeAuthority({ name: "Intermediate", issuer: root });
  });

  function parse(keyPem: string, given?: string, of = intermediate): ParsedCaBundle {
    return parseCaBundle(of.certificatePem + keyPem + root.certificatePem, given);
  }

  /** The bundle holds this very key, in clear and as PKCS#8. */
  function assertOpened({ bundle, faults }: ParsedCaBundle, of = intermediate): void {
    assert.deepEqual(faults, []);
    assert.match(bundle!.keyPem, /^-----BEGIN PRIVATE KEY-----\n[^]*\n-----END PRIVATE KEY-----\n$/);
    assert.ok(createPrivateKey(bundle!.keyPem).equals(createPrivateKey(of.keyPem)), "the same key");
  }

  function assertOneFault({ bundle, faults }: ParsedCaBundle, pattern: RegExp): void {
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.match(faults[0]!, pattern);
    assert.equal(bundle, undefined);
  }

  for (const kind of ["p-256", "p-384", "p-521", "ed25519", "rsa-2048"] satisfies KeyKind[]) {
    it(`may be ${kind}, in clear or encrypted as PKCS#8`, () => {
      const made = makeAuthority({ name: "Intermediate", issuer: root, key: kind });
      assertOpened(parse(made.keyPem, undefined, made), made);
      assertOpened(parse(encryptedKey(made, passphrase), passphrase, made), made);
    });
  }

  for (const kind of ["p-256", "p-384", "p-521", "rsa-2048"] satisfies KeyKind[]) {
    it(`may be ${kind} under its own label, in clear or encrypted by DEK-Info`, () => {
      const made = makeAuthority({ name: "Intermediate", issuer: root, key: kind });
      assertOpened(parse(traditionalKey(made), undefined, made), made);
      const encrypted = traditionalKey(made, passphrase);
      assert.match(
        encrypted,
        /Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC/,
        "the fixture is what it should be",
      );
      assertOpened(parse(encrypted, passphrase, made), made);
    });
  }

  for (const options of [
    ...["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-256-ofb", "des3", "camellia-256-cbc"].map(
      (cipher) => ["-v2", cipher],
    ),
    ...["hmacWithSHA1", "hmacWithSHA384", "hmacWithSHA512"].map((prf) => [
      "-v2",
      "aes-256-cbc",
      "-v2prf",
      prf,
    ]),
    ["-scrypt"],
    ["-v1", "PBE-SHA1-3DES"],
    ["-v1", "PBE-SHA1-2DES"],
  ]) {
    it(`may be encrypted as PKCS#8 by openssl pkcs8 ${options.join(" ")}`, () => {
      const command = [
        "pkcs8",
        "-topk8",
        "-in",
        intermediate.keyFile,
        ...options,
        "-passout",
        "env:PASSPHRASE",
      ];
      const encrypted = openssl(command, "", { PASSPHRASE: passphrase });
      assert.match(encrypted, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
      assertOpened(parse(encrypted, passphrase));
    });
  }

  for (const cipher of ["-aes128", "-aes192", "-aes256", "-des3", "-camellia256"]) {
    it(`may be encrypted by DEK-Info by openssl ec ${cipher}`, () => {
      const command = ["ec", "-in", intermediate.keyFile, cipher, "-passout", "env:PASSPHRASE"];
      const encrypted = openssl(command, "", { PASSPHRASE: passphrase });
      assert.match(encrypted, /DEK-Info: /);
      assertOpened(parse(encrypted, passphrase));
    });
  }

  it("may be RSA of 2048 to 8192 bits", () => {
    const rsa = (bits: number) => {
      const n = Buffer.alloc(bits / 8, 0xff).toString("base64url");
      return createPublicKey({ key: { kty: "RSA", n, e: "AQAB" }, format: "jwk" });
    };
    for (const bits of [2048, 3072, 4096, 8192]) {
      assert.equal(keyFault(rsa(bits)), undefined, `${bits}`);
    }
    assert.match(keyFault(rsa(2040))!, /^is RSA with only 2040 bits: make a new key/);
    assert.match(
      keyFault(rsa(8200))!,
      /^is RSA with 8200 bits, more than clients written in Go take: make a new key/,
    );
  });

  it("may have its curve's parameters before it, as openssl ecparam writes them", () => {
    const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    const parsed = parse(parameters + traditionalKey(intermediate));
    assertOpened(parsed);
    assert.deepEqual(parsed.notes, []);
  });

  it("leaves a passphrase unused, with a note, when it is not encrypted", () => {
    const parsed = parse(intermediate.keyPem, passphrase);
    assertOpened(parsed);
    assert.deepEqual(parsed.notes, ["the key is not encrypted; caPassphrase is not used"]);
  });

  for (const [kind, pattern] of [
    ["secp256k1", /of an unknown type \(ECDSA on secp256k1\): make a new key/],
    ["ed448", /of an unknown type \(ed448\): make a new key/],
    ["rsa-1024", /RSA with only 1024 bits: make a new key/],
  ] satisfies [KeyKind, RegExp][]) {
    it(`is refused as ${kind}, once for the certificate and the key together`, () => {
      const made = makeAuthority({ name: "Intermediate", issuer: root, key: kind });
      assertOneFault(parse(made.keyPem, undefined, made), pattern);
    });
  }
});
