import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { eventually, inLab, servedChain, stackOutputs } from "./lab";

const address = "192.168.1.241:443";
const host = "podinfo.wsp.local";

/** The page as a client sees it that trusts nothing but this root. */
export async function fetchPage(rootPem: string): Promise<{ message: string }> {
  const script =
    'printf "%s" "$ROOT" | curl -fsS --cacert /dev/stdin --capath /dev/null https://podinfo.wsp.local';
  return JSON.parse(await inLab(["sh", "-c", script], { env: { ROOT: rootPem } }));
}

/** Has the page's certificate issued again, and waits until it is served and trusted by the root alone. */
export async function issueAgain(seconds = 120): Promise<string[]> {
  const before = (await servedChain(address, host))[0];
  await inLab(["kubectl", "-n", "podinfo", "delete", "secret", "podinfo-wsp-cert"]);
  let chain: string[] = [];
  await eventually("a new certificate on the page", seconds, async () => {
    chain = await servedChain(address, host);
    return (
      chain.length === 3 && chain[0] !== before && new X509Certificate(chain[0]!).checkHost(host) === host
    );
  });
  const { rootCaPem } = await stackOutputs();
  assert.match((await fetchPage(rootCaPem)).message, /podinfo/);
  return chain;
}
