import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { parseSignedCa } from "../../components/internal/signed-ca";
import { isForRequest, signingCommands } from "../../components/internal/signing-request";
import {
  type Authority,
  type AuthorityWish,
  certificateRequest,
  type KeyKind,
  makeAuthority,
} from "../support/openssl-ca";

const makeRoot = (wish: Partial<AuthorityWish> = {}) => makeAuthority({ name: "Root", ...wish });
const makeSigned = (wish: Partial<AuthorityWish> = {}) =>
  makeAuthority({ name: "Vault's CA", issuer: makeRoot(), ...wish });
const text = (...authorities: Authority[]) =>
  authorities.map(({ certificatePem }) => certificatePem).join("");

/** What the owner of the root ends up with who runs the printed commands. */
function followCommands(root: Authority, request: string, days: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), "root-"));
  try {
    writeFileSync(path.join(folder, "ca.cert.pem"), root.certificatePem);
    writeFileSync(path.join(folder, "ca.key.pem"), root.keyPem);
    execFileSync("sh", ["-eu"], { cwd: folder, input: signingCommands(request, days), stdio: "pipe" });
    return readFileSync(path.join(folder, "signed.pem"), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("A certificate that is signed offline", function () {
  this.timeout(60_000);

  for (const key of ["p-256", "p-384", "ed25519", "rsa-2048"] satisfies KeyKind[]) {
    it(`comes of the printed commands as it has to be, from a root with a ${key} key`, () => {
      const root = makeRoot({ key });
      const asked = makeAuthority({ name: "Vault's CA", issuer: makeRoot(), key: "p-384" });
      const request = certificateRequest(asked);
      const pem = followCommands(root, request, 4000);
      const { signed, faults, notes } = parseSignedCa(pem);
      assert.deepEqual([faults, notes], [[], []]);
      assert.equal(signed!.rootPem, root.certificatePem);
      assert.ok(isForRequest(signed!.certificatePem, request));
      const certificate = new X509Certificate(signed!.certificatePem);
      assert.ok(certificate.ca && certificate.verify(new X509Certificate(root.certificatePem).publicKey));
      const days = (signed!.notAfter.getTime() - signed!.notBefore.getTime()) / 86_400_000;
      assert.equal(Math.round(days), 4000);
    });
  }

  it("may stand in any order with its root", () => {
    const signed = makeSigned();
    assert.deepEqual(parseSignedCa(text(makeRoot(), signed)), parseSignedCa(text(signed, makeRoot())));
  });

  it("is told from one that was made for another key, whatever it is called", () => {
    const [signed, other] = [makeSigned(), makeSigned({ copy: 2 })];
    const request = certificateRequest(signed);
    assert.ok(isForRequest(signed.certificatePem, request));
    assert.ok(!isForRequest(other.certificatePem, request));
  });

  const bad: [what: string, make: () => string, says: RegExp][] = [
    [
      "a private key",
      () => text(makeSigned(), makeRoot()) + makeRoot().keyPem,
      /^holds a private key, in clear: give certificates only, and make that key anew/,
    ],
    ["no PEM", () => "signed.pem", /^holds no PEM block: give/],
    [
      "the request",
      () => certificateRequest(makeSigned()) + text(makeRoot()),
      /^there is no intermediate certificate, only the root/,
    ],
    [
      "no root",
      () => text(makeSigned()),
      /^there is no root certificate: add the self-signed certificate of/,
    ],
    ["the root alone", () => text(makeRoot()), /^there is no intermediate certificate, only the root/],
    [
      "another root",
      () => text(makeSigned(), makeRoot({ name: "Other" })),
      /was issued by "O=Home Lab, CN=Root", not by the root .*: give the root that signed it/,
    ],
    [
      "a later root of the same name",
      () => text(makeSigned(), makeRoot({ copy: 2 })),
      /is not signed with that root's key: give the root that signed it/,
    ],
    [
      "a certificate that is no CA's",
      () => text(makeSigned({ basicConstraints: "critical, CA:false" }), makeRoot()),
      /is not a CA: have it issued again/,
    ],
    [
      "pathlen:0",
      () => text(makeSigned({ basicConstraints: "critical, CA:true, pathlen:0" }), makeRoot()),
      /has pathlen:0 and so cannot sign Vault's intermediate/,
    ],
    [
      "a certificate that has expired",
      () =>
        text(makeSigned({ notBefore: new Date("2020-01-01"), notAfter: new Date("2021-01-01") }), makeRoot()),
      /expired at 2021-01-01T00:00:00\.000Z: have it issued again/,
    ],
    [
      "a certificate that may not sign",
      () => text(makeSigned({ keyUsage: "critical, digitalSignature" }), makeRoot()),
      /may not sign certificates/,
    ],
  ];
  for (const [what, make, says] of bad) {
    it(`is refused with ${what}`, () => {
      const { signed, faults } = parseSignedCa(make());
      assert.equal(signed, undefined);
      assert.ok(
        faults.some((fault) => says.test(fault)),
        faults.join("\n"),
      );
      assert.doesNotMatch(faults.join("\n"), /PRIVATE KEY-----/);
    });
  }
});
