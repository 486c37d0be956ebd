import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import * as path from "node:path";
import type { AcmeOrder } from "../support/acme-order";
import { inLab, tryInLab, vaultRead, type CommandResult } from "../support/lab";
import { StackRun } from "../support/stack";

const directoryUrl = "https://192.168.1.242:8200/v1/pki_int/acme/directory";
const node = "192.168.1.10";
const port = 8089;
const domain = "default.svc.cluster.local";
const host = `acme-client.${domain}`;

/** A name that Vault's pod resolves, for a client on the machine, which stands outside the cluster. */
const nameOfClient = [
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "acme-client", namespace: "default" },
    spec: { ports: [{ name: "http", port: 80 }] },
  },
  {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "acme-client",
      namespace: "default",
      labels: { "kubernetes.io/service-name": "acme-client" },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: [node], conditions: { ready: true } }],
    ports: [{ name: "http", port }],
  },
];

/** As somebody on another machine who trusts the owner's root. */
async function order(wish: Partial<AcmeOrder>): Promise<CommandResult> {
  const script = 'NODE_EXTRA_CA_CERTS="$VAULT_CACERT" exec "$0" --import=tsx "$1"';
  const program = path.join(__dirname, "../support/acme-order.ts");
  const input = JSON.stringify({ directoryUrl, host, address: node, port, ...wish });
  return tryInLab(["sh", "-c", script, process.execPath, program], { input });
}

/** The documented command. */
async function newBinding(): Promise<{ kid: string; hmacKey: string }> {
  const { id, key } = (await vaultRead("write", "-force", "pki_int/acme/new-eab")).data;
  return { kid: id, hmacKey: key };
}

describe("the issuing CA as an ACME server", function () {
  this.timeout(300_000);
  let run: StackRun;

  before(async () => {
    const domains = ["homelab.local", "wsp.local", "podinfo", domain];
    run = await StackRun.with({ acme: true, domains });
    await run.up();
    const list = { apiVersion: "v1", kind: "List", items: nameOfClient };
    await inLab(["kubectl", "apply", "-f", "-"], { input: JSON.stringify(list) });
  });

  after(async () => {
    await inLab(["kubectl", "delete", "--ignore-not-found", "service,endpointslice", "acme-client"]);
    run.forget();
  });

  it("gives a certificate to a standard client that has an external account binding and answers for its host", async () => {
    const { status, stdout, stderr } = await order({ binding: await newBinding() });
    assert.equal(status, 0, stderr);
    const chain = stdout.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const leaf = new X509Certificate(chain[0]!);
    assert.ok(leaf.checkHost(host), leaf.subjectAltName);
    assert.ok(Date.parse(leaf.validTo) - Date.now() <= 24 * 3600_000, "the role's life");
    const verify =
      'd=$(mktemp -d); trap "rm -r $d" EXIT; printf "%s" "$LEAF" >$d/leaf; printf "%s" "$REST" >$d/rest; ' +
      'openssl verify -x509_strict -no-CApath -no-CAstore -CAfile "$VAULT_CACERT" -untrusted $d/rest $d/leaf';
    const env = { LEAF: chain[0]!, REST: chain.slice(1).join("\n") };
    assert.match(await inLab(["sh", "-c", verify], { env }), /: OK/);
  });

  it("gives none to a client without a binding, or with one that was used", async () => {
    const without = await order({});
    assert.notEqual(without.status, 0);
    assert.match(without.stderr, /externalAccountBinding/);
    const binding = await newBinding();
    assert.equal((await order({ binding })).status, 0);
    const again = await order({ binding });
    assert.notEqual(again.status, 0);
    assert.match(again.stderr, /failed to verify eab/);
  });

  it("gives none for a host outside the role's domains", async () => {
    const { status, stderr } = await order({ host: "www.example.org", binding: await newBinding() });
    assert.notEqual(status, 0);
    assert.match(stderr, /will not issue certificate for name www\.example\.org/);
  });

  it("is away after a run with the lab's own settings, which ask for none", async () => {
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
    const curl = 'curl -s -o /dev/null -w "%{http_code}" --cacert "$VAULT_CACERT" "$0"';
    assert.equal(await inLab(["sh", "-c", curl, directoryUrl]), "404");
    await inLab(["pulumi", "preview", "--refresh", "--non-interactive", "--expect-no-changes"]);
  });
});
