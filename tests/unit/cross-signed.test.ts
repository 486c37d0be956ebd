import assert from "node:assert/strict";
import { parseCaBundle, type ParsedCaBundle } from "../../components/internal/ca-bundle";
import {
  type Authority,
  type AuthorityWish,
  daysFromNow,
  makeAuthority,
  titleOf,
} from "../support/openssl-ca";

const makeRoot = (wish: Partial<AuthorityWish> = {}) => makeAuthority({ name: "Root", ...wish });
const makeIntermediate = (wish: Partial<AuthorityWish> = {}) =>
  makeAuthority({ name: "Intermediate", issuer: makeRoot(), ...wish });

function parse(key: Authority, ...certificates: Authority[]): ParsedCaBundle {
  return parseCaBundle(
    certificates.map(({ certificatePem }) => certificatePem).join("") + key.keyPem,
    undefined,
  );
}

/** One chain is used, and the certificate that is left out is named with the reason. */
function assertChosen(
  { bundle, faults, notes }: ParsedCaBundle,
  intermediate: Authority,
  root: Authority,
  out: Authority,
): void {
  assert.deepEqual(faults, []);
  assert.equal(bundle!.intermediatePem, intermediate.certificatePem);
  assert.equal(bundle!.rootPem, root.certificatePem);
  const about = notes.filter((note) => note.includes(`the certificate ${titleOf(out)}`));
  assert.equal(about.length, 1, notes.join("\n"));
  assert.match(
    about[0]!,
    /another one of the same CA .* left out, because cert-manager takes one chain only/,
  );
}

describe("A CA bundle with cross-signed certificates", () => {
  it("does without the one that another CA has given to the root", () => {
    const [root, intermediate] = [makeRoot(), makeIntermediate()];
    const cross = makeRoot({ issuer: makeRoot({ name: "Older Root" }), keyOf: root });
    for (const order of [
      [intermediate, root, cross],
      [cross, root, intermediate],
    ]) {
      assertChosen(parse(intermediate, ...order), intermediate, root, cross);
    }
  });

  it("does without the one of the intermediate that comes from a root which is not there", () => {
    const [root, intermediate] = [makeRoot(), makeIntermediate()];
    const cross = makeIntermediate({ issuer: makeRoot({ name: "Older Root" }), keyOf: intermediate });
    for (const order of [
      [intermediate, cross, root],
      [cross, intermediate, root],
    ]) {
      assertChosen(parse(intermediate, ...order), intermediate, root, cross);
    }
  });

  it("takes the intermediate that ends later of two that the same root has signed for one key", () => {
    const [root, before] = [makeRoot(), makeIntermediate({ notAfter: daysFromNow(2500) })];
    const renewed = makeIntermediate({ keyOf: before, notAfter: daysFromNow(3000) });
    assertChosen(parse(before, before, renewed, root), renewed, root, before);
    assertChosen(parse(before, root, renewed, before), renewed, root, before);
  });

  it("takes the root that ends later of two for one key", () => {
    const [root, intermediate] = [makeRoot(), makeIntermediate()];
    const longer = makeRoot({ keyOf: root, notAfter: daysFromNow(5000) });
    assertChosen(parse(intermediate, intermediate, root, longer), intermediate, longer, root);
  });
});
