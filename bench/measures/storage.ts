import { inLab, stackOutputs, vaultDo } from "../../tests/support/lab";
import type { Measure } from "../measure";
import { inside } from "../timed";

const mount = "bench_pki";
const leaves = 1000;

/** Also the ends of the figures' names. */
const roles = ["stored", "no-store"];

export const storage: Measure = {
  name: "storage",
  about: `growth of Vault's storage by ${leaves} leaves of one hour, with and without no_store`,
  async once({ stack, record, progress }) {
    await stack.standing();
    await makeMount();
    try {
      const request = await certificateRequest();
      for (const role of roles) {
        progress(`${leaves} signatures, ${role}`);
        const before = await storedKiB();
        const seconds = await sign(`${mount}/sign/${role}`, request);
        record(`storage-${role}`, (await storedKiB()) - before);
        record(`signing-${role}`, leaves / seconds);
      }
    } finally {
      await vaultDo(["secrets", "disable", mount]);
    }
  },
};

/** A CA of its own, so that the stack's keeps to itself. */
async function makeMount(): Promise<void> {
  await vaultDo(["secrets", "enable", `-path=${mount}`, "pki"]);
  await vaultDo([
    "write",
    `${mount}/root/generate/internal`,
    "common_name=bench CA",
    "key_type=rsa",
    "key_bits=2048",
  ]);
  for (const role of roles) {
    await vaultDo([
      ...["write", `${mount}/roles/${role}`, "allowed_domains=bench.example", "allow_subdomains=true"],
      ...["key_type=any", "max_ttl=1h", `no_store=${role === "no-store"}`],
    ]);
  }
}

async function certificateRequest(): Promise<string> {
  return inLab([
    ...["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-keyout", "/dev/null", "-subj", "/CN=leaf.bench.example"],
  ]);
}

async function sign(path: string, request: string): Promise<number> {
  const { rootToken } = (await stackOutputs()) as { rootToken: string };
  const env = { VAULT_TOKEN: rootToken };
  return Number(await inLab(inside("sign-leaves.ts", path, String(leaves)), { input: request, env }));
}

/** What Vault's data volume holds, in whole blocks, as the disk loses them. */
async function storedKiB(): Promise<number> {
  const du = ["kubectl", "-n", "vault", "exec", "vault-0", "-c", "vault", "--", "du", "-sk", "/vault/data"];
  return parseInt(await inLab(du), 10);
}
