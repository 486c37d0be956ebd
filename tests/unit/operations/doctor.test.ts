import assert from "node:assert/strict";
import { diagnose, Outcome, type Check, type Finding } from "../../../operations/doctor/check";
import { checksOf } from "../../../operations/doctor/checks";
import { conclusion, findingLine } from "../../../operations/doctor/screen";
import { Surroundings } from "../../../operations/doctor/surroundings";
import type { Stack } from "../../../operations/stack";
import { plain } from "../../../operations/terminal";
import type { PlainSettings } from "../../../settings/table";
import { FakeCluster } from "../../support/fake-cluster";
import { FakeVault } from "../../support/fake-vault";
import { fakeStack, readyCondition } from "../../support/operations";

const inCertManager = "/apis/cert-manager.io/v1/namespaces/cert-manager/certificates";
const deployment = (name: string) => `/apis/apps/v1/namespaces/cert-manager/deployments/${name}`;
const accountToken = "/api/v1/namespaces/cert-manager/serviceaccounts/issuer/token";
const ingress = "/apis/networking.k8s.io/v1/namespaces/podinfo/ingresses/my-podinfo";
const accessReview = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
const sign = "POST pki_int/sign/home-lab-dot-local";

const ingressAt = (ip?: string) => ({ status: { loadBalancer: ip ? { ingress: [{ ip }] } : {} } });

