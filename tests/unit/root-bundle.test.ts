import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { parseRootBundle } from "../../components/internal/root-bundle";
import {
  type Authority,
  type AuthorityWish,
  encryptedKey,
  type KeyKind,
  makeAuthority,
  pkcs12File,
  titleOf,
} from "../support/openssl-ca";

const passphrase = "correct horse battery staple";
const makeRoot = (wish: Partial<AuthorityWish> = {}) => makeAuthority({ name: "Root", ...wish });
const below = (root: Authority) => makeAuthority({ name: "Intermediate", issuer: root });

describe("A root for Vault", () => {
  for (const key of ["p-256", "p-384", "p-521", "ed25519", "rsa-2048"] satisfies KeyKind[]) {
    it(`comes with its ${key} key in clear, encrypted, or as PKCS#12, in any order`, () => {
      const root = makeRoot({ key });
      for (const [text, given] of [
        [root.certificatePem + root.keyPem, undefined],
        [root.keyPem + root.certificatePem, undefined],
        [root.certificatePem + encryptedKey(root, passphrase), passphrase],
        [pkcs12File(root, [], passphrase).toString("base64"), passphrase],
      ] as const) {
        const { bundle, faults, notes } = parseRootBundle(text, given);
        assert.deepEqual([faults, notes], [[], []]);
        assert.equal(bundle!.rootPem, root.certificatePem);
        assert.ok(createPrivateKey(bundle!.keyPem!).equals(createPrivateKey(root.keyPem)));
      }
    });
  }

  it("may come without its key, and is the same root then", () => {
    const root = makeRoot();
    const { keyPem, ...whole } = parseRootBundle(root.certificatePem + root.keyPem, undefined).bundle!;
    assert.ok(keyPem);
    const { bundle, faults, notes } = parseRootBundle(root.certificatePem, "no longer used");
    assert.deepEqual([faults, notes], [[], []]);
    assert.deepEqual(bundle, { ...whole, keyPem: undefined });
  });

  it("may allow one CA below itself, which is Vault's", () => {
    const root = makeRoot({ basicConstraints: "critical, CA:true, pathlen:1" });
    assert.deepEqual(parseRootBundle(root.certificatePem, undefined).faults, []);
  });

  it("does without the certificate that another CA has given to it, and says so", () => {
    const root = makeRoot();
    const cross = makeRoot({ issuer: makeRoot({ name: "Older Root" }), keyOf: root });
    const { bundle, notes } = parseRootBundle(cross.certificatePem + root.certificatePem, undefined);
    assert.equal(bundle!.rootPem, root.certificatePem);
    assert.equal(notes.length, 1);
    assert.ok(notes[0]!.startsWith(`the certificate ${titleOf(cross)}`));
  });

  const bad: [what: string, make: () => [text: string, given?: string], says: RegExp][] = [
    ["nothing", () => [""], /^is empty: give/],
    ["a key alone", () => [makeRoot().keyPem], /^there is no certificate: add the root's$/],
    [
      "another key",
      () => [makeRoot().certificatePem + makeRoot({ name: "Other" }).keyPem],
      /^the key does not match the root .*: give the key that its certificate was made with$/,
    ],
    [
      "a key and no passphrase",
      () => [makeRoot().certificatePem + encryptedKey(makeRoot(), passphrase)],
      /^the key is encrypted and there is no passphrase/,
    ],
    [
      "a wrong passphrase",
      () => [makeRoot().certificatePem + encryptedKey(makeRoot(), passphrase), "wrong"],
      /^the passphrase does not open the key: set caPassphrase to the root key's own, not the intermediate key's$/,
    ],
    [
      "two keys",
      () => [makeRoot().certificatePem + makeRoot().keyPem + makeRoot({ name: "Other" }).keyPem],
      /^there are 2 private keys: give only the root's$/,
    ],
    [
      "an intermediate beside it",
      () => [makeRoot().certificatePem + below(makeRoot()).certificatePem + makeRoot().keyPem],
      /^there is more than the root .*Intermediate.*: give only the root and its key, or caOrigin import/,
    ],
    [
      "an intermediate alone",
      () => [below(makeRoot()).certificatePem + below(makeRoot()).keyPem],
      /^there is no root certificate: add the self-signed certificate of "O=Home Lab, CN=Root"$/,
    ],
    [
      "two roots",
      () => [makeRoot().certificatePem + makeRoot({ name: "Other" }).certificatePem],
      /^there are several self-signed certificates/,
    ],
    [
      "no CA allowed below it",
      () => [makeRoot({ basicConstraints: "critical, CA:true, pathlen:0" }).certificatePem],
      /has pathlen:0 and so cannot sign Vault's CA: remove pathlen .* with the same key$/,
    ],
    [
      "a certificate that is no CA's",
      () => [makeRoot({ basicConstraints: "critical, CA:false" }).certificatePem],
      /is not a CA: have it issued again with the \[ v3_ca \]/,
    ],
    [
      "a certificate that has expired",
      () => [
        makeRoot({ notBefore: new Date("2020-01-01"), notAfter: new Date("2021-01-01") }).certificatePem,
      ],
      /expired at 2021-01-01T00:00:00\.000Z/,
    ],
  ];
  for (const [what, make, says] of bad) {
    it(`is refused with ${what}`, () => {
      const [text, given] = make();
      const { bundle, faults } = parseRootBundle(text, given);
      assert.equal(bundle, undefined);
      assert.ok(
        faults.some((fault) => says.test(fault)),
        faults.join("\n"),
      );
      assert.doesNotMatch(faults.join("\n"), /PRIVATE KEY-----|staple/);
    });
  }
});
