import "reflect-metadata";
import assert from "node:assert/strict";
import { execFileSync, type ExecFileException } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { AsnConvert } from "@peculiar/asn1-schema";
import * as asn1 from "@peculiar/asn1-x509";
import * as x509 from "@peculiar/x509";
import fc from "fast-check";
import {
  nameConstraintFaults,
  readNameConstraints,
  unusableConstraintFaults,
  type WantedNames,
} from "../../components/internal/name-constraints";
import { makeCertificate } from "../support/certificates";
import { type Authority, makeAuthority } from "../support/openssl-ca";

interface Subtree {
  dNSName?: string;
  iPAddress?: string;
}
interface Constraints {
  permitted: Subtree[];
  excluded: Subtree[];
}
interface Name {
  dns?: string;
  ip?: string;
}

describe("Name constraints", function () {
  this.timeout(60_000);
  let directory: string;

  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "name-constraints-"));
  });

  after(() => rmSync(directory, { recursive: true }));

  it("admit exactly the names that openssl verify admits", async () => {
    // Few labels, so that names and constraints often meet.
    const label = fc.constantFrom("a", "b", "local", "wsp");
    const dnsName = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
    const ipv4 = fc
      .tuple(fc.constantFrom(10, 192), fc.constantFrom(0, 1, 168, 255))
      .map((two) => `${two.join(".")}.1.1`);
    const ipv6 = fc.constantFrom("fd00::1", "::1", "::ffff:a00:101", "2001:db8::a");
    const ipv4Range = fc.tuple(ipv4, fc.constantFrom(0, 1, 7, 8, 9, 16, 24, 32)).map((two) => two.join("/"));
    const ipv6Range = fc.tuple(ipv6, fc.constantFrom(0, 3, 8, 64, 96, 128)).map((two) => two.join("/"));
    const dnsSubtree = fc.oneof(
      dnsName,
      dnsName.map((name) => `.${name}`),
      fc.constantFrom("", "WSP.local"),
    );
    const subtree: fc.Arbitrary<Subtree> = fc.oneof(
      { weight: 3, arbitrary: dnsSubtree.map((dNSName) => ({ dNSName })) },
      { weight: 2, arbitrary: fc.oneof(ipv4Range, ipv6Range).map((iPAddress) => ({ iPAddress })) },
    );
    const constraints = fc.record({
      permitted: fc.array(subtree, { maxLength: 3 }),
      excluded: fc.array(subtree, { maxLength: 2 }),
    });
    const name: fc.Arbitrary<Name> = fc.oneof(
      dnsName.map((dns) => ({ dns })),
      fc.oneof(ipv4, ipv6).map((ip) => ({ ip })),
    );
    const names = fc.uniqueArray(name, {
      minLength: 8,
      maxLength: 8,
      selector: (one) => JSON.stringify(one),
    });
    let admitted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(constraints, names, async (given, wanted) => {
        const { authority, leaves } = await issueUnder(given, wanted);
        const expected = opensslAdmits(authority.certificatePem, leaves);
        const read = readNameConstraints(authority.certificate, "the CA");
        const found = wanted.map(
          (one) => nameConstraintFaults(read ? [read] : [], wantedNames(one)).length === 0,
        );
        assert.deepEqual(found, expected);
        admitted += found.filter(Boolean).length;
        refused += found.filter((one) => !one).length;
      }),
      { numRuns: 20 },
    );
    assert.ok(admitted > 10 && refused > 10, `both happen: ${admitted} admitted, ${refused} refused`);
  });

  it("forbid a domain when neither it nor anything below it is admitted", () => {
    const faultsOf = (nameConstraints: string, domain: string) =>
      nameConstraintFaults([read(nameConstraints)], { domains: [domain], dnsNames: [], ipAddresses: [] });
    assert.deepEqual(faultsOf("permitted;DNS:local", "wsp.local"), []);
    assert.deepEqual(faultsOf("permitted;DNS:.wsp.local", "wsp.local"), [], "what is below is admitted");
    assert.deepEqual(faultsOf("excluded;DNS:secret.wsp.local", "wsp.local"), []);
    assert.equal(faultsOf("permitted;DNS:www.wsp.local", "wsp.local").length, 1);
    assert.equal(faultsOf("excluded;DNS:local", "wsp.local").length, 1);
  });

  it("of every certificate in the chain count, each by its name", () => {
    const both = [
      { ...read("permitted;DNS:local"), title: '"CN=A" (serial 1)' },
      { ...read("excluded;DNS:wsp.local"), title: '"CN=B" (serial 2)' },
    ];
    const faults = nameConstraintFaults(both, {
      domains: [],
      dnsNames: ["a.wsp.local", "b.org"],
      ipAddresses: [],
    });
    assert.deepEqual(faults, [
      'the name constraints of "CN=A" (serial 1) exclude b.org: they permit local; ' +
        "have it issued again with nameConstraints that cover these names, or without",
      'the name constraints of "CN=B" (serial 2) exclude a.wsp.local: they permit everything except wsp.local; ' +
        "have it issued again with nameConstraints that cover these names, or without",
    ]);
  });

  it("on mail addresses and URIs are no obstacle, for servers have none", () => {
    const constraint = read("critical, permitted;email:.wsp.local, excluded;URI:.example.org");
    assert.deepEqual(unusableConstraintFaults([constraint]), []);
    assert.deepEqual(nameConstraintFaults([constraint], wantedNames({ dns: "a.wsp.local" })), []);
  });

  it("that Vault could not check or read are refused, whatever the names", () => {
    for (const [value, why] of [
      ["permitted;dirName:directory\n[ directory ]\norganizationName = Home Lab", /limit other names than/],
      ["permitted;IP:10.0.0.0/255.0.255.0", /hold an address range whose mask has gaps/],
    ] as const) {
      const faults = unusableConstraintFaults([read(value)]);
      assert.equal(faults.length, 1);
      assert.match(faults[0]!, why);
    }
    assert.deepEqual(unusableConstraintFaults([read("permitted;IP:10.1.2.3/255.254.0.0")]), []);
    assert.deepEqual(unusableConstraintFaults([read("permitted;IP:fd00::/fff8::")]), []);
  });

  it("are absent where the certificate has none", () => {
    assert.equal(readNameConstraints(certificateOf(makeAuthority({ name: "Root" })), "the CA"), undefined);
  });

  /** A CA with these constraints, and a certificate of each name under it. */
  async function issueUnder(given: Constraints, wanted: Name[]) {
    const subtrees = (all: Subtree[]) =>
      all.length === 0
        ? undefined
        : new asn1.GeneralSubtrees(
            all.map((base) => new asn1.GeneralSubtree({ base: new asn1.GeneralName(base) })),
          );
    const value = new asn1.NameConstraints({
      permittedSubtrees: subtrees(given.permitted),
      excludedSubtrees: subtrees(given.excluded),
    });
    const extension = new x509.Extension(asn1.id_ce_nameConstraints, true, AsnConvert.serialize(value));
    const authority = await makeCertificate({ name: "CA", authority: true, extensions: [extension] });
    const leaves = wanted.map(({ dns, ip }) =>
      makeCertificate({
        name: "leaf",
        issuer: authority,
        dnsNames: dns ? [dns] : [],
        ipAddresses: ip ? [ip] : [],
      }),
    );
    return { authority, leaves: (await Promise.all(leaves)).map((leaf) => leaf.certificatePem) };
  }

  function opensslAdmits(authorityPem: string, leaves: string[]): boolean[] {
    const authorityFile = path.join(directory, "ca.pem");
    writeFileSync(authorityFile, authorityPem);
    const files = leaves.map((pem, index) => {
      const file = path.join(directory, `${index}.pem`);
      writeFileSync(file, pem);
      return file;
    });
    const output = verify(["verify", "-CAfile", authorityFile, ...files]);
    return files.map((file) => {
      if (output.includes(`${file}: OK`)) {
        return true;
      }
      assert.match(output, new RegExp(`error ${file}: verification failed`));
      return false;
    });
  }
});

function verify(args: string[]): string {
  try {
    return execFileSync("openssl", args, { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, stderr } = error as ExecFileException & { stdout: string; stderr: string };
    // 47 and 48 are "permitted subtree violation" and "excluded subtree violation".
    const reasons = stderr.match(/^error [0-9]+ at /gm) ?? [];
    assert.ok(
      reasons.length > 0 && reasons.every((reason) => /^error 4[78] at $/.test(reason)),
      `refused for the names only:\n${stderr}`,
    );
    return stdout + stderr;
  }
}

function wantedNames({ dns, ip }: Name): WantedNames {
  return { domains: [], dnsNames: dns ? [dns] : [], ipAddresses: ip ? [ip] : [] };
}

function certificateOf({ certificatePem }: Authority): x509.X509Certificate {
  return new x509.X509Certificate(certificatePem);
}

/** The constraints that openssl writes for a line of openssl.cnf. */
function read(nameConstraints: string) {
  const authority = makeAuthority({ name: "Constrained", nameConstraints });
  return readNameConstraints(certificateOf(authority), "the CA")!;
}
