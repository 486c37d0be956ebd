import assert from "node:assert/strict";
import {
  authorityFindings,
  type AuthoritySettings,
  type ServedCertificates,
} from "../../settings/root-change";
import { daysFromNow, makeAuthority, openssl, titleOf, type Authority } from "../support/openssl-ca";
import { bundleOf, readWith } from "../support/settings";

const root = () => makeAuthority({ name: "Root" });
const next = () => makeAuthority({ name: "Next Root" });
const intermediate = () => makeAuthority({ name: "Intermediate", issuer: root() });

/** Another certificate of a CA, as an owner gets it who has the old request signed once more. */
function signedAgain(authority: Authority, issuer: Authority): string {
  const request = ["-in", authority.certificateFile, "-signkey", authority.keyFile];
  const signer = ["-CA", issuer.certificateFile, "-CAkey", issuer.keyFile];
  return openssl(["x509", "-req", "-days", "9", ...signer], openssl(["x509", "-x509toreq", ...request]));
}

describe("additionalRootCertificates", () => {
  const faultsOf = (value: string) =>
    readWith({ additionalRootCertificates: value }).faults.filter((fault) =>
      fault.startsWith("additionalRootCertificates: "),
    );

  it("are trusted after the root of caBundle, each once, whatever surrounds them", () => {
    const text = `next\r\n${next().certificatePem}${root().certificatePem}${next().certificatePem}`;
    const { settings, faults, notes } = readWith({ additionalRootCertificates: text });
    assert.deepEqual(faults, []);
    assert.equal(settings!.trustedRootsPem, root().certificatePem + next().certificatePem);
    assert.equal(settings!.rootCertificatePem, root().certificatePem);
    assert.match(
      notes.join("\n"),
      /O=Home Lab, CN=Root" .* is the root of caBundle, which is trusted anyway/,
    );
  });

  it("are none by default", () => {
    assert.equal(readWith({}).settings!.trustedRootsPem, root().certificatePem);
  });

  const bad: Record<string, [text: () => string, fault: RegExp]> = {
    "an intermediate": [
      () => intermediate().certificatePem,
      /holds "O=Home Lab, CN=Intermediate" .* was issued by "O=Home Lab, CN=Root": give the self-signed root/,
    ],
    "a server's own certificate": [
      () => makeAuthority({ name: "Server", basicConstraints: "CA:false" }).certificatePem,
      /holds "O=Home Lab, CN=Server" .* is not a CA: give the root/,
    ],
    "a private key": [
      () => next().certificatePem + next().keyPem,
      /holds a private key, in clear: give certificates only/,
    ],
    "a request": [
      () => openssl(["x509", "-x509toreq", "-in", next().certificateFile, "-signkey", next().keyFile]),
      /holds a PEM block CERTIFICATE REQUEST: give certificates only/,
    ],
    "half a certificate": [
      () => next().certificatePem.slice(0, 200),
      /PEM block 1 \(CERTIFICATE\) has no END line/,
    ],
    "a damaged one": [
      () => next().certificatePem.replace(/\n(.{20})/, (_, start: string) => `\n${"A".repeat(start.length)}`),
      /certificate 1 of the bundle cannot be read, it is damaged/,
    ],
  };
  for (const [what, [text, fault]] of Object.entries(bad)) {
    it(`are not ${what}`, () => {
      const faults = faultsOf(text());
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0]!, fault);
      assert.doesNotMatch(faults[0]!, /PRIVATE KEY-----|MII/);
    });
  }

  it("are not the bundle's root with the same key and another end, which Vault cannot tell apart", () => {
    const { keyFile } = root();
    const again = openssl(["req", "-x509", "-key", keyFile, "-subj", "/O=Home Lab/CN=Root", "-days", "9"]);
    assert.match(faultsOf(again)[0]!, /has name and key of caBundle's root.*a key of its own/);
  });

  it("that have expired are named, and do no harm", () => {
    const old = makeAuthority({ name: "Old Root", notBefore: daysFromNow(-9), notAfter: daysFromNow(-2) });
    const { faults, notes } = readWith({ additionalRootCertificates: old.certificatePem });
    assert.deepEqual(faults, []);
    assert.match(notes.join("\n"), /CN=Old Root" .* has expired, and nothing needs it any more: take it out/);
  });
});

