import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster/kubectl";
import { runInside } from "./cluster/run-inside";
import type { OfflineCa } from "./offline-ca";

/** What podinfo answers at its root, as far as it tells podinfo from anything else. */
interface PodinfoAnswer {
  hostname: string;
  version: string;
}

/** Fetches the page as a client in the lab that trusts nothing but the owner's root. */
export async function fetchPage(
  cluster: Cluster,
  url: string,
  ca: OfflineCa,
  timeoutSeconds = 60,
): Promise<PodinfoAnswer> {
  const curl = ["curl", "--silent", "--show-error", "--fail", "--max-time", "10"];
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    try {
      // An empty --capath keeps the machine's own roots out.
      const body = await runInside(cluster.namespaces, [
        ...curl,
        "--cacert",
        ca.rootCertificate,
        "--capath",
        "/dev/null",
        url,
      ]);
      return parseAnswer(body);
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(`${url} could not be fetched: ${(error as Error).message}`, { cause: error });
      }
      await sleep(1000);
    }
  }
}

function parseAnswer(body: string): PodinfoAnswer {
  const answer = JSON.parse(body) as Partial<PodinfoAnswer>;
  if (!answer.hostname || !answer.version) throw new Error(`not podinfo's answer: ${body.slice(0, 200)}`);
  return { hostname: answer.hostname, version: answer.version };
}
