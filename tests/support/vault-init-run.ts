import { readFileSync, writeFileSync } from "node:fs";
import { vaultKeysProvider } from "../../components/internal/vault-keys-resource";
import { vaultUnsealProvider } from "../../components/internal/vault-unseal-resource";

/** What `pulumi up` does of VaultInit, as a process that can be killed; the checkpoint is a file. */
async function run(): Promise<void> {
  const { inputs, checkpoint, hangBeforeCheckpoint } = JSON.parse(readFileSync(0, "utf8"));
  const { outs } = await vaultKeysProvider.create(inputs);
  if (hangBeforeCheckpoint) {
    setInterval(() => undefined, 1000);
    process.stdout.write("created\n");
    return;
  }
  writeFileSync(checkpoint, JSON.stringify(outs));
  await vaultUnsealProvider.create({ ...inputs, unsealKeys: outs!.unsealKeys });
}

void run();
