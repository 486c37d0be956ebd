import assert from "node:assert/strict";
import { certificatesStatus, issuerStatus } from "../../../operations/status/certificates";
import { chainLinks, type SeenChains } from "../../../operations/status/chain";
import { gatherStatus } from "../../../operations/status/gather";
import { nextSteps } from "../../../operations/status/next-steps";
import { LinkRole, type StatusReport } from "../../../operations/status/report";
import { statusScreen } from "../../../operations/status/screen";
import { paintFor, plain } from "../../../operations/terminal";
import { IssuerKind, type IssuerSettings } from "../../../settings/issuers";
import { FakeCluster } from "../../support/fake-cluster";
import { FakeVault } from "../../support/fake-vault";
import { certificate, fakeStack, madeCertificate, readyCondition } from "../../support/operations";

const now = new Date("2026-11-25T12:00:00Z");

const report: StatusReport = {
  stack: "homelab",
  cluster: 'context "home" of ~/.kube/config (https://192.168.1.10:6443)',
  ok: true,
  vault: { address: "https://192.168.1.242:8200", nodes: [{ name: "vault-0", state: "active", ok: true }] },
  chain: [
    { role: LinkRole.Root, subject: "Home Root", daysLeft: 7300, share: 1, ok: true },
    { role: LinkRole.Listener, subject: "vault", daysLeft: 200, share: 0.55, ok: true },
    { role: LinkRole.Page, subject: "podinfo.wsp.local", daysLeft: 0, share: 0.34, ok: true },
  ],
  issuers: [{ kind: "ClusterIssuer", name: "vault-issuer", ready: true, message: "Vault verified" }],
  certificates: {
    total: 2,
    ready: 2,
    failing: [],
    nextRenewal: { namespace: "podinfo", name: "podinfo-wsp-cert", at: "2026-11-25T20:00:00Z" },
  },
  urls: [{ name: "page", url: "https://podinfo.wsp.local" }],
  next: [],
};

