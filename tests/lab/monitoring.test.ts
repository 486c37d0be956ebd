import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { AlertRule, RuleGroup } from "../../components/internal/alert-rules";
import { together, type Samples } from "../support/exposition";
import { eventually, inLab, kubectl, stackOutputs, tryInLab, vaultDo, vaultRead } from "../support/lab";
import { operatorCrds } from "../support/prometheus-operator";
import { PromQl } from "../support/promql";
import { fetchTo, openssl } from "../support/revocation";
import { scrape } from "../support/scrape";
import { StackRun } from "../support/stack";
import { signalUnsealer } from "../support/unsealer";

const objectName = "cert-manager-vault";
const further = [
  { name: "clients", domains: ["clients.homelab.local"], usage: "client" },
  { name: "team", kind: "Issuer", namespace: "team", domains: ["team.example.org"] },
];
const hours = (count: number) => new Date(Date.now() + count * 3600_000);

/** What Prometheus would know now. */
async function scraped(): Promise<Samples> {
  const all = [
    scrape("vault", objectName),
    scrape("cert-manager", objectName),
    // Of the lab's pkiHost.
    scrape("vault", `${objectName}-crls`),
  ];
  return together(...(await Promise.all(all)).flat());
}

async function vaultIsBack(): Promise<void> {
  await inLab(["kubectl", "-n", "vault", "rollout", "status", "statefulset/vault", "--timeout=180s"]);
}

/** Vault 1.21 with file storage has no delta CRL any more once it was sealed, until it makes the next. */
async function deltaCrlsAreBack(): Promise<void> {
  for (const mount of ["pki", "pki_int"]) {
    await vaultRead("read", `${mount}/crl/rotate`);
  }
}

