import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { trustedHandshake } from "../../components/internal/trusted-handshake";

/** What the client has seen; written to its standard output as JSON. */
export interface HandshakeReport {
  made: number;
  /** Time and reason of each that failed. */
  failed: string[];
  /** How many of them were with each leaf, by its fingerprint. */
  leaves: Record<string, number>;
}

const at = { address: "192.168.1.241", port: 443, serverName: "podinfo.wsp.local" };
const atOnce = 3;
const pauseMilliseconds = 20;

/** Greets the page until a file appears, each time by a new connection, trusting nothing but the roots in ROOTS. */
async function main(end: string): Promise<void> {
  const report: HandshakeReport = { made: 0, failed: [], leaves: {} };
  const target = { ...at, trustedRootPem: process.env.ROOTS ?? "" };
  const greet = async () => {
    while (!existsSync(end)) {
      try {
        const { fingerprint } = await trustedHandshake(target, 10);
        report.made += 1;
        report.leaves[fingerprint] = (report.leaves[fingerprint] ?? 0) + 1;
      } catch (error) {
        report.failed.push(`${new Date().toISOString()} ${(error as Error).message}`);
      }
      await sleep(pauseMilliseconds);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, greet));
  process.stdout.write(JSON.stringify(report));
}

void main(process.argv[2]!);
