import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as yaml from "js-yaml";
import { checkCluster, type ClusterNeeds } from "../../settings/cluster";
import { loadKubeConfig } from "../../components/internal/kubeconfig";
import { FakeCluster } from "../support/fake-cluster";

const defaults = { storageClass: "", ingressClass: "" };
const secret = "token-4711";

describe("The cluster", () => {
  let cluster: FakeCluster;
  let directory: string;

  beforeEach(async () => {
    cluster = await FakeCluster.start();
    directory = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
  });

  afterEach(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true });
  });

  /** Writes a kubeconfig with one context of each name, all of one server and one token. Its paths are relative. */
  function kubeconfig(server: string, contexts = ["homelab"], file = "config", token = secret): string {
    const place = path.join(directory, file);
    writeFileSync(path.join(directory, "ca.pem"), cluster.caPem);
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: contexts.map((name) => ({
        name: `${name}-cluster`,
        cluster: { server, "certificate-authority": "ca.pem" },
      })),
      users: contexts.map((name) => ({ name: `${name}-user`, user: { token } })),
      contexts: contexts.map((name) => ({
        name,
        context: { cluster: `${name}-cluster`, user: `${name}-user` },
      })),
      "current-context": contexts[0],
    };
    writeFileSync(place, yaml.dump(config));
    return place;
  }

  const check = (needs: ClusterNeeds = defaults, timeoutSeconds?: number) =>
    checkCluster({ environment: kubeconfig(cluster.address) }, needs, timeoutSeconds);

  /** The one fault, which begins with the setting, names the context and file, and holds no secret. */
  function assertOneFault(faults: string[], pattern: RegExp): void {
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.match(faults[0]!, pattern);
    assert.ok(!faults[0]!.includes("4711"), faults[0]);
  }

  const where = () =>
    new RegExp(
      `the cluster of context "homelab" of ${path.join(directory, "config")} \\(${cluster.address}\\)`,
    );

  it("that has one default class of each kind is right, also by the classes' names", async () => {
    cluster.token = secret;
    assert.deepEqual(await check(), []);
    assert.deepEqual(await check({ storageClass: "longhorn", ingressClass: "haproxy" }), []);
  });

  it("has to have the namespaces of issuers, and not to be deleting them", async () => {
    cluster.namespaces = { team: { deleted: false }, old: { deleted: true } };
    const namespaces = ["team", "none", "old"].map((name, index) => ({ setting: `issuers[${index}]`, name }));
    const faults = await check({ ...defaults, namespaces });
    assert.equal(faults.length, 2, faults.join("\n"));
    const { source } = where();
    assert.match(
      faults[0]!,
      new RegExp(`^issuers\\[1\\]: there is no namespace none in ${source}: "kubectl create namespace none"`),
    );
    assert.match(faults[1]!, /^issuers\[2\]: the namespace old .* is being deleted: wait/);
  });

  it("that is not up is named with its context, its file and its address", async () => {
    const place = kubeconfig(cluster.address);
    const { source } = where();
    await cluster.stop();
    const faults = await checkCluster({ environment: place }, defaults);
    assertOneFault(
      faults,
      new RegExp(
        `^kubernetes:context: ${source} cannot be reached \\(connect ECONNREFUSED [^)]+\\): start it, or "pulumi config set`,
      ),
    );
    cluster = await FakeCluster.start();
  });

  it("of a host that no DNS knows cannot be reached", async () => {
    const place = kubeconfig("https://cluster.invalid:6443");
    assertOneFault(
      await checkCluster({ environment: place }, defaults),
      /^kubernetes:context: .*https:\/\/cluster\.invalid:6443\) cannot be reached \(.*(ENOTFOUND|EAI_AGAIN).*\): start it/,
    );
  });

  it("whose certificate is not trusted cannot be reached, and the reason says so", async () => {
    const other = await FakeCluster.start();
    try {
      assertOneFault(
        await checkCluster({ environment: kubeconfig(other.address) }, defaults),
        /^kubernetes:context: .* cannot be reached \(.*certificate.*\): start it/,
      );
    } finally {
      await other.stop();
    }
  });

  it("that does not answer is given up after the time limit", async () => {
    cluster.answers["/version"] = null;
    const begun = Date.now();
    assertOneFault(
      await check(defaults, 0.3),
      new RegExp(
        `^kubernetes:context: ${where().source} cannot be reached \\(no answer in 0\\.3 s\\): start it`,
      ),
    );
    assert.ok(Date.now() - begun < 5000);
  });

  for (const [what, body] of [
    ["a page", "<html><body>It works! 4711</body></html>"],
    ["other JSON", '{"name": "4711"}'],
    ["nothing", ""],
  ] as const) {
    it(`that answers with ${what} is no Kubernetes, and its words are not repeated`, async () => {
      cluster.answers["/version"] = body;
      assertOneFault(
        await check(),
        /^kubernetes:context: what answers at context "homelab" of .* is no Kubernetes API server: choose another context/,
      );
    });
  }

  it("that knows no /version is no Kubernetes", async () => {
    cluster.answers["/version"] = 404;
    assertOneFault(await check(), /^kubernetes:context: what answers at .* is no Kubernetes API server/);
  });

  it("that is failing is told by its status, without its words", async () => {
    cluster.answers["/version"] = 503;
    assertOneFault(await check(), /^kubernetes:context: .* cannot be reached \(HTTP status 503\): start it/);
  });

  it("that does not know the user asks to log in", async () => {
    cluster.token = "another one";
    assertOneFault(
      await check(),
      new RegExp(
        `^kubernetes:context: ${where().source} does not know this user: log in again, or "pulumi config set`,
      ),
    );
  });

  it("that lets the user list nothing asks for an administrator", async () => {
    cluster.answers["/apis/storage.k8s.io/v1/storageclasses"] = 403;
    assertOneFault(
      await check(),
      /^kubernetes:context: .* does not let this user list what it has: use an administrator, or "pulumi config set/,
    );
  });

  it("without a default class of a kind is refused, with what it has and two ways out", async () => {
    cluster.storageClasses = [{ name: "local-path" }, { name: "longhorn" }];
    cluster.ingressClasses = [{ name: "haproxy" }];
    const faults = await check();
    assert.equal(faults.length, 2, "both in one report");
    assert.match(
      faults[0]!,
      /^vaultStorageClass: "" asks for the default storage class, but 0 are marked as such, and the cluster of context "homelab" .* has local-path, longhorn: "pulumi config set vaultStorageClass NAME", or mark one with "kubectl annotate storageclass NAME storageclass\.kubernetes\.io\/is-default-class=true"$/,
    );
    assert.match(
      faults[1]!,
      /^ingressClassName: "" asks for the default ingress class, but 0 are .* has haproxy: .*"kubectl annotate ingressclass NAME/,
    );
  });

  it("with several default classes is refused", async () => {
    cluster.storageClasses.push({ name: "local-path", default: true });
    assertOneFault(
      await check(),
      /^vaultStorageClass: .* but 2 are marked as such, .* has longhorn, local-path: /,
    );
  });

  it("without the class that a setting names is refused, with what it has", async () => {
    const faults = await check({ storageClass: "fast", ingressClass: "nginx" });
    assert.equal(faults.length, 2);
    assert.match(
      faults[0]!,
      /^vaultStorageClass: there is no storage class fast, the cluster of context .* has longhorn: "pulumi config set vaultStorageClass NAME"$/,
    );
    assert.match(
      faults[1]!,
      /^ingressClassName: there is no ingress class nginx, .* has haproxy: "pulumi config set/,
    );
  });

  it("without any class asks to install one", async () => {
    cluster.ingressClasses = [];
    assertOneFault(
      await check({ storageClass: "longhorn", ingressClass: "haproxy" }),
      /^ingressClassName: there is no ingress class haproxy, .* has none at all: install one first$/,
    );
  });

  it("is not asked for a class whose setting could not be read", async () => {
    cluster.storageClasses = [];
    assert.deepEqual(
      await checkCluster({ environment: kubeconfig(cluster.address) }, { ingressClass: "" }),
      [],
    );
  });

  describe("is found by the kubeconfig, which", () => {
    const load = (source: Parameters<typeof loadKubeConfig>[0]) => {
      const loaded = loadKubeConfig(source);
      return typeof loaded === "string" ? loaded : loaded.where;
    };

    it("is KUBECONFIG's, with its current context or the one of the setting", () => {
      const environment = kubeconfig("https://one:6443", ["homelab", "other"]);
      assert.equal(load({ environment }), `context "homelab" of ${environment} (https://one:6443)`);
      assert.equal(
        load({ environment, context: "other" }),
        `context "other" of ${environment} (https://one:6443)`,
      );
    });

    it("is the setting's before KUBECONFIG, by its path or its content", () => {
      const environment = kubeconfig("https://one:6443");
      const place = kubeconfig("https://two:6443", ["second"], "second");
      assert.equal(
        load({ environment, kubeconfig: place }),
        `context "second" of ${place} (https://two:6443)`,
      );
      const content = yaml.dump({
        clusters: [{ name: "c", cluster: { server: "https://three:6443" } }],
        contexts: [{ name: "third", context: { cluster: "c", user: "u" } }],
        "current-context": "third",
      });
      assert.equal(
        load({ environment, kubeconfig: content }),
        'context "third" of the setting kubernetes:kubeconfig (https://three:6443)',
      );
    });

    it("may be several files, of which the first to know a name has it", async () => {
      const first = kubeconfig(cluster.address, ["homelab"], "first", secret);
      const second = kubeconfig("https://two:6443", ["homelab", "other"], "second", "another");
      const environment = [first, path.join(directory, "missing"), second].join(path.delimiter);
      const origin = `${first}:${second}`;
      assert.equal(load({ environment }), `context "homelab" of ${origin} (${cluster.address})`);
      assert.equal(
        load({ environment, context: "other" }),
        `context "other" of ${origin} (https://two:6443)`,
      );
      cluster.token = secret;
      assert.deepEqual(await checkCluster({ environment }, defaults), [], "and the token of the first");
    });

    it("must have the context that is asked for, and says which it has", () => {
      const environment = kubeconfig("https://one:6443", ["homelab", "other"]);
      assert.equal(
        load({ environment, context: "homelap" }),
        `kubernetes:context: there is no context "homelap", ${environment} has homelab, other: ` +
          '"pulumi config set kubernetes:context NAME"',
      );
    });

    it("must choose a context, and one whose cluster is there", () => {
      const contexts = [{ name: "lost", context: { cluster: "gone", user: "u" } }];
      const content = (more: object) => yaml.dump({ clusters: [], contexts, ...more });
      assert.match(
        load({ kubeconfig: content({}) }),
        /^kubernetes:context: no context is chosen, and the setting kubernetes:kubeconfig has lost: "pulumi config set/,
      );
      assert.match(
        load({ kubeconfig: content({ "current-context": "lost" }) }),
        /^kubernetes:context: context "lost" of .* names a cluster that is not there: "pulumi config set/,
      );
      assert.match(load({ kubeconfig: "contexts: []\n" }), /no context is chosen, .* has no context at all/);
    });

    it("must be there, wherever it is said to be", () => {
      const missing = path.join(directory, "missing");
      assert.match(
        load({ environment: missing }),
        new RegExp(
          `^kubernetes:kubeconfig: ${missing}, which the environment variable KUBECONFIG names, is not there: set`,
        ),
      );
      assert.match(
        load({ kubeconfig: missing, environment: kubeconfig("https://one:6443") }),
        new RegExp(
          `^kubernetes:kubeconfig: ${missing}, which the setting kubernetes:kubeconfig names, is not there: set`,
        ),
      );
    });

    for (const [what, content] of [
      ["broken YAML", `users:\n- user: {token: ${secret}\n  oops`],
      ["other YAML", `- ${secret}: 1\n- 2`],
      ["YAML with other types", `users: ${secret}\ncontexts: 7\n`],
      [
        "a kubeconfig in base64",
        Buffer.from(`users:\n- user: {token: ${secret}}\n`.repeat(30)).toString("base64"),
      ],
      ["a kubeconfig in JSON that ends early", `{"users": [{"name": "${secret}"`],
    ] as const) {
      it(`is not repeated when it is ${what}`, () => {
        const written = path.join(directory, "written");
        writeFileSync(written, content);
        for (const source of [{ kubeconfig: content }, { kubeconfig: written }, { environment: written }]) {
          const fault = load(source);
          assert.match(fault, /^kubernetes:(kubeconfig|context): .+: .+/);
          assert.ok(!fault.includes("4711") && !fault.includes(content.slice(0, 40)), fault);
        }
      });
    }
  });
});