describe("monitoring", function () {
  this.timeout(300_000);

  let run: StackRun;
  let withoutMonitoring: StackRun;
  let rules: AlertRule[];
  let crds: string;

  before(async () => {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } };
    await inLab(["kubectl", "apply", "-f", "-"], { input: JSON.stringify(namespace) });
    // In a run of its own: the one that changes monitoring has Vault restarted.
    withoutMonitoring = await StackRun.with({ issuers: further });
    await withoutMonitoring.up();
    run = await StackRun.with({
      issuers: further,
      monitoring: "operator",
      monitoringLabels: ["release=prometheus"],
    });
    crds = await operatorCrds("prometheusrules", "podmonitors");
  });

  after(async function () {
    this.timeout(600_000);
    run.forget();
    await withoutMonitoring.up();
    await vaultIsBack();
    withoutMonitoring.forget();
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
    await inLab(["kubectl", "delete", "-f", "-"], { input: crds });
    await inLab(["kubectl", "delete", "namespace", "team"]);
  });

  /** The alerts that fire, each with the series that it fires for. */
  function firing(samples: Samples, now = new Date()): { alert: string; labels: Record<string, string> }[] {
    return rules.flatMap(({ alert, expr }) =>
      new PromQl(expr).evaluate(samples, now).map(({ labels }) => ({ alert, labels })),
    );
  }

  const alerts = (samples: Samples, now?: Date) => [
    ...new Set(firing(samples, now).map(({ alert }) => alert)),
  ];

  it("by objects of the Prometheus Operator is refused at preview where there is none", async () => {
    const { status, stdout, stderr } = await run.attempt("preview", "--non-interactive");
    assert.notEqual(status, 0);
    assert.match(
      stdout + stderr,
      /monitoring: operator makes objects of monitoring\.coreos\.com\/v1, .* has no/,
    );
  });

  it("is turned on by one run, which has Vault restarted and unsealed", async () => {
    await inLab(["kubectl", "apply", "--server-side", "-f", "-"], { input: crds });
    await run.up();
    await vaultIsBack();
    await deltaCrlsAreBack();
    await run.pulumi("preview", "--non-interactive", "--expect-no-changes");
    const { metadata, spec } = await kubectl("-n", "vault", "get", "prometheusrule", objectName);
    assert.equal(metadata.labels.release, "prometheus");
    rules = (spec.groups as RuleGroup[]).flatMap((group) => group.rules);
    assert.ok(rules.length >= 9, `${rules.length} alerts`);
    // Of each further issuer: not Ready, and three of its Certificates.
    for (const issuer of ["clients", "team/team"]) {
      assert.equal(rules.filter(({ labels }) => labels.issuer === issuer).length, 4, issuer);
    }
  });

  it("asks for series that Vault and cert-manager really tell", async () => {
    const samples = await scraped();
    const selectors = rules.flatMap(({ expr }) => new PromQl(expr).selectors);
    assert.ok(selectors.length > 0);
    for (const { text, metric, matches } of selectors) {
      assert.ok(
        (samples.get(metric) ?? []).some(({ labels }) => matches(labels)),
        text,
      );
    }
  });

  it("is silent while all is well", async () => {
    assert.deepEqual(alerts(await scraped()), []);
  });

  it("tells Vault's metrics to nobody outside the cluster without a login", async () => {
    const { rootCaPem } = await stackOutputs();
    const curl =
      'cat | curl -sS --max-time 5 --cacert /dev/stdin --capath /dev/null -o /dev/null -w "%{http_code}" "$0"';
    const ask = (port: number) =>
      tryInLab(["sh", "-c", curl, `https://192.168.1.242:${port}/v1/sys/metrics?format=prometheus`], {
        input: rootCaPem,
      });
    assert.equal((await ask(8200)).stdout, "403");
    assert.equal((await ask(8210)).stdout, "000");
  });

  it("tells of a sealed Vault", async () => {
    await signalUnsealer("STOP");
    try {
      await vaultDo(["operator", "seal"]);
      await eventually("the alert of a sealed Vault", 30, async () =>
        alerts(await scraped()).includes("VaultSealedOrDown"),
      );
    } finally {
      await signalUnsealer("CONT");
    }
    await eventually("an unsealed Vault", 60, async () => {
      await deltaCrlsAreBack();
      return true;
    });
    await eventually("silence of an unsealed Vault", 60, async () => alerts(await scraped()).length === 0);
  });

  for (const { issuerRef, namespace } of [
    { issuerRef: { name: "vault-issuer", kind: "ClusterIssuer" }, namespace: "default" },
    { issuerRef: { name: "clients", kind: "ClusterIssuer" }, namespace: "default" },
    // Without a kind, which cert-manager takes for an Issuer.
    { issuerRef: { name: "team" }, namespace: "team" },
  ]) {
    it(`tells of a Certificate that Vault refuses, of the issuer ${issuerRef.name}`, async () => {
      const certificate = {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: { name: "refused", namespace },
        spec: { secretName: "refused", dnsNames: ["www.example.net"], issuerRef },
      };
      await inLab(["kubectl", "apply", "-f", "-"], { input: JSON.stringify(certificate) });
      try {
        await eventually("the alert of the Certificate", 60, async () =>
          firing(await scraped()).some(
            ({ alert, labels }) =>
              alert === "CertificateNotReady" && labels.name === "refused" && labels.namespace === namespace,
          ),
        );
      } finally {
        await inLab(["kubectl", "-n", namespace, "delete", "certificate", "refused"]);
      }
    });
  }

  it("tells of an Issuer that cannot log in, and of it alone", async () => {
    const loginBy = (role: string) => {
      const patch = JSON.stringify({ spec: { vault: { auth: { kubernetes: { role } } } } });
      return inLab(["kubectl", "-n", "team", "patch", "issuer", "team", "--type=merge", "-p", patch]);
    };
    await loginBy("nobody");
    try {
      await eventually("the alert of the Issuer", 60, async () =>
        alerts(await scraped()).includes("IssuerNotReady"),
      );
      assert.deepEqual(alerts(await scraped()), ["IssuerNotReady"]);
    } finally {
      await loginBy("issuer-team");
    }
    await eventually(
      "silence of an Issuer that logs in",
      60,
      async () => alerts(await scraped()).length === 0,
    );
  });

  it("tells of leaves that are not renewed and of CAs that end, as time goes on", async () => {
    const samples = await scraped();
    const late = firing(samples, hours(20)).filter(({ alert }) => alert.startsWith("Certificate"));
    for (const alert of ["CertificateNotRenewed", "CertificateEndsSoon"]) {
      for (const name of ["podinfo-wsp-cert", "vault-issuer-canary", "clients-canary", "team-canary"]) {
        assert.ok(
          late.some((one) => one.alert === alert && one.labels.name === name),
          `${alert} for ${name}`,
        );
      }
    }
    const authorities = (days: number) =>
      firing(samples, hours(24 * days)).filter(({ alert }) => alert === "CertificateAuthorityEndsSoon")
        .length;
    // The issuing CA lives a year, the intermediate above it 10, the root 20.
    assert.deepEqual([200, 330, 3600, 7250].map(authorities), [0, 1, 2, 3]);
  });

  it("knows the complete and the delta CRL of both CAs, as clients get them", async function () {
    // What the distribution point has read is told for five minutes.
    this.timeout(420_000);
    for (const mount of ["pki", "pki_int"]) {
      const { default: issuer } = (await vaultRead("read", `${mount}/config/issuers`)).data;
      for (const [crl, file] of [
        ["complete", "crl/der"],
        ["delta", "crl/delta/der"],
      ] as const) {
        await eventually(`the times of the ${crl} CRL in ${mount}`, 330, async () => {
          const samples = await scrape("vault", `${objectName}-crls`);
          const served = await servedCrl(`http://pki.homelab.local/v1/${mount}/issuer/${issuer}/${file}`);
          const told = (metric: string) =>
            (together(...samples).get(metric) ?? []).find(
              ({ labels }) => labels.mount === mount && labels.issuer === issuer && labels.crl === crl,
            )?.value;
          return (
            told("pki_crl_readable") === 1 &&
            told("pki_crl_this_update_timestamp_seconds") === served.made &&
            told("pki_crl_next_update_timestamp_seconds") === served.ends
          );
        });
      }
    }
  });

  it("tells of CRLs that are not made anew, and then that they end, as time goes on", async () => {
    const samples = await scraped();
    const late = (count: number, alert: string) =>
      firing(samples, hours(count))
        .filter((one) => one.alert === alert)
        .map(({ labels }) => `${labels.mount} ${labels.crl}`);
    const every = ["pki complete", "pki delta", "pki_int complete", "pki_int delta"];
    // Now none is older than 24 hours, each lives for 72, and a fifth of that is 14.4.
    assert.deepEqual([...new Set(late(26, "CrlNotRenewed"))].sort(), every);
    assert.deepEqual([...new Set(late(59, "CrlEndsSoon"))].sort(), every);
    assert.deepEqual(late(1, "CrlEndsSoon"), []);
    assert.deepEqual(late(59, "CrlUnreadable"), []);
  });

  it("tells of CRLs that nobody tells of", async () => {
    const samples = await scraped();
    samples.delete("pki_mount_readable");
    assert.equal(firing(samples).filter(({ alert }) => alert === "CrlMetricsSilent").length, 2);
  });

  it("tells the metrics of CRLs to nobody outside the cluster", async () => {
    const service = await kubectl("-n", "vault", "get", "service", "pki-distribution-point");
    const status = ["curl", "-sS", "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}"];
    for (const url of ["http://pki.homelab.local/metrics", `http://${service.spec.clusterIP}/metrics`]) {
      assert.match(await inLab([...status, url]), /^40[34]$/, url);
    }
    assert.equal(
      (await tryInLab([...status, `http://${service.spec.clusterIP}:8082/metrics`])).stdout,
      "000",
    );
  });
});

