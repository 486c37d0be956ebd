import assert from "node:assert/strict";
import * as fc from "fast-check";
import { alertGroups, ruleFile, type AlertTopics } from "../../components/internal/alert-rules";
import { endsSoon } from "../../components/internal/expiry";
import { readExposition, together, type Samples } from "../support/exposition";
import { PromQl } from "../support/promql";

const day = 86_400;
const start = Date.parse("2026-01-01T00:00:00Z") / 1000;
const topics: AlertTopics = {
  vaultNamespace: "vault",
  vaultReplicas: 1,
  certManagerNamespace: "cert-manager",
  clusterIssuerName: "vault-issuer",
  furtherIssuers: [],
  expiryWarningPercent: 20,
  authorities: [
    {
      title: 'the issuing CA "CN=Issuing" (serial 4F)',
      life: { notBefore: new Date(start * 1000), notAfter: new Date((start + 100 * day) * 1000) },
      remedy: "make another",
    },
  ],
};

function rulesOf(changes: Partial<AlertTopics> = {}) {
  return alertGroups({ ...topics, ...changes }).flatMap(({ rules }) => rules);
}

/** Names of the alerts that fire, by the time in seconds. */
function firing(samples: Samples, now = start, changes: Partial<AlertTopics> = {}): string[] {
  return rulesOf(changes)
    .filter(({ expr }) => new PromQl(expr).evaluate(samples, new Date(now * 1000)).length > 0)
    .map(({ alert }) => alert);
}

function vaults(...unsealed: number[]): Samples {
  return together(
    ...unsealed.map((value, index) =>
      readExposition(`vault_core_unsealed{cluster="vault-cluster"} ${value}\n`, {
        namespace: "vault",
        pod: `vault-${index}`,
      }),
    ),
  );
}

/** One Certificate, issued at the start for a day, to be renewed after two thirds of it. */
function certManager(
  changes: { ready?: number; issued?: boolean; issuer?: string; kind?: string; namespace?: string } = {},
): Samples {
  const {
    ready = 1,
    issued = true,
    issuer = "vault-issuer",
    kind = "ClusterIssuer",
    namespace = "web",
  } = changes;
  const labels = `name="page",namespace="${namespace}",issuer_kind="${kind}",issuer_name="${issuer}",issuer_group="cert-manager.io"`;
  const time = (seconds: number) => (issued ? start + seconds : 0);
  return readExposition(
    `# HELP certmanager_clusterissuer_ready_status The ready status of the ClusterIssuer.
certmanager_clusterissuer_ready_status{condition="True",name="vault-issuer"} ${ready}
certmanager_clusterissuer_ready_status{condition="False",name="vault-issuer"} ${1 - ready}
certmanager_certificate_ready_status{condition="True",${labels}} ${ready}
certmanager_certificate_ready_status{condition="False",${labels}} ${1 - ready}
certmanager_certificate_not_before_timestamp_seconds{${labels}} ${time(0)}
certmanager_certificate_not_after_timestamp_seconds{${labels}} ${time(day)}
certmanager_certificate_renewal_timestamp_seconds{${labels}} ${time((2 * day) / 3)}
`,
    { namespace: "cert-manager", pod: "cert-manager-0" },
    true,
  );
}

const well = together(vaults(1), certManager());

