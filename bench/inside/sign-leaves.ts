import * as https from "node:https";
import { readFileSync } from "node:fs";
import { callVault, expectOk } from "../../components/internal/vault-client";

/** Requests that are on their way at a time. */
const atOnce = 4;

/**
 * `sign-leaves.ts PATH COUNT` has Vault sign the request on standard input so many times, each for an hour, and prints
 * how many seconds that took. The token is in VAULT_TOKEN.
 */
async function main([path, count]: string[]): Promise<void> {
  const { VAULT_ADDR: address, VAULT_CACERT: caFile, VAULT_TOKEN: token } = process.env;
  const body = { csr: readFileSync(0, "utf8"), common_name: "leaf.bench.example", ttl: "1h" };
  const connection = new https.Agent({ keepAlive: true, maxSockets: atOnce });
  const vault = { address: address!, caPem: readFileSync(caFile!, "utf8"), connection };
  let left = Number(count);
  const sign = async (): Promise<void> => {
    while (left-- > 0) {
      expectOk("sign a leaf", await callVault(vault, { method: "POST", path: path!, token, body }));
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: atOnce }, sign));
  process.stdout.write(String((performance.now() - began) / 1000));
  connection.destroy();
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
