import assert from "node:assert/strict";
import { tryInLab } from "./lab";

/** A new root token, by unseal keys alone. https://developer.hashicorp.com/vault/tutorials/operations/generate-root */
export async function generateRootToken(unsealKeys: string[]): Promise<string> {
  const { nonce, otp } = JSON.parse(await vault(["-init", "-format=json"]));
  let answer: { encoded_token?: string } = {};
  for (const key of unsealKeys) {
    answer = JSON.parse(await vault(["-format=json", `-nonce=${nonce}`, "-"], key));
  }
  return (await vault(["-decode=-", `-otp=${otp}`], answer.encoded_token)).trim();
}

async function vault(args: string[], input?: string): Promise<string> {
  const { status, stdout, stderr } = await tryInLab(["vault", "operator", "generate-root", ...args], {
    input,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}
