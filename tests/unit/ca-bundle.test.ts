import assert from "node:assert/strict";
import fc from "fast-check";
import { parseCaBundle, type CaBundle } from "../../components/internal/ca-bundle";
import { isSignedBy } from "../../components/internal/certificate";
import { createPrivateKey, X509Certificate } from "node:crypto";
import {
  type Authority,
  certificateInWords,
  encryptedKey,
  makeAuthority,
  openssl,
  titleOf,
} from "../support/openssl-ca";
import { bundleOf } from "../support/settings";

const passphrase = "correct horse battery staple";

describe("The CA bundle", function () {
  // The properties take seconds, and more on a machine that builds something beside.
  this.timeout(60_000);

  let root: Authority;
  let intermediate: Authority;
  let good: CaBundle;

  before(() => {
    root = makeAuthority({ name: "Root" });
    intermediate = makeAuthority({ name: "Intermediate", issuer: root });
    good = parse(bundleOf(intermediate, root)).bundle!;
    assert.ok(good);
  });

  const parse = (pem: string, given?: string) => parseCaBundle(pem, given);

  it("gives each part on its own, and what the certificates say", () => {
    assert.equal(good.intermediatePem, intermediate.certificatePem);
    assert.equal(good.rootPem, root.certificatePem);
    assert.equal(good.keyPem, intermediate.keyPem);
    assert.equal(good.intermediateSubject, "O=Home Lab, CN=Intermediate");
    assert.equal(good.rootSubject, "O=Home Lab, CN=Root");
    const { validFrom, validTo } = new X509Certificate(intermediate.certificatePem);
    assert.deepEqual(good.intermediateNotBefore, new Date(validFrom));
    assert.deepEqual(good.intermediateNotAfter, new Date(validTo));
    assert.equal(good.pathLength, undefined);
    assert.deepEqual(good.nameConstraints, []);
  });

  it("may be in any order and with any text around, and is the same", () => {
    const parts = () => [
      fc.constantFrom(intermediate.certificatePem, certificateInWords(intermediate)),
      fc.constantFrom(intermediate.keyPem, encryptedKey(intermediate, passphrase)),
      fc.constantFrom(root.certificatePem, certificateInWords(root)),
    ];
    const around = fc.constantFrom(
      "",
      "\n\n",
      "Bag Attributes\n    friendlyName: home\n",
      "# my CA --- 2026 ü\n",
    );
    const change = fc.record({
      lineEnd: fc.constantFrom("\n", "\r\n", "\r"),
      mark: fc.constantFrom("", "\uFEFF"),
      indentation: fc.constantFrom("", "    ", "\t"),
      order: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      again: fc.subarray([0, 2]),
      texts: fc.tuple(around, around, around, around, around, around),
      parts: fc.tuple(...parts()),
    });
    fc.assert(
      fc.property(change, ({ lineEnd, mark, indentation, order, again, texts, parts: made }) => {
        const blocks = [...order, ...again].map((part, index) => texts[index] + made[part]!);
        const text = mark + blocks.map((block) => indented(block, indentation)).join(mark) + texts[5];
        const { bundle, faults, notes } = parse(text.replaceAll("\n", lineEnd), passphrase);
        assert.deepEqual(faults, []);
        assert.deepEqual(bundle, good);
        const twice = notes.filter((note) => /is there more than once; once is used$/.test(note));
        assert.equal(twice.length, again.length);
        if (again.length === 0) {
          const inOrder = order.join() === "0,1,2";
          assert.equal(
            notes.some((note) => note.startsWith("the parts were put in order")),
            !inOrder,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it("in another order is accepted with a note, and in this one without", () => {
    const { certificatePem, keyPem } = intermediate;
    assert.deepEqual(parse(certificatePem + keyPem + root.certificatePem).notes, []);
    assert.deepEqual(parse(root.certificatePem + keyPem + certificatePem).notes, [
      "the parts were put in order: intermediate certificate, its key, root certificate",
    ]);
  });

  it("names a certificate that is there twice", () => {
    const { bundle, notes } = parse(bundleOf(intermediate, root) + root.certificatePem);
    assert.deepEqual(bundle, good);
    assert.deepEqual(notes, [`the certificate ${titleOf(root)} is there more than once; once is used`]);
  });

  it("may carry further blocks, which are left out with a note", () => {
    const parameters = "-----BEGIN DH PARAMETERS-----\nMEYCQQ==\n-----END DH PARAMETERS-----\n";
    const { bundle, notes } = parse(parameters + bundleOf(intermediate, root));
    assert.deepEqual(bundle, good);
    assert.deepEqual(notes, ["a PEM block DH PARAMETERS is not needed and left out"]);
  });

  for (const [what, write] of [
    ["X509 CERTIFICATE, its old name", (made: Authority) => relabelled(made, "X509 CERTIFICATE")],
    ["TRUSTED CERTIFICATE, with trust settings", trusted],
    [
      "CERTIFICATE with headers",
      (made: Authority) => made.certificatePem.replace("\n", "\nComment: mine\n\n"),
    ],
  ] as [string, (made: Authority) => string][]) {
    it(`takes a block ${what}, and hands on a plain one`, () => {
      const text = write(intermediate) + intermediate.keyPem + write(root);
      assert.notEqual(text, bundleOf(intermediate, root), "the fixture is what it should be");
      assert.deepEqual(parse(text).bundle, good);
    });
  }

  for (const [what, key] of [
    ["as it is", "p-256"],
    ["of Ed25519", "ed25519"],
    ["of RSA", "rsa-2048"],
  ] as const) {
    it(`with one byte changed is refused or does no harm, ${what}`, () => {
      const made = makeAuthority({ name: "Intermediate", issuer: root, key });
      const text = bundleOf(made, root);
      assert.deepEqual(parse(text).faults, []);
      const secrets = linesOf(made.keyPem);
      const places = fc.nat(text.length - 1);
      // Printable, and what a text may hold otherwise.
      const characters = fc.oneof(
        fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
        fc.constantFrom("\n", "\r", "\t", "\0", "\uFFFD", "ü"),
      );
      fc.assert(
        fc.property(places, characters, (place, character) => {
          assertRefusedOrSound(text.slice(0, place) + character + text.slice(place + 1), made, secrets);
        }),
        { numRuns: 60 },
      );
    });
  }

  it("with one bit of a certificate's or the key's own bytes changed is refused or does no harm", () => {
    const blocks = [intermediate.certificatePem, intermediate.keyPem, root.certificatePem];
    const secrets = linesOf(intermediate.keyPem);
    const change = fc.tuple(fc.nat(blocks.length - 1), fc.nat(), fc.nat(7));
    fc.assert(
      fc.property(change, ([which, place, bit]) => {
        const changed = blocks.map((block, index) => (index === which ? withBit(block, place, bit) : block));
        assertRefusedOrSound(changed.join(""), intermediate, secrets);
      }),
      { numRuns: 100 },
    );
  });

  it("cut off anywhere is refused", () => {
    const text = bundleOf(intermediate, root).trimEnd();
    fc.assert(
      fc.property(fc.nat(text.length - 1), (length) => {
        const { bundle, faults } = parse(text.slice(0, length));
        assert.equal(bundle, undefined);
        assert.ok(faults.length > 0);
      }),
      { numRuns: 40 },
    );
  });

  it("of any text at all is read without an exception, and refused", () => {
    const pieces = fc.constantFrom(
      ...[
        "-----BEGIN ",
        "-----END ",
        "CERTIFICATE",
        "PRIVATE KEY",
        "ENCRYPTED ",
        "-----",
        "\n",
        "AAAA",
        "MIIB",
        "=",
      ],
      "Proc-Type: 4,ENCRYPTED\n",
      "DEK-Info: AES-256-CBC,00\n\n",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.array(fc.oneof(pieces, fc.string({ maxLength: 10 })), { maxLength: 30 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, fc.option(fc.string(), { nil: undefined }), (pem, given) => {
        const { bundle, faults } = parse(pem, given);
        assert.equal(bundle, undefined);
        assert.ok(faults.length > 0);
      }),
      { numRuns: 150 },
    );
  });

  it("never repeats a passphrase, right or wrong, nor the key", () => {
    const key = encryptedKey(intermediate, passphrase);
    const text = intermediate.certificatePem + key + root.certificatePem;
    const words = fc.string({ minLength: 6, unit: "grapheme-ascii" }).filter((word) => /[^a-z ]/.test(word));
    fc.assert(
      fc.property(words, (word) => {
        const { bundle, faults, notes } = parse(text, word);
        assert.equal(bundle, undefined);
        assertSilent([...faults, ...notes], [word, ...linesOf(key)]);
      }),
      { numRuns: 20 },
    );
  });

  /** A changed bundle says what is wrong with it, or is still a chain whose key is the intermediate's. */
  function assertRefusedOrSound(text: string, made: Authority, secrets: string[]): void {
    const { bundle, faults, notes } = parse(text);
    assertSilent([...faults, ...notes], secrets);
    assert.equal(bundle === undefined, faults.length > 0);
    if (bundle) {
      const [below, above] = [
        new X509Certificate(bundle.intermediatePem),
        new X509Certificate(bundle.rootPem),
      ];
      assert.ok(isSignedBy(below, above) && isSignedBy(above, above));
      assert.equal(below.fingerprint256, new X509Certificate(made.certificatePem).fingerprint256);
      assert.ok(createPrivateKey(bundle.keyPem).equals(createPrivateKey(made.keyPem)));
      assert.equal(bundle.keyPem, made.keyPem, "with every part of the key as it was");
    }
  }
});

function assertSilent(messages: string[], secrets: string[]): void {
  for (const secret of secrets) {
    assert.ok(!messages.join("\n").includes(secret), "nothing secret is repeated");
  }
}

/** Lines of base64, in pieces, so that one changed character does not hide the rest. */
function linesOf(keyPem: string): string[] {
  return keyPem.match(/[A-Za-z0-9+/]{16}/g) ?? [];
}

function indented(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}

function relabelled({ certificatePem }: Authority, label: string): string {
  return certificatePem.replaceAll("CERTIFICATE", label);
}

function trusted({ certificateFile }: Authority): string {
  return openssl([
    "x509",
    "-in",
    certificateFile,
    "-trustout",
    "-addtrust",
    "serverAuth",
    "-setalias",
    "mine",
  ]);
}

function withBit(pem: string, place: number, bit: number): string {
  const [first, ...lines] = pem.trim().split("\n");
  const last = lines.pop();
  const der = Buffer.from(lines.join(""), "base64");
  const index = place % der.length;
  der[index] = der[index]! ^ (1 << bit);
  return [first, der.toString("base64"), last, ""].join("\n");
}
