import assert from "node:assert/strict";
import fc from "fast-check";
import { readPemBlocks } from "../../components/internal/pem";
import { pemBlock } from "../support/openssl-ca";

const labels = fc.constantFrom("CERTIFICATE", "PRIVATE KEY", "EC PARAMETERS", "X509 CRL");
const contents = fc.uint8Array({ minLength: 1, maxLength: 200 });
const blocks = fc.array(fc.tuple(labels, contents), { minLength: 1, maxLength: 5 });
/** Text without a PEM block. */
const prose = fc.string({ maxLength: 40 }).map((text) => text.replaceAll("-----", "----"));

describe("PEM text", () => {
  it("gives back every block that was written, in order, whatever stands between them", () => {
    fc.assert(
      fc.property(blocks, prose, fc.constantFrom("\n", "\r\n", "\r"), (wanted, between, lineEnd) => {
        const written = wanted.map(([label, der]) => pemBlock(label, der));
        const text = written.map((block) => `${between}\n${block}`).join("") + between;
        const read = readPemBlocks(text.replaceAll("\n", lineEnd));
        assert.deepEqual(read.faults, []);
        assert.deepEqual(
          read.blocks.map(({ label, pem }) => ({ label, pem })),
          wanted.map(([label], index) => ({ label, pem: written[index] })),
        );
      }),
    );
  });

  it("may have lines of any length, and white space around them", () => {
    fc.assert(
      fc.property(
        contents,
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom("", "  ", "\t"),
        (der, width, space) => {
          const [, ...lines] = pemBlock("CERTIFICATE", der).trim().split("\n");
          const base64 = lines.slice(0, -1).join("");
          const text = [
            "-----BEGIN CERTIFICATE-----",
            ...(base64.match(new RegExp(`.{1,${width}}`, "g")) ?? []),
            "-----END CERTIFICATE-----",
          ];
          const read = readPemBlocks(text.map((line) => space + line + space).join("\n"));
          assert.deepEqual(read.faults, []);
          assert.equal(read.blocks[0]?.pem, pemBlock("CERTIFICATE", der));
        },
      ),
    );
  });

  it("keeps the headers that a key is encrypted by, and no others", () => {
    const [begin, ...rest] = pemBlock("RSA PRIVATE KEY", Buffer.from("encrypted")).split("\n");
    const encryption = ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,0123456789ABCDEF0123456789ABCDEF"];
    const text = [begin, "Comment: mine", ...encryption, "", ...rest].join("\n");
    const { blocks, faults } = readPemBlocks(text);
    assert.deepEqual(faults, []);
    assert.equal(blocks[0]?.encryptedHeader, true);
    assert.equal(blocks[0].pem, [begin, ...encryption, "", ...rest].join("\n"));
  });

  it("with one block damaged names it by its place and label, and gives the others", () => {
    fc.assert(
      fc.property(fc.nat(2), fc.constantFrom("!", "…", "A=A", "\0"), (place, rubbish) => {
        const written = [0, 1, 2].map(() => pemBlock("CERTIFICATE", Buffer.from("something")));
        written[place] = written[place]!.replace("\n", `\n${rubbish}`);
        const { blocks, faults } = readPemBlocks(written.join(""));
        assert.equal(blocks.length, 2);
        assert.equal(faults.length, 1);
        assert.match(
          faults[0]!,
          new RegExp(`^PEM block ${place + 1} \\(CERTIFICATE\\) is damaged: .*: copy the file again`),
        );
      }),
    );
  });

  it("is never repeated in a fault, but for the label of a block", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{16,64}$/), (secret) => {
        const texts = [
          secret,
          `-----BEGIN PRIVATE KEY-----\n${secret}`,
          `-----BEGIN PRIVATE KEY-----\n${secret}!\n-----END PRIVATE KEY-----`,
          `-----BEGIN ${secret}-----\n`,
          `-----BEGIN PRIVATE KEY-----${secret}\n-----END CERTIFICATE-----`,
        ];
        for (const { blocks, faults } of texts.map(readPemBlocks)) {
          assert.ok(faults.length > 0 || blocks.length > 0);
          assert.ok(!faults.join("\n").includes(secret));
        }
      }),
    );
  });

  it("of any kind is read without an exception, and is blocks or faults", () => {
    const pieces = fc.constantFrom(
      "-----BEGIN ",
      "-----END ",
      "CERTIFICATE",
      "-----",
      "\n",
      "AAAA",
      ":",
      "=",
      "\0",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces, { maxLength: 40 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, (any) => {
        const { blocks, faults } = readPemBlocks(any);
        assert.ok(blocks.length + faults.length > 0);
      }),
      { numRuns: 1000 },
    );
  });
});
