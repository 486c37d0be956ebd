import assert from "node:assert/strict";
import { criticalPath, partsOf, type PathObjects } from "../../../bench/critical-path";

/** Seconds after a moment, as Kubernetes writes them. */
function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}

function ready(seconds: number, status = "True"): object[] {
  return [
    { type: "Initialized", status: "True", lastTransitionTime: at(0) },
    { type: "Ready", status, lastTransitionTime: at(seconds) },
  ];
}

function objects(): PathObjects {
  const vault = {
    metadata: { name: "vault-0", creationTimestamp: at(10) },
    status: {
      containerStatuses: [
        { name: "unsealer", state: { running: { startedAt: at(99) } } },
        { name: "vault", state: { running: { startedAt: at(13) } } },
      ],
    },
  };
  const webhook = {
    metadata: { name: "webhook", creationTimestamp: at(20) },
    status: { conditions: ready(31) },
  };
  const certificate = {
    metadata: { name: "page", creationTimestamp: at(40) },
    status: { conditions: ready(42) },
  };
  const vaultLog = `${at(14)} [INFO]  core: security barrier initialized\n${at(17.5)} [INFO]  core: vault is unsealed\n${at(60)} [INFO]  core: vault is unsealed\n`;
  return { vault, webhook, certificate, vaultLog } as unknown as PathObjects;
}

describe("The critical path", () => {
  it("has its parts from the objects' own times and Vault's first word of being unsealed", () => {
    assert.deepEqual(partsOf(objects()), { vaultStart: 3, vaultInit: 4.5, webhook: 11, issuance: 2 });
  });

  it("has no part below nothing: Kubernetes tells whole seconds, and Vault's log more", () => {
    const early = { ...objects(), vaultLog: `${at(12.9)} [INFO]  core: vault is unsealed\n` };
    assert.equal(partsOf(early).vaultInit, 0);
  });

  it("refuses objects that are not yet what they are to become", () => {
    assert.throws(() => partsOf({ ...objects(), vaultLog: "" }), /unsealed/);
    const webhook = { ...objects().webhook, status: { conditions: ready(31, "False") } };
    assert.throws(() => partsOf({ ...objects(), webhook } as PathObjects), /webhook is not Ready/);
  });

  it("is the longer of the two that come up beside each other, and the certificate after it", () => {
    const parts = { vaultStart: [3], vaultInit: [4], webhook: [11], issuance: [2] };
    assert.equal(criticalPath(parts), 13);
    assert.equal(criticalPath({ ...parts, vaultInit: [9] }), 14);
  });

  it("takes of each part the shortest that there was", () => {
    assert.equal(
      criticalPath({ vaultStart: [5, 3], vaultInit: [30, 10], webhook: [11, 12], issuance: [4, 1] }),
      14,
    );
  });

  it("is unknown while a part is", () => {
    assert.equal(criticalPath({ vaultStart: [3], vaultInit: [4], webhook: [], issuance: [2] }), undefined);
  });
});