describe("The alerts", () => {
  it("are expressions that Prometheus' own grammar knows", () => {
    const rules = rulesOf({ vaultReplicas: 3 });
    assert.deepEqual(
      rules.map(({ alert }) => alert),
      [
        ...["VaultSealedOrDown", "VaultNodeSealedOrDown", "ClusterIssuerNotReady", "CertManagerSilent"],
        ...["CertificateNotReady", "CertificateNotRenewed", "CertificateEndsSoon"],
        "CertificateAuthorityEndsSoon",
      ],
    );
    for (const { expr } of rules) {
      assert.ok(new PromQl(expr).selectors.length > 0 || expr.startsWith("vector("), expr);
    }
  });

  it("each have a severity, a waiting time and words for whoever is woken by them", () => {
    for (const { alert, for: wait, labels, annotations } of rulesOf({ vaultReplicas: 3 })) {
      assert.match(alert, /^[A-Z][A-Za-z]+$/);
      assert.match(wait, /^[1-9][0-9]*[mh]$/, alert);
      assert.ok(["warning", "critical"].includes(labels.severity!), alert);
      assert.match(annotations.summary, /\w{3}/, alert);
      assert.match(annotations.description, /"(kubectl|pulumi) .*"|make another/, alert);
    }
  });

  it("are silent while all is well", () => {
    assert.deepEqual(firing(well), []);
    assert.deepEqual(firing(together(vaults(1, 1, 1), certManager()), start, { vaultReplicas: 3 }), []);
  });

  it("tell of a Vault that is sealed, and of one that tells nothing, but not of another Vault", () => {
    assert.deepEqual(firing(together(vaults(0), certManager())), ["VaultSealedOrDown"]);
    assert.deepEqual(firing(certManager()), ["VaultSealedOrDown"]);
    const other = readExposition("vault_core_unsealed 1", { namespace: "other" });
    assert.deepEqual(firing(together(other, certManager())), ["VaultSealedOrDown"]);
  });

  it("are not misled by what a Vault told of itself before it had a name, and tells for a day after", () => {
    const both = (now: number) =>
      readExposition(
        `vault_core_unsealed{cluster=""} 0\nvault_core_unsealed{cluster="vault-cluster"} ${now}\n`,
        { namespace: "vault", pod: "vault-0" },
      );
    assert.deepEqual(firing(together(both(1), certManager())), []);
    assert.deepEqual(firing(together(both(0), certManager())), ["VaultSealedOrDown"]);
  });

  it("tell a node of several that is lost from a Vault that is lost", () => {
    const three = (...unsealed: number[]) =>
      firing(together(vaults(...unsealed), certManager()), start, { vaultReplicas: 3 });
    assert.deepEqual(three(1, 0, 1), ["VaultNodeSealedOrDown"]);
    assert.deepEqual(three(1, 1), ["VaultNodeSealedOrDown"]);
    assert.deepEqual(three(1, 0, 0), ["VaultSealedOrDown", "VaultNodeSealedOrDown"]);
  });

  it("tell of a ClusterIssuer and a Certificate that are not Ready, and of one that was never issued", () => {
    const expected = ["ClusterIssuerNotReady", "CertificateNotReady"];
    assert.deepEqual(firing(together(vaults(1), certManager({ ready: 0 }))), expected);
    assert.deepEqual(firing(together(vaults(1), certManager({ ready: 0, issued: false }))), expected);
  });

  it("tell of a cert-manager that tells nothing", () => {
    assert.deepEqual(firing(vaults(1)), ["CertManagerSilent"]);
  });

  it("tell of a Certificate that is not renewed, and then that it ends soon", () => {
    const after = (hours: number) => firing(well, start + hours * 3600);
    assert.deepEqual(after(16.5), [], "a renewal takes a moment");
    assert.deepEqual(after(17), ["CertificateNotRenewed"]);
    assert.deepEqual(after(19.3), ["CertificateNotRenewed", "CertificateEndsSoon"]);
    assert.deepEqual(after(25), ["CertificateNotRenewed", "CertificateEndsSoon"]);
  });

  it("leave the Certificates of other issuers alone", () => {
    const others = together(vaults(1), certManager({ issuer: "letsencrypt" }));
    assert.deepEqual(firing(others, start + day), []);
  });

  describe("of further issuers", () => {
    const furtherIssuers = [{ name: "clients" }, { name: "team", namespace: "team" }];
    const status = (clients: number, team: number, ofNamespace = "team") =>
      readExposition(
        `certmanager_clusterissuer_ready_status{condition="True",name="clients"} ${clients}
certmanager_clusterissuer_ready_status{condition="False",name="clients"} ${1 - clients}
certmanager_issuer_ready_status{condition="True",name="team",namespace="${ofNamespace}"} ${team}
certmanager_issuer_ready_status{condition="False",name="team",namespace="${ofNamespace}"} ${1 - team}
`,
        { namespace: "cert-manager", pod: "cert-manager-0" },
        true,
      );
    /** Alerts that fire, each with the issuer in its labels. */
    const told = (samples: Samples, now = start, changes: Partial<AlertTopics> = {}) =>
      rulesOf({ furtherIssuers, ...changes })
        .filter(({ expr }) => new PromQl(expr).evaluate(samples, new Date(now * 1000)).length > 0)
        .map(({ alert, labels }) => [alert, labels.issuer]);
    const withLeaf = (leaf: Parameters<typeof certManager>[0]) =>
      together(well, status(1, 1), certManager(leaf));

    it("are the same as those of the first one, told apart by a label, and leave the first one's as they are", () => {
      const rules = rulesOf({ furtherIssuers });
      const of = (issuer?: string) =>
        rules.filter(({ labels }) => labels.issuer === issuer).map(({ alert }) => alert);
      const ofCertificates = ["CertificateNotReady", "CertificateNotRenewed", "CertificateEndsSoon"];
      assert.deepEqual(of("clients"), ["ClusterIssuerNotReady", ...ofCertificates]);
      assert.deepEqual(of("team/team"), ["IssuerNotReady", ...ofCertificates]);
      const others = rules.filter(({ labels }) => labels.issuer === undefined);
      assert.deepEqual(others, rulesOf());
      const identities = rules.map(({ alert, labels }) => JSON.stringify([alert, labels]));
      assert.equal(new Set(identities).size, rules.length, "Prometheus' own checks take no two of a kind");
    });

    it("are silent while all is well", () => {
      assert.deepEqual(told(together(well, status(1, 1))), []);
    });

    it("tell of the one that is not Ready, and not of an Issuer of its name in another namespace", () => {
      assert.deepEqual(told(together(well, status(0, 1))), [["ClusterIssuerNotReady", "clients"]]);
      assert.deepEqual(told(together(well, status(1, 0))), [["IssuerNotReady", "team/team"]]);
      assert.deepEqual(told(together(well, status(1, 0, "other"))), []);
    });

    for (const [leaf, issuer] of [
      [{ issuer: "clients" }, "clients"],
      [{ issuer: "team", kind: "Issuer", namespace: "team" }, "team/team"],
      [{ issuer: "team", kind: "", namespace: "team" }, "team/team"],
    ] as const) {
      it(`tell of its Certificates: ${JSON.stringify(leaf)}`, () => {
        const notReady = together(vaults(1), status(1, 1), certManager({ ...leaf, ready: 0 }));
        assert.deepEqual(told(notReady), [
          ["ClusterIssuerNotReady", undefined],
          ["CertificateNotReady", issuer],
        ]);
        const ofIssuer = (alerts: (string | undefined)[][]) => alerts.filter(([, of]) => of !== undefined);
        assert.deepEqual(ofIssuer(told(withLeaf(leaf), start + 17 * 3600)), [
          ["CertificateNotRenewed", issuer],
        ]);
        assert.deepEqual(ofIssuer(told(withLeaf(leaf), start + 20 * 3600)), [
          ["CertificateNotRenewed", issuer],
          ["CertificateEndsSoon", issuer],
        ]);
      });
    }

    it("leave the Certificates of Issuers of that name in other namespaces, and of other kinds, alone", () => {
      for (const leaf of [
        { issuer: "team", kind: "Issuer", namespace: "other" },
        { issuer: "team", kind: "ClusterIssuer", namespace: "team" },
        { issuer: "clients", kind: "Issuer", namespace: "team" },
        { issuer: "team", kind: "AWSPCAIssuer", namespace: "team" },
      ]) {
        const samples = together(vaults(1), status(1, 1), certManager({ ...leaf, ready: 0 }));
        assert.deepEqual(told(samples), [["ClusterIssuerNotReady", undefined]], JSON.stringify(leaf));
      }
    });
  });

  it("tell of a CA in the last share of its life", () => {
    const expr = rulesOf().find(({ alert }) => alert === "CertificateAuthorityEndsSoon")!.expr;
    const fires = (days: number) =>
      new PromQl(expr).evaluate(new Map(), new Date((start + days * day) * 1000));
    assert.deepEqual(fires(80), []);
    assert.deepEqual(fires(90), [{ labels: {}, value: 10 * day }], "the value is the time left");
    assert.equal(fires(101).length, 1);
  });

  it("of ends are not there with a share of 0, but those of renewals are", () => {
    const names = rulesOf({ expiryWarningPercent: 0 }).map(({ alert }) => alert);
    assert.ok(names.includes("CertificateNotRenewed"));
    assert.ok(!names.some((name) => name.endsWith("EndsSoon")));
  });

  it("are the file that a Prometheus reads, as JSON, which is YAML", () => {
    const groups = alertGroups(topics);
    assert.deepEqual(JSON.parse(ruleFile(groups)), { groups });
  });

  it("and the warnings of a run say the same of any certificate, at any time", () => {
    const seconds = fc.integer({ min: 1, max: 3 * day });
    fc.assert(
      fc.property(
        seconds,
        seconds,
        seconds,
        fc.integer({ min: 1, max: 100 }),
        (life, age, renewed, percent) => {
          const labels = 'name="page",issuer_kind="ClusterIssuer",issuer_name="vault-issuer"';
          const renewal = start + (renewed % life);
          const samples = readExposition(
            `certmanager_certificate_not_before_timestamp_seconds{${labels}} ${start}
certmanager_certificate_not_after_timestamp_seconds{${labels}} ${start + life}
certmanager_certificate_renewal_timestamp_seconds{${labels}} ${renewal}
`,
          );
          const [notBefore, notAfter, due] = [start, start + life, renewal].map(
            (time) => new Date(time * 1000),
          );
          const now = start + age;
          const warned = { notBefore: notBefore!, notAfter: notAfter!, renewal: due! };
          const rules = rulesOf({ expiryWarningPercent: percent });
          const { expr } = rules.find(({ alert }) => alert === "CertificateEndsSoon")!;
          const fires = new PromQl(expr).evaluate(samples, new Date(now * 1000)).length > 0;
          assert.equal(fires, endsSoon(warned, percent, new Date(now * 1000)));
        },
      ),
    );
  });
});

