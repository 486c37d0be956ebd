import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { warnOfExpiry } from "../../expiry-warnings";
import { IssuerKind, type IssuerSettings } from "../../settings/issuers";
import type { PlainSettings } from "../../settings/table";
import { FakeCluster } from "../support/fake-cluster";
import { Recording, resolved } from "../support/mocks";
import { daysFromNow, makeAuthority, titleOf, type Authority } from "../support/openssl-ca";

const certificatesPath = "/apis/cert-manager.io/v1/certificates";
const secretPath = "/api/v1/namespaces/vault/secrets/vault-ui-tls";
const hour = 1 / 24;

/** A Certificate of a day's life that cert-manager was to renew with a third of it left. */
function certificate(
  name: string,
  hoursLeft: number,
  issuer = "vault-issuer",
  kind: string | undefined = "ClusterIssuer",
  namespace = "web",
): object {
  const end = hoursLeft * hour;
  return {
    metadata: { namespace, name },
    spec: { issuerRef: { ...(kind ? { kind } : {}), name: issuer } },
    status: {
      notBefore: daysFromNow(end - 1).toISOString(),
      notAfter: daysFromNow(end).toISOString(),
      renewalTime: daysFromNow(end - 1 / 3).toISOString(),
    },
  };
}

describe("A run", function () {
  this.timeout(20_000);
  const root = makeAuthority({ name: "Root" });
  const parent = makeAuthority({ name: "Intermediate", issuer: root });
  const issuing = makeAuthority({ name: "Issuing", issuer: parent });
  let cluster: FakeCluster;

  beforeEach(async () => {
    cluster = await FakeCluster.start();
  });

  afterEach(() => cluster.stop());

  /** The lines that a run, or a preview, warns with. */
  async function warnings(
    certificates: { root?: Authority; parent?: Authority; issuing?: Authority; further?: Authority[] } = {},
    changes: Partial<PlainSettings> = {},
    preview = false,
  ): Promise<string[]> {
    await Recording.start(preview);
    const settings = {
      expiryWarningPercent: 20,
      clusterIssuerName: "vault-issuer",
      issuers: [] as IssuerSettings[],
      vaultNamespace: "vault",
      vaultListenerRenewalHours: 720,
      ...changes,
    } as PlainSettings;
    const lines: string[] = [];
    const all = { root, parent, issuing, further: [], ...certificates };
    const looked = warnOfExpiry(
      { environment: undefined, kubeconfig: cluster.kubeconfig },
      settings,
      // Nothing answers there.
      pulumi.output("https://127.0.0.1:8200"),
      {
        root: pulumi.output(all.root.certificatePem),
        parent: pulumi.output(all.parent.certificatePem),
        issuing: pulumi.output(all.issuing.certificatePem),
      },
      all.further.map(({ certificatePem }) => pulumi.output(certificatePem)),
      pulumi.output("issued"),
      async (line) => void lines.push(line),
    );
    await resolved(looked);
    return lines;
  }

  const old = (name: string, issuer?: Authority) =>
    makeAuthority({ name, issuer, notBefore: daysFromNow(-90), notAfter: daysFromNow(10) });

  it("warns of nothing while everything has time", async () => {
    cluster.objects[certificatesPath] = { items: [certificate("page", 9)] };
    assert.deepEqual(await warnings(), []);
  });

  it("warns of each CA that ends soon, with its serial, one line each", async () => {
    const ending = { root: old("Root"), parent: old("Intermediate"), issuing: old("Issuing") };
    const lines = await warnings(ending);
    assert.equal(lines.length, 3, lines.join("\n"));
    for (const authority of Object.values(ending)) {
      const title = titleOf(authority);
      assert.equal(lines.filter((line) => line.includes(`${title} ends at `)).length, 1, title);
    }
    assert.ok(lines.every((line) => line.includes(", in 9 days: ") && !line.includes("\n")));
  });

  it("warns of the issuing CA of every mount, and what to do is the same", async () => {
    const further = [old("Issuing pki_clients"), makeAuthority({ name: "Issuing pki_team", issuer: parent })];
    const lines = await warnings({ further });
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.ok(lines[0]!.startsWith(`the issuing CA ${titleOf(further[0]!)} ends at `), lines[0]);
    assert.match(lines[0]!, /: "pulumi config set issuingCaGeneration NUMBER"/);
  });

  it("does so in a preview too, with what it knows of the state", async () => {
    const lines = await warnings({ issuing: old("Issuing") }, {}, true);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /^the issuing CA .* "pulumi config set issuingCaGeneration/);
  });

  it("warns of a certificate whose renewal does not work, also of one that somebody else has made", async () => {
    cluster.objects[certificatesPath] = {
      items: [certificate("page", 4), certificate("fresh", 23), certificate("foreign", 1, "letsencrypt")],
    };
    const lines = await warnings();
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(
      lines[0]!,
      /^the certificate of Certificate web\/page ends at .*, in 3 hours, and was to be renewed at .*: its renewal does not work\. .*"kubectl -n web describe certificate,certificaterequest", .*"cmctl renew -n web page"$/,
    );
  });

  it("warns of those of further issuers as well, of an Issuer's in its own namespace", async () => {
    const issuers = [
      { name: "clients", kind: IssuerKind.ClusterIssuer, namespace: "" },
      { name: "app", kind: IssuerKind.Issuer, namespace: "team" },
    ] as IssuerSettings[];
    cluster.objects[certificatesPath] = {
      items: [
        certificate("robot", 4, "clients"),
        certificate("of-team", 4, "app", "Issuer", "team"),
        certificate("without-kind", 4, "app", "", "team"),
        certificate("elsewhere", 4, "app", "Issuer", "other"),
        certificate("of-cluster", 4, "app", "ClusterIssuer", "team"),
        certificate("in-namespace", 4, "clients", "Issuer", "team"),
      ],
    };
    const lines = await warnings({}, { issuers });
    assert.deepEqual(
      lines.map((line) => /^the certificate of Certificate (\S+) ends at /.exec(line)?.[1]),
      ["web/robot", "team/of-team", "team/without-kind"],
    );
    assert.deepEqual(await warnings(), []);
  });

  it("passes over a Certificate that has not been issued yet", async () => {
    const { metadata, spec } = certificate("new", 1) as Record<string, object>;
    cluster.objects[certificatesPath] = {
      items: [
        { metadata, spec },
        { metadata, spec, status: {} },
      ],
    };
    assert.deepEqual(await warnings(), []);
  });

  it("warns of the listener's certificate when a run should have replaced it, and not before", async () => {
    const listener = old("vault");
    const crt = Buffer.from(listener.certificatePem).toString("base64");
    cluster.objects[secretPath] = { data: { "tls.crt": crt } };
    const [line, ...further] = await warnings();
    assert.deepEqual(further, []);
    assert.ok(line!.startsWith(`the certificate of Vault's listener ${titleOf(listener)} ends at `), line);
    assert.match(line!, /"pulumi up" replaces it/);
    assert.deepEqual(await warnings({}, { vaultListenerRenewalHours: 5 * 24 }), []);
  });

  it("warns of nothing where no warnings are wanted", async () => {
    cluster.objects[certificatesPath] = { items: [certificate("page", 1)] };
    assert.deepEqual(await warnings({ root: old("Root") }, { expiryWarningPercent: 0 }), []);
  });

  it("says so where the cluster does not tell, and goes on", async () => {
    cluster.answers[certificatesPath] = 500;
    const lines = await warnings({ root: old("Root") });
    assert.equal(lines.length, 2);
    assert.ok(
      lines.includes("how long certificates have to live could not be seen in the cluster: HTTP status 500"),
      lines.join("\n"),
    );
  });
});