describe("npm run status", () => {
  describe("the screen", () => {
    it("shows everything in words and bars, and that nothing needs attention", () => {
      assert.equal(
        statusScreen(report, plain, now),
        `homelab on context "home" of ~/.kube/config (https://192.168.1.10:6443)

Vault
  ✓ vault-0           active

Chain
  ✓ root              ████████████████████  7300 d  Home Root
  ✓ Vault's listener  ███████████░░░░░░░░░   200 d  vault
  ✓ page              ███████░░░░░░░░░░░░░     0 d  podinfo.wsp.local

Issuers
  ✓ vault-issuer      ready

Certificates
  ✓ 2 of 2 ready, next renewal in 8 h (podinfo/podinfo-wsp-cert)

URLs
    page              https://podinfo.wsp.local

Next
  ✓ nothing needs attention
`,
      );
    });

    it("tells what is wrong in its place, and what to do at the end", () => {
      const screen = statusScreen(
        {
          ...report,
          vault: { ...report.vault, nodes: [{ name: "vault-0", state: "sealed", ok: false }] },
          chain: [
            { role: LinkRole.Page, subject: "", ok: false, problem: "its Ingress has no address" },
            {
              role: LinkRole.Listener,
              subject: "vault",
              daysLeft: -2,
              share: 0,
              ok: false,
              problem: "has ended",
            },
          ],
          issuers: [
            {
              kind: "Issuer",
              namespace: "team",
              name: "app",
              ready: false,
              missing: true,
              message: "is gone",
            },
          ],
          certificates: {
            total: 1,
            ready: 0,
            failing: [{ namespace: "podinfo", name: "podinfo-wsp-cert", message: "no issuer" }],
          },
          next: [{ what: "Vault: vault-0 sealed or without data", command: "pulumi up" }],
        },
        plain,
        now,
      );
      for (const line of [
        "  ✗ vault-0           sealed",
        "  ✗ page              its Ingress has no address",
        "  ✗ Vault's listener  ░░░░░░░░░░░░░░░░░░░░    -2 d  vault: has ended",
        "  ✗ team/app          is gone",
        "  ✗ 0 of 1 ready",
        "  ✗ podinfo/podinfo-wsp-cert: no issuer",
        "  ✗ Vault: vault-0 sealed or without data\n      pulumi up",
      ]) {
        assert.ok(screen.includes(`${line}\n`), `${line}\n—\n${screen}`);
      }
    });

    it("has colours on a terminal only, and not for those who want none", () => {
      assert.equal(paintFor({ isTTY: true }, {})("green", "✓"), "\u001b[32m✓\u001b[39m");
      assert.equal(paintFor({ isTTY: true }, { NO_COLOR: "1" })("green", "✓"), "✓");
      assert.equal(paintFor({}, {})("green", "✓"), "✓");
    });
  });

  describe("the chain", () => {
    const root = madeCertificate("Root", 100, 7000);
    const parent = madeCertificate("Parent", 100, 3000);
    const issuing = madeCertificate("Issuing", 10, 355);
    const listener = madeCertificate("vault", 165, 200);
    const leaf = madeCertificate("podinfo.wsp.local", 1, 2);
    const seen: SeenChains = {
      root,
      page: { certificates: [leaf, issuing, parent, root] },
      listener: { certificates: [listener, parent, root] },
      authorities: [],
      furtherIssuing: [],
      listenerRenewalHours: 720,
      expiryWarningPercent: 20,
    };
    const linkOf = (role: LinkRole, changed: Partial<SeenChains> = {}) =>
      chainLinks({ ...seen, ...changed }, new Date()).find((link) => link.role === role)!;

    it("is told from the root down, with the days that are left", () => {
      const links = chainLinks(seen, new Date());
      assert.deepEqual(
        links.map(({ role, subject, ok }) => [role, subject, ok]),
        [
          ["root", "Root", true],
          ["parentCa", "Parent", true],
          ["issuingCa", "Issuing", true],
          ["listener", "vault", true],
          ["page", "podinfo.wsp.local", true],
        ],
      );
      assert.deepEqual(
        links.map(({ daysLeft }) => daysLeft! + 1),
        [7000, 3000, 355, 200, 2],
      );
    });

    it("has the issuing CAs of further mounts beside the first one, and says which is missing or ends", () => {
      const furtherIssuing = [
        { mount: "pki_a", certificate: madeCertificate("Issuing pki_a", 10, 355) },
        { mount: "pki_b", certificate: madeCertificate("Issuing pki_b", 340, 25) },
        { mount: "pki_c" },
      ];
      const links = chainLinks({ ...seen, furtherIssuing }, new Date());
      assert.deepEqual(
        links.map(({ role, mount, subject, ok, problem }) => [role, mount, subject, ok, problem]),
        [
          ["root", undefined, "Root", true, undefined],
          ["parentCa", undefined, "Parent", true, undefined],
          ["issuingCa", undefined, "Issuing", true, undefined],
          ["issuingCa", "pki_a", "Issuing pki_a", true, undefined],
          ["issuingCa", "pki_b", "Issuing pki_b", false, "comes to its end"],
          ["issuingCa", "pki_c", "", false, "not found in Vault's mount pki_c"],
          ["listener", undefined, "vault", true, undefined],
          ["page", undefined, "podinfo.wsp.local", true, undefined],
        ],
      );
      const steps = nextSteps({ ...report, chain: links }, { vaultNamespace: "vault", vaultExisting: "" });
      assert.deepEqual(steps, [
        {
          what: "issuing CA: Issuing pki_b comes to its end",
          command: "docs/certificate-authority.md: a new issuing CA",
        },
        { what: "issuing CA: not found in Vault's mount pki_c", command: "pulumi up --refresh" },
      ]);
    });

    it("is told by Vault while the page shows nothing that the root stands above", () => {
      for (const page of [
        { certificates: [], fault: "connect ECONNREFUSED" },
        { certificates: [madeCertificate("Fake", 1, 1)], fault: "SELF_SIGNED_CERT" },
      ]) {
        const changed = { page, authorities: [issuing, parent, root] };
        assert.equal(linkOf(LinkRole.IssuingCa, changed).subject, "Issuing");
        assert.equal(linkOf(LinkRole.ParentCa, changed).subject, "Parent");
        assert.deepEqual(
          [linkOf(LinkRole.Page, changed).ok, linkOf(LinkRole.Page, changed).problem],
          [false, page.fault],
        );
      }
    });

    it("knows the parent CA by Vault's listener when nothing else shows it", () => {
      const links = { page: undefined, authorities: [] };
      assert.equal(linkOf(LinkRole.ParentCa, links).subject, "Parent");
      assert.equal(linkOf(LinkRole.IssuingCa, links).ok, false);
      assert.equal(linkOf(LinkRole.Page, links), undefined);
    });

    it("says what comes to its end, each by what is done about it", () => {
      const listenerDue = { listener: { certificates: [madeCertificate("vault", 340, 25), parent] } };
      assert.match(linkOf(LinkRole.Listener, listenerDue).problem!, /next pulumi up/);
      const lateLeaf = { page: { certificates: [madeCertificate("late", 9, 1), issuing, parent] } };
      assert.match(linkOf(LinkRole.Page, lateLeaf).problem!, /should have been renewed/);
      const oldIssuing = madeCertificate("Issuing", 340, 25);
      const late = { page: { certificates: [leaf, oldIssuing, parent] } };
      assert.match(linkOf(LinkRole.IssuingCa, late).problem!, /comes to its end/);
      const oldParent = { page: { certificates: [leaf, issuing, madeCertificate("Parent", 3000, 700)] } };
      assert.match(linkOf(LinkRole.ParentCa, oldParent).problem!, /comes to its end/);
      assert.match(linkOf(LinkRole.Root, { root: madeCertificate("Root", 850, 150) }).problem!, /its end/);
      const ended = { page: { certificates: [madeCertificate("ended", 9, -1), issuing, parent] } };
      assert.equal(linkOf(LinkRole.Page, ended).problem, "has ended");
      assert.equal(linkOf(LinkRole.Page, ended).share, 0);
    });
  });

  describe("the chain, by the setting expiryWarningPercent", () => {
    const root = madeCertificate("Root", 10, 7290);
    const parent = madeCertificate("Parent", 10, 3640);
    /** Whether the issuing CA and the page, of which these percent of their lives are left, are well. */
    const wellWith = (expiryWarningPercent: number, issuingLeft: number, pageLeft: number) => {
      const issuing = madeCertificate("Issuing", 1000 - 10 * issuingLeft, 10 * issuingLeft);
      const leaf = madeCertificate("podinfo.wsp.local", 100 - pageLeft, pageLeft);
      const links = chainLinks(
        {
          root,
          page: { certificates: [leaf, issuing, parent] },
          listener: { certificates: [madeCertificate("vault", 100, 265)] },
          authorities: [],
          furtherIssuing: [],
          listenerRenewalHours: 720,
          expiryWarningPercent,
        },
        new Date(),
      );
      const of = (role: LinkRole) => links.find((link) => link.role === role)!.ok;
      return [of(LinkRole.IssuingCa), of(LinkRole.Page)];
    };

    it("needs attention below that share of its life, and not above it", () => {
      assert.deepEqual(wellWith(20, 21, 21), [true, true]);
      assert.deepEqual(wellWith(20, 19, 19), [false, false]);
      assert.deepEqual(wellWith(10, 19, 19), [true, true]);
      assert.deepEqual(wellWith(10, 9, 9), [false, false]);
    });

    it("takes no page for overdue that cert-manager has just begun to renew, however large the share", () => {
      assert.deepEqual(wellWith(100, 90, 32), [false, true]);
      assert.deepEqual(wellWith(100, 90, 29), [false, false]);
    });

    it("never needs attention before its end with 0", () => {
      assert.deepEqual(wellWith(0, 1, 1), [true, true]);
      assert.deepEqual(wellWith(0, -1, -1), [false, false]);
    });
  });

  describe("Certificates and issuers", () => {
    it("are counted, those that fail by name, with the next renewal", () => {
      const soon = { conditions: [readyCondition], renewalTime: "2026-11-25T13:00:00Z" };
      const later = { conditions: [readyCondition], renewalTime: "2026-11-26T13:00:00Z" };
      const failed = { type: "Issuing", status: "False", reason: "Failed", message: "denied by Vault" };
      const found = certificatesStatus(
        [
          certificate("a", "later", later),
          certificate("b", "soon", soon),
          certificate("c", "ended", { conditions: [readyCondition], notAfter: "2026-11-25T11:00:00Z" }),
          certificate("d", "renewal-failed", { ...later, conditions: [readyCondition, failed] }),
          certificate("d", "denied", {
            conditions: [{ ...failed, reason: "policy.cert-manager.io", message: "No policy approved" }],
          }),
          certificate("e", "waits", {
            conditions: [{ type: "Ready", status: "False", message: "no issuer" }],
          }),
          certificate("f", "new"),
          certificate("g", "overdue", {
            conditions: [readyCondition],
            notBefore: "2026-11-24T14:00:00Z",
            notAfter: "2026-11-25T14:00:00Z",
            renewalTime: "2026-11-25T06:00:00Z",
          }),
          certificate("h", "overdue-with-more-left", {
            conditions: [readyCondition],
            notBefore: "2026-11-24T17:00:00Z",
            notAfter: "2026-11-25T17:00:00Z",
            renewalTime: "2026-11-25T09:00:00Z",
          }),
        ],
        20,
        now,
      );
      assert.deepEqual([found.total, found.ready], [9, 6]);
      assert.deepEqual(found.nextRenewal, { namespace: "g", name: "overdue", at: "2026-11-25T06:00:00Z" });
      assert.deepEqual(
        found.failing.map(({ name, message }) => [name, message]),
        [
          ["ended", "has ended at 2026-11-25T11:00:00Z"],
          ["renewal-failed", "denied by Vault"],
          ["denied", "No policy approved"],
          ["waits", "no issuer"],
          ["new", "cert-manager has not looked at it yet"],
          ["overdue", "ends at 2026-11-25T14:00:00Z, and was to be renewed at 2026-11-25T06:00:00Z"],
        ],
      );
    });

    it("are ready by their condition, with cert-manager's words", () => {
      const issuer = { metadata: { name: "vault-issuer" }, status: { conditions: [readyCondition] } };
      assert.deepEqual(issuerStatus("ClusterIssuer", issuer), {
        kind: "ClusterIssuer",
        name: "vault-issuer",
        ready: true,
        message: "up to date",
      });
    });
  });

  describe("the next steps", () => {
    const stepsOf = (changed: Partial<StatusReport>) =>
      nextSteps({ ...report, ...changed }, { vaultNamespace: "vault", vaultExisting: "" }).map(
        ({ command }) => command,
      );
    const nodes = (...states: string[]) => ({
      vault: {
        address: "",
        nodes: states.map((state, index) => ({ name: `vault-${index}`, state, ok: state === "active" })),
      },
    });

    it("are none when all is well", () => assert.deepEqual(stepsOf({}), []));

    it("begin with Vault, by its state", () => {
      assert.deepEqual(stepsOf(nodes("does not answer")), ["npm run doctor"]);
      assert.deepEqual(stepsOf(nodes("active", "does not answer", "standby")), [
        "kubectl -n vault describe pods vault-1",
      ]);
      assert.deepEqual(stepsOf(nodes("sealed")), ["pulumi up"]);
      assert.deepEqual(stepsOf(nodes("not initialised")), ["pulumi up"]);
    });

    it("have a run bring back an issuer that is missing", () => {
      const lost = { kind: "ClusterIssuer", name: "clients", ready: false, missing: true, message: "" };
      assert.deepEqual(stepsOf({ issuers: [lost] }), ["pulumi up --refresh"]);
    });

    it("name the issuer and the Certificate to look at", () => {
      const issuers = [{ kind: "Issuer", namespace: "web", name: "own", ready: false, message: "" }];
      const failing = [{ namespace: "web", name: "page", message: "" }];
      assert.deepEqual(stepsOf({ issuers, certificates: { total: 1, ready: 0, failing } }), [
        "kubectl -n web describe issuer own",
        "kubectl -n web describe certificate page",
      ]);
    });
  });

  describe("looks around", function () {
    this.timeout(30_000);
    let cluster: FakeCluster;
    let vault: FakeVault;

    beforeEach(async () => {
      [cluster, vault] = await Promise.all([FakeCluster.start(), FakeVault.start()]);
      vault.initialise(1, 1);
      vault.state.sealed = false;
      vault.answers["GET sys/health"] = [200, { initialized: true, sealed: false, standby: false }];
      const issuer = { metadata: { name: "vault-issuer" }, status: { conditions: [readyCondition] } };
      cluster.objects["/apis/cert-manager.io/v1/clusterissuers"] = { items: [issuer] };
    });

    afterEach(() => Promise.all([cluster.stop(), vault.stop()]));

    it("in Vault and the cluster, and asks for no secret", async () => {
      const stack = {
        ...fakeStack(cluster, vault),
        pageUrl: undefined,
        vaultToken: () => assert.fail("asked for Vault's token"),
      };
      const found = await gatherStatus(stack);
      assert.deepEqual(found.vault.nodes, [{ name: "vault-0", state: "active", ok: true }]);
      assert.deepEqual(
        found.issuers.map(({ name, ready }) => [name, ready]),
        [["vault-issuer", true]],
      );
      assert.deepEqual(found.urls, [{ name: "Vault", url: `${vault.endpoint.address}/ui` }]);
      const listener = found.chain.find(({ role }) => role === LinkRole.Listener);
      assert.equal(listener?.subject, "127.0.0.1");
      assert.ok(vault.state.requests.every((request) => request.startsWith("GET ")));
    });

    it("in every mount of the settings for its issuing CA", async () => {
      const issuing = madeCertificate("Issuing pki_clients", 10, 355);
      vault.answers["GET pki_clients/cert/ca_chain"] = [200, { data: { ca_chain: issuing.toString() } }];
      const settings = {
        issuers: [
          { name: "a", kind: IssuerKind.ClusterIssuer, namespace: "", mount: "pki_clients" },
          { name: "b", kind: IssuerKind.ClusterIssuer, namespace: "", mount: "pki_clients" },
          { name: "c", kind: IssuerKind.ClusterIssuer, namespace: "", mount: "pki_int" },
          { name: "d", kind: IssuerKind.ClusterIssuer, namespace: "", mount: "pki_gone" },
        ] as IssuerSettings[],
      };
      const { chain } = await gatherStatus({ ...fakeStack(cluster, vault, settings), pageUrl: undefined });
      assert.deepEqual(
        chain.filter(({ mount }) => mount).map(({ mount, subject, ok }) => [mount, subject, ok]),
        [
          ["pki_clients", "Issuing pki_clients", true],
          ["pki_gone", "", false],
        ],
      );
    });

    it("for every issuer of the settings, and tells which of them the cluster does not have", async () => {
      const settings = {
        issuers: [
          { name: "clients", kind: IssuerKind.ClusterIssuer, namespace: "", mount: "pki_int" },
          { name: "app", kind: IssuerKind.Issuer, namespace: "team", mount: "pki_int" },
        ] as IssuerSettings[],
      };
      cluster.objects["/apis/cert-manager.io/v1/issuers"] = {
        items: [{ metadata: { name: "app", namespace: "other" }, status: { conditions: [readyCondition] } }],
      };
      const found = await gatherStatus({ ...fakeStack(cluster, vault, settings), pageUrl: undefined });
      assert.deepEqual(
        found.issuers.map(({ kind, namespace, name, ready, missing }) => [
          ...[kind, namespace, name, ready, missing],
        ]),
        [
          ["ClusterIssuer", undefined, "vault-issuer", true, undefined],
          ["Issuer", "other", "app", true, undefined],
          ["ClusterIssuer", undefined, "clients", false, true],
          ["Issuer", "team", "app", false, true],
        ],
      );
      assert.equal(found.ok, false);
      assert.deepEqual(
        found.next.filter(({ what }) => what.endsWith(" is missing")).map(({ what }) => what),
        ["ClusterIssuer clients is missing", "Issuer app is missing"],
      );
    });

    it("and tells what does not answer instead of ending", async () => {
      const stack = fakeStack(cluster, vault);
      await vault.stop();
      const found = await gatherStatus(stack);
      assert.equal(found.ok, false);
      assert.deepEqual(found.vault.nodes, [{ name: "vault-0", state: "does not answer", ok: false }]);
      assert.equal(found.next[0]?.command, "npm run doctor");
      assert.equal(
        found.chain.find(({ role }) => role === LinkRole.Page)?.problem,
        "its Ingress has no address",
      );
      vault = await FakeVault.start();
    });

    it("and says so when there is no cluster to ask", async () => {
      const stack = fakeStack(cluster, vault);
      await cluster.stop();
      await assert.rejects(gatherStatus(stack), /the cluster of context "fake" .* cannot be asked/);
      cluster = await FakeCluster.start();
    });
  });
});