describe("The evaluation of expressions in these tests", () => {
  const samples = readExposition('a{x="1"} 5\na{x="2"} 7\nb{x="1"} 2\n# a comment\n\nc 1e3\n');
  const answer = (text: string) =>
    new PromQl(text).evaluate(samples, new Date(10_000)).map(({ labels, value }) => [labels.x, value]);

  it("matches labels, and vectors by their labels", () => {
    assert.deepEqual(answer('a{x="2"}'), [["2", 7]]);
    assert.deepEqual(answer('a{x="3"}'), []);
    assert.deepEqual(answer('a{x=~"2|"}'), [["2", 7]]);
    assert.deepEqual(answer('c{x=~"2|"}'), [[undefined, 1000]]);
    assert.deepEqual(answer('c{x=~"2.*"}'), []);
    assert.deepEqual(answer("a - b"), [["1", 3]]);
    assert.deepEqual(answer("a > b"), [["1", 5]]);
    assert.deepEqual(answer("c + a"), []);
  });

  it("keeps the precedence of operators, and the value on the left of a comparison", () => {
    assert.deepEqual(answer("a - 2 * 2 > 1"), [["2", 3]]);
    assert.deepEqual(answer("c - time() < 1000"), [[undefined, 990]]);
  });

  it("knows sets, counts and what is absent", () => {
    assert.deepEqual(answer("a unless b"), [["2", 7]]);
    assert.deepEqual(answer("a and b"), [["1", 5]]);
    assert.deepEqual(answer("count(a > 9) or vector(0)"), [[undefined, 0]]);
    assert.deepEqual(answer("count(a)"), [[undefined, 2]]);
    assert.deepEqual(answer("absent(nothing)"), [[undefined, 1]]);
    assert.deepEqual(answer("absent(a)"), []);
  });

  it("refuses what it does not know, and what is not PromQL", () => {
    for (const text of ["rate(a[5m])", "a / b", "sum(a)", 'a{x!="1"}', "a > bool 1", "a offset 5m"]) {
      assert.throws(() => new PromQl(text).evaluate(samples, new Date(0)), /not understood|Unexpected/, text);
    }
    for (const text of ["a >", "a{x=}", "count(a", "a b", ""]) {
      assert.throws(() => new PromQl(text), /not PromQL/, text);
    }
  });
});
