import assert from "node:assert/strict";
import { inLab, kubectl, stackOutputs } from "./lab";

/** A secret of the stack: what it is called, and a part of it that is long enough to be no accident and on one line. */
export type Needle = [name: string, text: string];

/** Every secret of the stack. */
export async function secretNeedles(): Promise<Needle[]> {
  const outputs = await stackOutputs();
  const passphrase = await inLab(["pulumi", "config", "get", "caPassphrase"]);
  const bundle = await inLab(["pulumi", "config", "get", "caBundle"]);
  const encryptedKey = /-----BEGIN ENCRYPTED PRIVATE KEY-----[^-]+/.exec(bundle)?.[0];
  assert.ok(encryptedKey, "the lab's owner keeps the key encrypted");
  const decrypt = 'printf "%s" "$BUNDLE" | openssl pkey -passin env:PASS -outform PEM';
  const env = { BUNDLE: encryptedKey + "-----END ENCRYPTED PRIVATE KEY-----\n", PASS: passphrase.trim() };
  const key = await inLab(["sh", "-c", decrypt], { env });
  const listener = await kubectl("-n", "vault", "get", "secret", "vault-ui-tls");
  const needles: Needle[] = [
    ["root token", outputs.rootToken],
    ...outputs.unsealKeys.map((unsealKey: string): Needle => ["unseal key", unsealKey]),
    ["CA passphrase", passphrase.trim()],
    ["CA key", aLine(key)],
    ["encrypted CA key", aLine(encryptedKey)],
    ["listener's key", Buffer.from(listener.data["tls.key"], "base64").toString().split("\n")[1]!],
  ];
  for (const [name, text] of needles) {
    assert.ok(text.length >= 16, `the ${name} is long enough to search for`);
  }
  return needles;
}

export function assertClean(needles: Needle[], where: string, text: string): void {
  for (const [name, needle] of needles) {
    assert.ok(!text.includes(needle), `${where} shows the ${name} in clear`);
  }
}

function aLine(pem: string): string {
  return pem
    .split("\n")
    .filter((line) => line && !line.startsWith("-----"))[5]!
    .trim();
}
