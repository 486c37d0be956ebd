import assert from "node:assert/strict";
import { badCertificates } from "../support/bad-ca-bundles/certificates";
import { badChains } from "../support/bad-ca-bundles/chains";
import { badConstraints } from "../support/bad-ca-bundles/constraints";
import { badKeys } from "../support/bad-ca-bundles/keys";
import { badPkcs12 } from "../support/bad-ca-bundles/pkcs12";
import type { BadBundle, BadBundleRow } from "../support/bad-ca-bundles/row";
import { badTexts } from "../support/bad-ca-bundles/texts";
import { titleOf } from "../support/openssl-ca";
import { readWith } from "../support/settings";

const tables: [title: string, rows: BadBundleRow[]][] = [
  ["certificates", badCertificates],
  ["chains", badChains],
  ["name constraints", badConstraints],
  ["keys", badKeys],
  ["texts", badTexts],
  ["PKCS#12 files", badPkcs12],
];

/** Every run of base64 that is long enough to tell something, and every passphrase. */
function secretsOf({ pem, passphrase }: BadBundle): string[] {
  const keys = pem.match(/PRIVATE KEY-----[^-]*-----END/g) ?? [];
  return [
    ...keys.flatMap((key) => key.match(/[A-Za-z0-9+/]{12,}/g) ?? []),
    ...(passphrase ? [passphrase] : []),
  ];
}

let tried = 0;
const different = new Set<string>();

describe("caBundle refuses, before anything is created,", () => {
  for (const [title, rows] of tables) {
    describe(title, () => {
      for (const [what, make] of rows) {
        it(what, () => {
          const bad = make();
          const { settings, faults } = readWith({ caBundle: bad.pem, caPassphrase: bad.passphrase ?? "" });
          const report = faults.join("\n");
          assert.ok(settings === undefined, "it is accepted");
          const fault = faults.find((line) => bad.says.test(line));
          assert.ok(fault !== undefined, `nothing says ${String(bad.says)}:\n${report}`);
          for (const authority of bad.about ?? []) {
            assert.ok(fault.includes(titleOf(authority)), `${titleOf(authority)} is not named:\n${fault}`);
          }
          for (const line of faults) {
            assert.match(
              line,
              /^(caBundle|domains|parentCaMaxTtl|vaultListenerCertificateHours): [^]+[:,;] [^]+/,
              "the setting, what is wrong, what to do",
            );
          }
          for (const secret of secretsOf(bad)) {
            assert.ok(!report.includes(secret), "nothing of the key or the passphrase is repeated");
          }
          tried += 1;
          different.add(JSON.stringify([bad.pem, bad.passphrase]));
        });
      }
    });
  }
});

describe("caBundle's refusals", () => {
  it("are of 60 bundles or more, no two of them the same", () => {
    assert.equal(different.size, tried, "no two are the same");
    const rows = tables.flatMap(([, table]) => table).length;
    assert.ok(rows >= 60, `${rows} are not 60`);
  });
});
