import assert from "node:assert/strict";
import { inLab } from "./lab";

/** `openssl verify` as the most sceptical client: only this root, the rest of the chain untrusted. */
export async function verifyWithOnlyTheRoot(
  leaf: string,
  untrusted: string[],
  rootPem: string,
): Promise<void> {
  const script =
    'd=$(mktemp -d); trap "rm -r $d" EXIT; printf "%s" "$LEAF" >$d/leaf; printf "%s" "$REST" >$d/rest; printf "%s" "$ROOT" >$d/root; ' +
    "openssl verify -x509_strict -no-CApath -no-CAstore -CAfile $d/root -untrusted $d/rest $d/leaf";
  const env = { LEAF: leaf, REST: untrusted.join("\n"), ROOT: rootPem };
  assert.match(await inLab(["sh", "-c", script], { env }), /: OK/);
}
