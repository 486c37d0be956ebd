import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { forgetStackOutputs, inLab, servedChain, stackOutputs } from "./lab";
import { fetchPage } from "./page";
import { StackRun } from "./stack";
import { verifyWithOnlyTheRoot } from "./verify-chain";

/** The lab's stack with a CA of another origin, in place of what is there. Destroy it in the end: an origin stays. */
export async function stackOfOrigin(
  caOrigin: string,
  settings: Record<string, unknown> = {},
): Promise<StackRun> {
  const run = await StackRun.with({ caBundle: undefined, caPassphrase: undefined, caOrigin, ...settings });
  await run.destroy();
  forgetStackOutputs();
  return run;
}

/**
 * The page is fetched, and the chain that it serves verifies, by a client that trusts nothing but the root which the
 * stack gives. Gives the names in the chain, from the leaf to the root.
 */
export async function assertTrustedPage(): Promise<string[]> {
  forgetStackOutputs();
  const { rootCaPem } = await stackOutputs();
  assert.match((await fetchPage(rootCaPem)).message, /podinfo/);
  const chain = await servedChain("192.168.1.241:443", "podinfo.wsp.local");
  await verifyWithOnlyTheRoot(chain[0]!, chain.slice(1), rootCaPem);
  return [...chain, rootCaPem].map((pem) => /CN=([^\n]*)/.exec(new X509Certificate(pem).subject)?.[1] ?? "");
}

/** What Vault answers to Pulumi's token, checked against the CA that the stack gives for Vault. */
export async function vaultAnswer(...command: string[]): Promise<any> {
  const { vaultToken, vaultCaPem } = await stackOutputs();
  const env = { VAULT_TOKEN: vaultToken, VAULT_CACERT_BYTES: vaultCaPem, VAULT_FORMAT: "json" };
  // The file would be taken instead.
  return JSON.parse(await inLab(["env", "-u", "VAULT_CACERT", "vault", ...command], { env }));
}
