import * as http from "node:http";
import { json } from "node:stream/consumers";
import * as acme from "acme-client";

/** What is to be ordered; comes as JSON on standard input. */
export interface AcmeOrder {
  directoryUrl: string;
  /** Common name and only name of the certificate. */
  host: string;
  /** Where the host's port 80 leads to, on the machine that this runs on. */
  address: string;
  port: number;
  /** External account binding; an account without one when left out. */
  binding?: { kid: string; hmacKey: string };
}

/**
 * Orders a certificate as a host outside the cluster does: a new account, a challenge by http, a key that stays here.
 * Writes the certificate and its chain to standard output.
 */
async function order({ directoryUrl, host, address, port, binding }: AcmeOrder): Promise<void> {
  const answers = new Map<string, string>();
  const server = http.createServer((request, response) => {
    const answer = answers.get(request.url ?? "");
    response.writeHead(answer ? 200 : 404).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  const client = new acme.Client({
    directoryUrl,
    accountKey: await acme.crypto.createPrivateEcdsaKey(),
    ...(binding ? { externalAccountBinding: binding } : {}),
  });
  const place = ({ token }: { token: string }) => `/.well-known/acme-challenge/${token}`;
  try {
    const [, csr] = await acme.crypto.createCsr(
      { commonName: host },
      await acme.crypto.createPrivateEcdsaKey(),
    );
    const certificate = await client.auto({
      csr,
      termsOfServiceAgreed: true,
      challengePriority: ["http-01"],
      // Vault does it.
      skipChallengeVerification: true,
      challengeCreateFn: async (_, challenge, answer) => void answers.set(place(challenge), answer),
      challengeRemoveFn: async (_, challenge) => void answers.delete(place(challenge)),
    });
    process.stdout.write(certificate);
  } finally {
    server.close();
  }
}

async function main(): Promise<void> {
  await order((await json(process.stdin)) as AcmeOrder);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
