import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { AuditDevices } from "../../components/audit-devices";

describe("AuditDevices", () => {
  const made: pulumi.runtime.MockResourceArgs[] = [];

  before(async () => {
    await pulumi.runtime.setMocks({
      newResource: (args) => {
        made.push(args);
        return { id: String(args.inputs.path ?? args.name), state: args.inputs };
      },
      call: () => ({}),
    });
    const audit = new AuditDevices("audit", { filePath: "/vault/audit/audit.log" });
    const paths = await new Promise((resolve) => audit.paths.apply(resolve));
    assert.deepEqual(paths, ["file", "stdout"]);
  });

  it("are two, so that one that cannot be written to does not stop Vault", () => {
    const devices = made.filter(({ type }) => type === "vault:index/audit:Audit");
    assert.deepEqual(
      devices.map(({ name, inputs }) => [name, inputs.type, inputs.path, inputs.options.file_path]),
      [
        ["audit-file", "file", "file", "/vault/audit/audit.log"],
        ["audit-stdout", "file", "stdout", "stdout"],
      ],
    );
  });

  it("log no raw value, and a file that only its owner reads", () => {
    for (const { name, inputs } of made.filter(({ type }) => type === "vault:index/audit:Audit")) {
      assert.equal(inputs.options.log_raw, "false", name);
      assert.equal(inputs.options.hmac_accessor, "true", name);
      assert.equal(inputs.options.mode, "0600", name);
    }
  });
});
