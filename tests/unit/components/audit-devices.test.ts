import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { AuditDevices } from "../../../components";
import { assertChildren, assertOutputs, given } from "../../support/component-checks";
import { Recording } from "../../support/mocks";

describe("AuditDevices", () => {
  let recording: Recording;
  let component: AuditDevices;
  const devices = ["audit-file", "audit-stdout"];

  before(async () => {
    recording = await Recording.start();
    component = new AuditDevices("audit", undefined, {
      provider: new vault.Provider(given("vault"), { address: "https://192.168.1.242:8200" }),
      deletedWith: new pulumi.ComponentResource("test:index:Release", given("release")),
    });
    await recording.finish();
  });

  it("is two devices, so that one that cannot be written to does not stop Vault", () => {
    assert.equal(recording.get("audit").type, "cert-manager-vault:index:AuditDevices");
    assertChildren(recording, "audit", {
      "audit-file": "vault:index/audit:Audit",
      "audit-stdout": "vault:index/audit:Audit",
    });
    assert.deepEqual(
      devices.map((name) => {
        const { type, path, options } = recording.get(name).inputs;
        return [type, path, options.file_path];
      }),
      [
        ["file", "file", "/vault/audit/audit.log"],
        ["file", "stdout", "stdout"],
      ],
    );
  });

  it("logs no raw value, and into a file that only its owner reads", () => {
    for (const name of devices) {
      const { options } = recording.get(name).inputs;
      assert.equal(options.log_raw, "false", name);
      assert.equal(options.hmac_accessor, "true", name);
      assert.equal(options.mode, "0600", name);
    }
  });

  it("uses the given provider for all, and lets all go with what is given", () => {
    for (const name of devices) {
      assert.equal(recording.get(name).provider, given("vault"), name);
      assert.equal(recording.get(name).deletedWith, given("release"), name);
    }
  });

  it("gives the devices' paths only when both are enabled", async () => {
    await assertOutputs(recording, component, "audit", { paths: ["audit-file-id", "audit-stdout-id"] });
    const needed = await recording.dependencies(component.paths);
    assert.ok(devices.every((name) => needed.includes(name)));
  });

  it("takes another file", async () => {
    const other = await Recording.start();
    new AuditDevices("other", { filePath: "/logs/vault.log" });
    await other.finish();
    assert.equal(other.get("other-file").inputs.options.file_path, "/logs/vault.log");
  });
});
