import assert from "node:assert/strict";
import type { GivenChain } from "../../settings/ca-origin";
import { ruleFaults, type ReadableSettings } from "../../settings/rules";

const now = new Date("2026-01-01T00:00:00Z");

function faults(settings: ReadableSettings, chain?: GivenChain): string[] {
  return ruleFaults(settings, chain, now);
}

describe("rules between settings", () => {
  it("let the listener's certificate be renewed in every run, but not before it begins", () => {
    const life = { vaultListenerCertificateHours: 48 };
    assert.deepEqual(faults({ ...life, vaultListenerRenewalHours: 48 }), []);
    const [fault, ...others] = faults({ ...life, vaultListenerRenewalHours: 49 });
    assert.match(fault!, /^vaultListenerRenewalHours: 49 .* give at most 48$/);
    assert.deepEqual(others, []);
  });

  it("let the listener's certificate live no longer than the CA that signs it", () => {
    const chain: GivenChain = {
      setting: "caBundle",
      ends: { what: 'intermediate "CN=Lab"', at: new Date("2026-01-02T00:00:00Z") },
      nameConstraints: [],
      signsListener: true,
    };
    assert.deepEqual(faults({ vaultListenerCertificateHours: 24 }, chain), []);
    const [fault, ...others] = faults({ vaultListenerCertificateHours: 25 }, chain);
    assert.match(fault!, /^vaultListenerCertificateHours: 25 .*"CN=Lab".* give at most 24, /);
    assert.deepEqual(others, []);
    assert.deepEqual(faults({ vaultListenerCertificateHours: 25 }, { ...chain, signsListener: false }), []);
  });

  it("let no more audit logs be kept than the volume holds", () => {
    const volume = { vaultAuditStorageSize: "10Gi" };
    assert.deepEqual(faults({ ...volume, vaultAuditLogMaxSize: "2Gi" }), []);
    assert.deepEqual(faults({ ...volume, vaultAuditLogMaxSize: "" }), []);
    const [fault, ...others] = faults({ ...volume, vaultAuditLogMaxSize: "2049Mi" });
    assert.match(
      fault!,
      /^vaultAuditLogMaxSize: 5 files of 2049Mi do not fit into vaultAuditStorageSize \(10Gi\)/,
    );
    assert.deepEqual(others, []);
  });
});
