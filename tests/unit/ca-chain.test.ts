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

describe("The CA chain", () => {
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

  it("accepts a root that signed itself with SHA-1, which nobody checks", () => {
    const root = makeRoot({ digest: "sha1" });
    assert.deepEqual(parse(makeIntermediate({ issuer: root }), root).faults, []);
  });

  it("judges by the time it is given", () => {
    const intermediate = makeIntermediate({ notAfter: daysFromNow(10) });
    assert.deepEqual(parse(intermediate, makeRoot(), daysFromNow(9)).faults, []);
    assertOneFault(parse(intermediate, makeRoot(), daysFromNow(11)), /expired/);
    assert.equal(parse(intermediate, makeRoot(), daysFromNow(-2)).faults.length, 2, "both are too young");
  });
});
