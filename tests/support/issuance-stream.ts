import { inLab, kubectl, stackOutputs, tryInLab } from "./lab";

/** How Vault answered while something was done to it. */
export interface Answers {
  asked: number;
  signed: number;
  /** The longest time between two signatures, seconds. */
  gapSeconds: number;
}

/**
 * Asks Vault at its LoadBalancer address for a signature five times a second, each time over a new connection, until
 * `meanwhile` is over.
 */
export async function signAllTheTime(signPath: string, meanwhile: () => Promise<void>): Promise<Answers> {
  const { rootToken } = await stackOutputs();
  const directory = (await inLab(["mktemp", "-d"])).trim();
  // The token comes by the environment and goes on by a file descriptor, so that it is no argument.
  const script = `cd ${directory}
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=stream.homelab.local 2>/dev/null |
  sed ':a;N;$!ba;s/\\n/\\\\n/g;s/.*/{"common_name":"stream.homelab.local","ttl":"1h","csr":"&"}/' >request
while ! [ -e end ]; do
  status=$(printf 'header = "X-Vault-Token: %s"' "$TOKEN" | curl -sS -K - --cacert "$VAULT_CACERT" \\
    --max-time 3 -o /dev/null -w '%{http_code}' -d @request "$VAULT_ADDR/v1/${signPath}" 2>/dev/null)
  echo "$(date +%s%3N) $status"
  sleep 0.2
done`;
  const stream = tryInLab(["bash", "-c", script], { env: { TOKEN: rootToken } });
  try {
    await meanwhile();
  } finally {
    await inLab(["touch", `${directory}/end`]);
  }
  const answers = (await stream).stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number) as [number, number]);
  await inLab(["rm", "-r", directory]);
  const signed = answers.filter(([, status]) => status === 200).map(([time]) => time);
  const gaps = signed.slice(1).map((time, index) => time - signed[index]!);
  return { asked: answers.length, signed: signed.length, gapSeconds: Math.max(...gaps) / 1000 };
}

/** A Certificate of the ClusterIssuer in the namespace `default`. */
export async function requestCertificate(name: string): Promise<void> {
  const certificate = {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name, namespace: "default", labels: { stream: "true" } },
    spec: {
      secretName: name,
      dnsNames: [`${name}.homelab.local`],
      privateKey: { algorithm: "ECDSA", size: 256 },
      issuerRef: { name: "vault-issuer", kind: "ClusterIssuer" },
    },
  };
  await inLab(["kubectl", "apply", "-f", "-"], { input: JSON.stringify(certificate) });
}

/** Names of the requested Certificates that are not Ready. */
export async function certificatesNotReady(): Promise<string[]> {
  const { items } = await kubectl("-n", "default", "get", "certificates", "-l", "stream=true");
  return items
    .filter((item: any) =>
      (item.status?.conditions ?? []).every(
        (condition: any) => condition.type !== "Ready" || condition.status !== "True",
      ),
    )
    .map((item: any) => item.metadata.name);
}

export async function removeCertificates(): Promise<void> {
  const { items } = await kubectl("-n", "default", "get", "certificates", "-l", "stream=true");
  const names = items.map((item: any) => item.metadata.name);
  await inLab(["kubectl", "-n", "default", "delete", "certificates", "-l", "stream=true"]);
  await inLab(["kubectl", "-n", "default", "delete", "secrets", "--ignore-not-found", ...names]);
}
