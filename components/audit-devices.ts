import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";

export interface AuditDevicesArgs {
  /** File in Vault's pod that receives the log, on a volume of its own. Default `/vault/audit/audit.log`. */
  filePath?: pulumi.Input<string>;
}

/**
 * Vault's record of who asked for what: a file on the audit volume and the pod's standard output, one JSON object a
 * request and an answer. Values are written as HMACs with a key that never leaves Vault, so that no secret is in the log,
 * and what is known can still be looked up: `vault write sys/audit-hash/file input=VALUE`.
 *
 * Two devices, because Vault serves a request as long as one of them can be written to, and none when none can.
 *
 * @example
 * ```ts
 * const audit = new AuditDevices("audit", {}, { provider: vaultProvider, deletedWith: server.release });
 * const parentCa = new ImportedCa("parent-ca", { … }, { provider: vaultProvider, dependsOn: audit });
 * ```
 */
export class AuditDevices extends pulumi.ComponentResource {
  /** Paths of the devices inside Vault; resolve when both are enabled. */
  public readonly paths: pulumi.Output<string[]>;

  constructor(name: string, args: AuditDevicesArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:AuditDevices", name, args, opts);
    const child = { parent: this, deletedWith: opts?.deletedWith };

    const file = createDevice(name, "file", args.filePath ?? "/vault/audit/audit.log", child);
    const stdout = createDevice(name, "stdout", "stdout", child);

    this.paths = pulumi.all([file.id, stdout.id]);
    this.registerOutputs({ paths: this.paths });
  }
}

/** https://developer.hashicorp.com/vault/docs/audit/file; the word `stdout` in place of a path is the file device's own. */
function createDevice(
  name: string,
  path: string,
  filePath: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): vault.Audit {
  return new vault.Audit(
    `${name}-${path}`,
    {
      type: "file",
      path,
      options: { file_path: filePath, mode: "0600", log_raw: "false", hmac_accessor: "true" },
    },
    opts,
  );
}
