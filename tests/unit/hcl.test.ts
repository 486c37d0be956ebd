import assert from "node:assert/strict";
import fc from "fast-check";
import { policy, standaloneConfig } from "../../components/internal/hcl";

/**
 * Reads the text of a string of HCL 1, which is what stands between its quotes: JSON's escapes outside of `${…}`, and
 * everything as it is inside (hashicorp/hcl v1, hcl/strconv/quote.go).
 *
 * @throws Error when Vault would refuse it.
 */
function unquoted(text: string): string {
  if (/[\n\r]/.test(text)) {
    throw new Error("a line end");
  }
  const parts = text.split(/(\$\{[^{}]*\})/);
  return parts
    .map((part, index) => {
      if (index % 2 === 1) {
        return part;
      }
      if (part.includes("${")) {
        throw new Error("an open brace");
      }
      return JSON.parse(`"${part}"`) as string;
    })
    .join("");
}

/** Texts with what could break out of a string. */
const texts = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1 }),
  fc
    .array(fc.constantFrom("$", "{", "}", '"', "\\", "\n", "a", "/", "*", "#", "${"), {
      minLength: 1,
      maxLength: 12,
    })
    .map((all) => all.join("")),
);

describe("A policy in HCL", () => {
  it("has its paths and capabilities as they were given, whatever they hold", () => {
    const rule = fc.record(
      { path: texts, capabilities: fc.array(texts, { minLength: 1, maxLength: 3 }) },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), (rules) => {
        const text = policy(rules);
        const quoted = '"((?:[^"\\\\\n]|\\\\.)*)"';
        const block = new RegExp(
          `^path ${quoted} \\{\n  capabilities = \\[(${quoted}(?:, ${quoted})*)\\]\n\\}\n`,
          "gm",
        );
        const read = [...text.matchAll(block)].map((match) => ({
          path: unquoted(match[1]!),
          capabilities: [...match[2]!.matchAll(new RegExp(quoted, "g"))].map((one) => unquoted(one[1]!)),
        }));
        assert.deepEqual(read, rules);
        assert.equal(text.replace(block, "").trim(), "", "and nothing else");
      }),
      { numRuns: 300 },
    );
  });

  it("reads as one would write it", () => {
    assert.equal(
      policy([
        { path: "pki_int/sign/home-lab", capabilities: ["update"] },
        { path: "pki_int/cert/+", capabilities: ["read", "list"] },
      ]),
      'path "pki_int/sign/home-lab" {\n  capabilities = ["update"]\n}\n' +
        "\n" +
        'path "pki_int/cert/+" {\n  capabilities = ["read", "list"]\n}\n',
    );
  });

  it("opens no interpolation", () => {
    assert.match(policy([{ path: "a/${b}", capabilities: ["read"] }]), /^path "a\/\$\\u007bb\}" \{$/m);
  });
});

describe("Vault's configuration", () => {
  it("names the listener's files, also by odd paths", () => {
    const text = standaloneConfig({ certificate: '/a "b".crt', key: "/k\\ey", clientCa: "/${ca}" });
    const value = (name: string) => unquoted(new RegExp(`^  ${name} += "(.*)"$`, "m").exec(text)![1]!);
    assert.equal(value("tls_cert_file"), '/a "b".crt');
    assert.equal(value("tls_key_file"), "/k\\ey");
    assert.equal(value("tls_client_ca_file"), "/${ca}");
    assert.doesNotMatch(text, /tls_disable/);
  });
});