/** When a CRL was made and when it ends, in seconds since 1970, as openssl reads what a client fetches. */
async function servedCrl(url: string): Promise<{ made: number; ends: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), "crl-"));
  try {
    const file = path.join(folder, "fetched.crl");
    await fetchTo(file, url);
    const text = await openssl("crl", "-inform", "DER", "-in", file, "-noout", "-lastupdate", "-nextupdate");
    const time = (name: string) => Date.parse(new RegExp(`${name}Update=(.*)`).exec(text)?.[1] ?? "") / 1000;
    return { made: time("last"), ends: time("next") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("a run with a share of life that no certificate has left any more", () => {
  it("warns of every CA with its serial and what to do, and not of what is renewed in time", async () => {
    const run = await StackRun.with({ expiryWarningPercent: 100 });
    try {
      const text = await run.pulumi("preview", "--non-interactive", "--color=never");
      // Those at the end; each was also shown as it came.
      const ends = text.split("\n").filter((line) => /^\s*warning: .* ends at /.test(line));
      for (const what of ["the root", "the intermediate above Vault", "the issuing CA"]) {
        const lines = ends.filter((line) =>
          new RegExp(`${what} ".*" \\(serial [0-9A-F]+\\) ends at`).test(line),
        );
        assert.equal(lines.length, 1, `${what}:\n${text}`);
        assert.match(lines[0]!, /, in [0-9]+ days: .*"pulumi (config set|up)/);
      }
      assert.equal(ends.length, 3, text);
    } finally {
      run.forget();
    }
  });
});
