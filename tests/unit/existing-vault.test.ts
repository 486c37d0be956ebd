import assert from "node:assert/strict";
import { migrationFaults } from "../../settings/existing-vault";

describe("a Vault that is there already", () => {
  const settings = (vaultReplicas: number, vaultStorage = "") => ({
    vaultNamespace: "vault",
    vaultReplicas,
    vaultStorage,
    vaultSnapshotSchedule: "",
  });

  it("with file storage is not turned into one with raft storage, and the reason is what would be lost", () => {
    for (const [wanted, name] of [
      [settings(3), "vaultReplicas"],
      [settings(1, "raft"), "vaultStorage"],
    ] as const) {
      const faults = migrationFaults({ storage: "file", replicas: 1 }, wanted);
      assert.equal(faults.length, 1);
      assert.match(
        faults[0]!,
        new RegExp(`^${name}: .*file storage.*keys.*issuing CA.*out of reach.*destroy`),
      );
    }
  });

  it("with raft storage is not turned into one with file storage", () => {
    assert.match(migrationFaults({ storage: "raft", replicas: 3 }, settings(1))[0]!, /raft storage/);
  });

  it("may get more nodes, but may not lose some that are still members", () => {
    assert.deepEqual(migrationFaults({ storage: "raft", replicas: 3 }, settings(5)), []);
    assert.match(migrationFaults({ storage: "raft", replicas: 3 }, settings(1, "raft"))[0]!, /has 3 nodes/);
  });

  it("may stay as it is", () => {
    assert.deepEqual(migrationFaults({ storage: "file", replicas: 1 }, settings(1)), []);
    assert.deepEqual(migrationFaults({ storage: "raft", replicas: 3 }, settings(3)), []);
  });
});
