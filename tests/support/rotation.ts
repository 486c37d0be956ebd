import * as path from "node:path";
import type { HandshakeReport } from "./handshake-client";
import { eventually, inLab, kubectl, tryInLab, vaultRead } from "./lab";
import { isReady } from "./renewal";
import type { RenewalReport } from "./renewal-client";

/** What clients and cert-manager saw while something was done. */
export interface Witnessed {
  handshakes: HandshakeReport;
  renewals: RenewalReport;
}

/**
 * Has a client greet the page all the time and cert-manager renew Certificates, until `meanwhile` is over.
 *
 * @param rootsPem PEM: all that the client trusts.
 * @param load How many Certificates, and how many of them at once are being renewed.
 */
export async function underWitness(
  rootsPem: string,
  load: { certificates: number; atOnce: number },
  meanwhile: () => Promise<void>,
): Promise<Witnessed> {
  const directory = (await inLab(["mktemp", "-d"])).trim();
  const end = path.join(directory, "end");
  const run = (program: string, args: string[], env: Record<string, string> = {}) =>
    tryInLab(["node", "--import", "tsx", path.join(__dirname, program), ...args, end], { env });
  const handshakes = run("handshake-client.ts", [], { ROOTS: rootsPem });
  const renewals = run("renewal-client.ts", [String(load.certificates), String(load.atOnce)]);
  try {
    await eventually("the Certificates that are to be renewed", 180, async () => {
      const { items } = await kubectl("-n", "default", "get", "certificates", "-l", "rotation=true");
      return items.length === load.certificates && items.every(({ status }: any) => isReady(status));
    });
    await meanwhile();
  } finally {
    await inLab(["touch", end]);
  }
  const report = async <T>(client: typeof handshakes): Promise<T> => {
    const { status, stdout, stderr } = await client;
    if (status !== 0) {
      throw new Error(`a client ended with ${status}: ${stderr}`);
    }
    return JSON.parse(stdout) as T;
  };
  const witnessed = {
    renewals: await report<RenewalReport>(renewals),
    handshakes: await report<HandshakeReport>(handshakes),
  };
  await inLab(["rm", "-r", directory]);
  return witnessed;
}

/** The issuers of a mount that have a key there, by name or else by Vault's ID. */
export async function issuersWithKey(mount: string): Promise<Record<string, any>> {
  const ids: string[] = await vaultRead("list", `${mount}/issuers`);
  const issuers = await Promise.all(
    ids.map(async (id) => (await vaultRead("read", `${mount}/issuer/${id}`)).data),
  );
  return Object.fromEntries(
    issuers.filter(({ key_id }) => key_id).map((issuer) => [issuer.issuer_name || issuer.issuer_id, issuer]),
  );
}

/** Makes the state say that what retired issuers have signed is over. */
export async function letLeavesEnd(): Promise<void> {
  const state = JSON.parse(await inLab(["pulumi", "stack", "export"]));
  for (const { type, outputs } of state.deployment.resources) {
    if (type.endsWith(":RetiredIssuers")) {
      for (const issuer of Object.values<any>(outputs.retired)) {
        issuer.until = new Date(Date.now() - 1000).toISOString();
      }
    }
  }
  await inLab(["pulumi", "stack", "import"], { input: JSON.stringify(state) });
}