describe("CAs in the place of those of an earlier run", () => {
  const settings = (signer: Authority, ...roots: Authority[]): AuthoritySettings => ({
    vaultNamespace: "vault",
    podinfoNamespace: "podinfo",
    podinfoTlsSecretName: "podinfo-wsp-cert",
    signingCertificatePem: signer.certificatePem,
    rootCertificatePem: roots[0]?.certificatePem ?? "",
    trustedRootsPem: roots.map(({ certificatePem }) => certificatePem).join(""),
  });
  /** What a run with these has left. */
  const served = (signer: Authority, top: Authority): ServedCertificates => {
    const leaf = makeAuthority({ name: "listener", issuer: signer, basicConstraints: "CA:false" });
    const issuing = makeAuthority({ name: "Issuing", issuer: signer });
    const page = makeAuthority({ name: "page", issuer: issuing, basicConstraints: "CA:false" });
    return {
      listener: leaf.certificatePem + signer.certificatePem,
      page: page.certificatePem + issuing.certificatePem + signer.certificatePem,
      trusted: signer.certificatePem + top.certificatePem,
    };
  };
  const nextIntermediate = () => makeAuthority({ name: "Intermediate", issuer: next() });
  const fine = { faults: [], notes: [] };

  it("are fine in an empty cluster, and when they are the same", () => {
    const nothing = { listener: "", page: "", trusted: "" };
    assert.deepEqual(authorityFindings(nothing, settings(intermediate(), root())), fine);
    assert.deepEqual(
      authorityFindings(served(intermediate(), root()), settings(intermediate(), root())),
      fine,
    );
  });

  it("are fine with another intermediate of the same root and name", () => {
    const other = makeAuthority({ name: "Intermediate", issuer: root(), copy: 2 });
    assert.deepEqual(authorityFindings(served(intermediate(), root()), settings(other, root())), fine);
  });

  it("are refused with another root alone: Vault and the page are below the one before", () => {
    const { faults } = authorityFindings(
      served(intermediate(), root()),
      settings(nextIntermediate(), next()),
    );
    assert.equal(faults.length, 2);
    for (const [index, what] of [
      "Vault's listener",
      "the page \\(Secret podinfo/podinfo-wsp-cert\\)",
    ].entries()) {
      assert.match(
        faults[index]!,
        new RegExp(
          `^additionalRootCertificates: the certificate of ${what} is below the root "O=Home Lab, CN=Root".*pulumi config set`,
        ),
      );
    }
  });

  it("are fine with both roots, and the owner is told when the next one was not trusted first", () => {
    const both = settings(nextIntermediate(), next(), root());
    const before = served(intermediate(), root());
    const { faults, notes } = authorityFindings(before, both);
    assert.deepEqual(faults, []);
    assert.match(
      notes[0]!,
      new RegExp(`^caBundle: its root ${escaped(titleOf(next()))} is new.*additionalRootCertificates first`),
    );
    const prepared = { ...before, trusted: before.trusted + next().certificatePem };
    assert.deepEqual(authorityFindings(prepared, both), fine);
  });

  it("need the root before for as long as the page is below it", () => {
    const half = { ...served(nextIntermediate(), next()), page: served(intermediate(), root()).page };
    const { faults } = authorityFindings(half, settings(nextIntermediate(), next()));
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, /the page .* is below the root/);
    assert.deepEqual(
      authorityFindings(served(nextIntermediate(), next()), settings(nextIntermediate(), next())),
      fine,
    );
  });

  it("are refused with a key that stays, for the intermediate and for the root", () => {
    const renewed = { ...intermediate(), certificatePem: signedAgain(intermediate(), root()) };
    const { faults } = authorityFindings(served(intermediate(), root()), settings(renewed, root()));
    assert.equal(faults.length, 1);
    assert.match(
      faults[0]!,
      /^caBundle: "O=Home Lab, CN=Intermediate" .* has name and key of the CA before it .*key of its own/,
    );
    const again = openssl([
      "req",
      "-x509",
      "-key",
      root().keyFile,
      "-subj",
      "/O=Home Lab/CN=Root",
      "-days",
      "9",
    ]);
    const renewedRoot = { ...root(), certificatePem: again };
    const found = authorityFindings(served(intermediate(), root()), settings(intermediate(), renewedRoot));
    assert.match(
      found.faults.join("\n"),
      /caBundle: "O=Home Lab, CN=Root" .* has name and key of the CA before it/,
    );
  });

  it("are read from the bundle", () => {
    const { settings: read } = readWith({ caBundle: bundleOf(intermediate(), root()) });
    assert.equal(read!.signingCertificatePem, intermediate().certificatePem);
  });
});

function escaped(text: string): string {
  return text.replace(/[()]/g, "\\$&");
}