describe("npm run doctor", function () {
  this.timeout(30_000);
  let cluster: FakeCluster;
  let vault: FakeVault;

  /** All that the checks look at, as it should be. */
  beforeEach(async () => {
    [cluster, vault] = await Promise.all([FakeCluster.start(), FakeVault.start()]);
    vault.initialise(1, 1);
    vault.state.sealed = false;
    Object.assign(vault.answers, {
      "GET sys/health": [200, { initialized: true, sealed: false, standby: false }],
      "POST auth/kubernetes/login": [200, { auth: { client_token: "hvs.of-the-issuer" } }],
      "POST auth/token/revoke-self": [204, {}],
      [sign]: [400, { errors: ['"csr" is empty'] }],
    });
    const ready = { status: { conditions: [readyCondition], notAfter: "2999-01-01T00:00:00Z" } };
    const running = { spec: { replicas: 1 }, status: { availableReplicas: 1 } };
    Object.assign(cluster.objects, {
      [deployment("cert-manager")]: running,
      [deployment("cert-manager-webhook")]: running,
      [deployment("cert-manager-cainjector")]: running,
      [inCertManager]: {},
      [`${inCertManager}/vault-issuer-canary`]: ready,
      "/apis/cert-manager.io/v1/clusterissuers/vault-issuer": ready,
      [accessReview]: { status: { allowed: true } },
      [accountToken]: { status: { token: "ey.of-the-account" } },
      [ingress]: ingressAt("127.0.0.1"),
    });
  });

  afterEach(() => Promise.all([cluster.stop(), vault.stop()]));

  async function findings(stack: Stack): Promise<Finding[]> {
    const around = new Surroundings(stack);
    try {
      return await diagnose(checksOf(stack), around);
    } finally {
      await around.close();
    }
  }

  /** Of a stack without a page: nothing can listen on the port of one here. */
  async function withoutPage(settings: Partial<PlainSettings> = {}): Promise<Finding[]> {
    return findings({ ...fakeStack(cluster, vault, settings), pageUrl: undefined });
  }

  const broken = (all: Finding[]) => all.filter(({ outcome }) => outcome === Outcome.Broken);

  it("goes from this machine to the page's certificate and back", () => {
    assert.deepEqual(
      checksOf({ pageUrl: "https://podinfo.wsp.local" }).map(({ id }) => id),
      [
        ...["cluster", "vault-address", "vault-tls", "vault-initialised", "vault-unsealed", "vault-token"],
        ...["cert-manager", "webhook", "token-right", "login", "sign", "issuer", "canary"],
        ...["ingress", "dns", "page-tls", "page", "trust-store"],
      ],
    );
  });

  it("finds all in order but this machine's trust store, which does not know the test's root", async () => {
    const all = await withoutPage();
    assert.deepEqual(
      broken(all).map(({ id }) => id),
      ["trust-store"],
    );
    assert.match(broken(all)[0]!.fix!, /^pulumi stack output rootCaPem > root\.pem && /);
    assert.ok(all.every(({ outcome }) => outcome !== Outcome.NotLookedAt));
  });

  it("logs in as cert-manager does, asks for nothing to be signed, and gives the login back", async () => {
    await withoutPage();
    const { requests } = vault.state;
    assert.ok(requests.includes("POST auth/kubernetes/login"));
    assert.ok(requests.indexOf("POST auth/token/revoke-self") > requests.indexOf(sign));
  });

  it("tells no secret", async () => {
    const told = JSON.stringify(await withoutPage());
    for (const secret of [vault.state.rootToken, "hvs.of-the-issuer", "ey.of-the-account"]) {
      assert.ok(!told.includes(secret));
    }
  });

  interface Row {
    what: string;
    id: string;
    doIt: () => void | Promise<void>;
    settings?: Partial<PlainSettings>;
    found: RegExp;
    fix: RegExp;
  }

  const rows: Row[] = [
    {
      what: "a cluster that is away",
      id: "cluster",
      doIt: () => void (cluster.answers["/version"] = 503),
      found: /cannot be reached \(HTTP status 503\)/,
      fix: /pulumi config set kubernetes:context NAME/,
    },
    {
      what: "a Vault without data",
      id: "vault-initialised",
      doIt: () => void (vault.state.initialized = false),
      found: /Vault has no data/,
      fix: /^pulumi up/,
    },
    {
      what: "a sealed Vault",
      id: "vault-unsealed",
      doIt: () =>
        void (vault.answers["GET sys/health"] = [200, { initialized: true, sealed: true, standby: false }]),
      found: /vault-0 sealed/,
      fix: /^pulumi up$/,
    },
    {
      what: "a sealed Vault whose keys its owners have",
      id: "vault-unsealed",
      doIt: () =>
        void (vault.answers["GET sys/health"] = [200, { initialized: true, sealed: true, standby: false }]),
      settings: { vaultPgpKeys: ["key"] },
      found: /vault-0 sealed/,
      fix: /docs\/security\.md/,
    },
    {
      what: "one of three nodes that is away",
      id: "vault-unsealed",
      doIt: () => undefined,
      settings: { vaultReplicas: 3 },
      found: /vault-1 does not answer/,
      fix: /kubectl -n vault describe pod vault-1/,
    },
    {
      what: "a token that Vault does not know",
      id: "vault-token",
      doIt: () => void (vault.answers["GET auth/token/lookup-self"] = [403, { errors: [] }]),
      found: /expired or was revoked/,
      fix: /vaultExistingRootToken && pulumi up/,
    },
    {
      what: "a controller that is scaled away",
      id: "cert-manager",
      doIt: () => void (cluster.objects[deployment("cert-manager")] = { spec: { replicas: 0 } }),
      found: /scaled to 0/,
      fix: /^kubectl -n cert-manager scale deployment cert-manager --replicas=1$/,
    },
    {
      what: "a webhook without a pod that is ready",
      id: "cert-manager",
      doIt: () => void (cluster.objects[deployment("cert-manager-webhook")] = { spec: { replicas: 1 } }),
      found: /cert-manager-webhook has no pod that is ready/,
      fix: /^kubectl -n cert-manager describe pods$/,
    },
    {
      what: "an approver that is gone",
      id: "cert-manager",
      doIt: () => undefined,
      settings: { approverPolicy: true },
      found: /no Deployment cert-manager\/cert-manager-approver-policy/,
      fix: /Drift/,
    },
    {
      what: "a webhook that does not answer",
      id: "webhook",
      doIt: () => void (cluster.answers[inCertManager] = 500),
      found: /refuses/,
      fix: /^kubectl -n cert-manager rollout restart deployment cert-manager-webhook$/,
    },
    {
      what: "a RoleBinding that is gone",
      id: "token-right",
      doIt: () => void (cluster.objects[accessReview] = { status: { allowed: false } }),
      found: /no Role and RoleBinding in cert-manager/,
      fix: /^pulumi up --refresh$/,
    },
    {
      what: "a ServiceAccount that is gone",
      id: "login",
      doIt: () => void delete cluster.objects[accountToken],
      found: /no ServiceAccount cert-manager\/issuer/,
      fix: /^pulumi up --refresh$/,
    },
    {
      what: "a login that Vault refuses",
      id: "login",
      doIt: () =>
        void (vault.answers["POST auth/kubernetes/login"] = [403, { errors: ["permission denied"] }]),
      found: /403 permission denied/,
      fix: /^pulumi up --refresh$/,
    },
    {
      what: "a policy that was emptied",
      id: "sign",
      doIt: () => void (vault.answers[sign] = [403, { errors: ["permission denied"] }]),
      found: /refuses pki_int\/sign\/home-lab-dot-local: 403/,
      fix: /^pulumi up --refresh$/,
    },
    {
      what: "a role that is gone",
      id: "sign",
      doIt: () => void (vault.answers[sign] = [400, { errors: ["unknown role: home-lab-dot-local"] }]),
      found: /unknown role/,
      fix: /^pulumi up --refresh$/,
    },
    {
      what: "a ClusterIssuer that is gone",
      id: "issuer",
      doIt: () => void delete cluster.objects["/apis/cert-manager.io/v1/clusterissuers/vault-issuer"],
      found: /no ClusterIssuer vault-issuer/,
      fix: /^pulumi up --refresh$/,
    },
    {
      what: "a canary that has ended",
      id: "canary",
      doIt: () =>
        void (cluster.objects[`${inCertManager}/vault-issuer-canary`] = {
          status: { conditions: [readyCondition], notAfter: "2020-01-01T00:00:00Z" },
        }),
      found: /has ended at 2020/,
      fix: /^pulumi up --refresh$/,
    },
  ];

  for (const { what, id, doIt, settings, found, fix } of rows) {
    it(`names ${what}, and the way out of it`, async () => {
      await doIt();
      const [first] = broken(await withoutPage(settings));
      assert.equal(first?.id, id);
      assert.match(first.found, found);
      assert.match(first.fix!, fix);
    });
  }

  it("names a Vault whose nodes are scaled away", async () => {
    const stack = { ...fakeStack(cluster, vault), pageUrl: undefined };
    cluster.objects["/apis/apps/v1/namespaces/vault/statefulsets/vault"] = { spec: { replicas: 0 } };
    await vault.stop();
    const all = await findings(stack);
    const [first] = broken(all);
    assert.equal(first?.id, "vault-address");
    assert.equal(first.fix, "kubectl -n vault scale statefulset vault --replicas=1");
    const waiting = all.filter(({ outcome }) => outcome === Outcome.NotLookedAt).map(({ id }) => id);
    assert.deepEqual(waiting, [
      ...["vault-tls", "vault-initialised", "vault-unsealed", "vault-token", "login", "sign"],
      ...["issuer", "canary"],
    ]);
    vault = await FakeVault.start();
  });

  it("names a Vault that the CA of its listener does not stand above", async () => {
    const other = await FakeVault.start();
    const stack = fakeStack(cluster, vault);
    const doubted = { ...stack.vault, caPem: other.caPem };
    const [first] = broken(await findings({ ...stack, vault: doubted, pageUrl: undefined }));
    await other.stop();
    assert.equal(first?.id, "vault-tls");
    assert.match(first.found, /SELF_SIGNED|self-signed/i);
  });

  describe("the page", () => {
    const firstBroken = async (settings: Partial<PlainSettings>) =>
      broken(await findings(fakeStack(cluster, vault, settings)))[0];

    it("whose Ingress is gone", async () => {
      delete cluster.objects[ingress];
      assert.equal((await firstBroken({}))?.fix, "pulumi up --refresh");
    });

    it("whose Ingress has no address", async () => {
      cluster.objects[ingress] = ingressAt();
      const first = await firstBroken({});
      assert.equal(first?.id, "ingress");
      assert.match(first.fix!, /^kubectl -n podinfo describe ingress my-podinfo/);
    });

    it("whose host does not resolve, with the line that is missing", async () => {
      const first = await firstBroken({ podinfoHost: "nowhere.invalid", podinfoAliases: [] });
      assert.equal(first?.id, "dns");
      assert.match(first.fix!, /^echo '127\.0\.0\.1 nowhere\.invalid' \| sudo tee -a \/etc\/hosts/);
    });

    it("whose host resolves to another address", async () => {
      cluster.objects[ingress] = ingressAt("192.0.2.1");
      const first = await firstBroken({ podinfoHost: "localhost", podinfoAliases: [] });
      assert.equal(first?.id, "dns");
      assert.match(first.found, /localhost resolves to .*, and the Ingress is at 192\.0\.2\.1/);
      assert.match(first.fix!, /192\.0\.2\.1 localhost/);
    });
  });

  describe("the list of checks", () => {
    const check = (id: string, needs: string[], fails = false): Check => ({
      id,
      name: `${id} holds`,
      needs,
      run: async () => (fails ? Promise.reject(new Error(`${id} is away`)) : "seen"),
      fix: () => `mend ${id}`,
    });
    const checks = [check("a", [], true), check("b", ["a"]), check("c", ["b"]), check("d", [])];

    it("does not look at what rests on what is broken, however far", async () => {
      const all = await diagnose(checks, new Surroundings(fakeStack(cluster, vault)));
      assert.deepEqual(
        all.map(({ id, outcome, found, fix }) => [id, outcome, found, fix]),
        [
          ["a", "broken", "a is away", "mend a"],
          ["b", "not looked at", "rests on: a holds", undefined],
          ["c", "not looked at", "rests on: b holds", undefined],
          ["d", "right", "seen", undefined],
        ],
      );
    });

    it("is shown line by line, with the first broken link at the end", async () => {
      const all = await diagnose(checks, new Surroundings(fakeStack(cluster, vault)));
      assert.equal(
        [...all.map((finding) => findingLine(finding, plain)), conclusion(all, plain)].join("\n"),
        `✗ a holds (a is away)
· b holds: not looked at
· c holds: not looked at
✓ d holds (seen)
Broken: a holds
  a is away
Fix:    mend a`,
      );
      assert.equal(conclusion([], plain), "Every link holds.");
    });

    it("rests on checks that come before, each by its id", () => {
      const ids: string[] = [];
      for (const { id, needs } of checksOf({ pageUrl: "https://page" })) {
        assert.ok(
          needs.every((needed) => ids.includes(needed)),
          id,
        );
        ids.push(id);
      }
    });
  });
});
