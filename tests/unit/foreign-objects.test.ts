import assert from "node:assert/strict";
import { foreignNamespaceFault, marked, stackAnnotation } from "../../stack-mark";
import { foreignObjectFaults } from "../../settings/foreign-objects";
import { FakeCluster } from "../support/fake-cluster";

const stack = "organization/cert-manager-vault/homelab";
const own = { annotations: { [stackAnnotation]: stack } };

describe("The mark of a stack's namespaces", () => {
  it("is added to what a component says of its namespace", () => {
    const metadata = { name: "vault", labels: { a: "b" }, annotations: { c: "d" } };
    assert.deepEqual(marked(metadata, stack), {
      name: "vault",
      labels: { a: "b" },
      annotations: { c: "d", "cert-manager-vault/stack": stack },
    });
  });

  it("tells an earlier run's namespace from one that must not be taken over", () => {
    assert.equal(foreignNamespaceFault({ metadata: { name: "vault", ...own } }, stack), undefined);
    const command = `"kubectl annotate namespace vault --overwrite cert-manager-vault/stack=${stack}"`;
    const unmarked = foreignNamespaceFault({ metadata: { name: "vault" } }, stack)!;
    assert.match(unmarked, /^the namespace vault is there and is not marked as this stack's/);
    assert.ok(unmarked.endsWith(command), unmarked);
    const other = foreignNamespaceFault({ metadata: { name: "vault", ...own } }, `${stack}-2`)!;
    assert.match(other, new RegExp(`is marked as the stack ${stack}'s, and pulumi destroy would delete it`));
  });
});

describe("What the stack is going to make", () => {
  const settings = {
    vaultNamespace: "vault",
    certManagerNamespace: "cert-manager",
    podinfoNamespace: "podinfo",
    demo: true,
    certManagerExisting: false,
    approverPolicy: false,
    trustBundle: "",
    vaultExisting: "",
  };
  const bindingPath = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/vault-server-binding";
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  let cluster: FakeCluster;

  beforeEach(async () => {
    cluster = await FakeCluster.start();
  });

  afterEach(() => cluster.stop());

  const faults = (changes: Partial<typeof settings> = {}) =>
    foreignObjectFaults({ kubeconfig: cluster.kubeconfig }, { ...settings, ...changes }, stack);

  function namespace(name: string, metadata: object): void {
    cluster.objects[`/api/v1/namespaces/${name}`] = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, ...metadata },
    };
  }

  /** Metadata of what Helm has made. */
  function ofRelease(name: string, release: string, releaseNamespace: string): object {
    const annotations = {
      "meta.helm.sh/release-name": release,
      "meta.helm.sh/release-namespace": releaseNamespace,
    };
    return { metadata: { name, annotations } };
  }

  it("may all be missing, or be the stack's own of an earlier run", async () => {
    assert.deepEqual(await faults(), []);
    ["vault", "cert-manager", "podinfo"].forEach((name) => namespace(name, own));
    cluster.objects[bindingPath] = ofRelease("vault-server-binding", "vault", "vault");
    cluster.objects[`${definitions}/certificates.cert-manager.io`] = ofRelease(
      "certificates.cert-manager.io",
      "cert-manager",
      "cert-manager",
    );
    assert.deepEqual(await faults(), []);
  });

  it("is refused in each namespace of somebody else, all at once, with the setting and a command", async () => {
    namespace("vault", {});
    namespace("cert-manager", { annotations: { "meta.helm.sh/release-namespace": "cert-manager" } });
    namespace("podinfo", { annotations: { [stackAnnotation]: "organization/cert-manager-vault/other" } });
    const told = await faults();
    assert.equal(told.length, 3, told.join("\n"));
    assert.match(told[0]!, /^vaultNamespace: the namespace vault is there and is not marked as this stack's/);
    assert.match(told[1]!, /^certManagerNamespace: the namespace cert-manager /);
    assert.match(
      told[2]!,
      /^podinfoNamespace: the namespace podinfo .* is marked as the stack organization\/cert-manager-vault\/other's/,
    );
  });

  it("has one thing in common with another Vault of the same release name, which is told with the way out", async () => {
    cluster.objects[bindingPath] = {
      ...ofRelease("vault-server-binding", "vault", "old-vault"),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subjects: [{ kind: "ServiceAccount", name: "vault-account", namespace: "old-vault" }],
    };
    const told = await faults();
    assert.equal(told.length, 1, told.join("\n"));
    assert.match(told[0]!, /^vaultNamespace: .* is of the Helm release vault in namespace old-vault, /);
    assert.match(
      told[0]!,
      /"kubectl create clusterrolebinding old-vault-token-review .*=old-vault:vault-account"/,
    );
  });

  it("is refused beside another cert-manager, however that was installed", async () => {
    const name = "certificates.cert-manager.io";
    for (const [metadata, whose] of [
      [{ metadata: { name } }, "of no Helm release"],
      [ofRelease(name, "cm", "cert-manager"), "of the Helm release cm in namespace cert-manager"],
      [ofRelease(name, "cert-manager", "certs"), "of the Helm release cert-manager in namespace certs"],
    ] as const) {
      cluster.objects[`${definitions}/${name}`] = metadata;
      const told = await faults();
      assert.equal(told.length, 1, told.join("\n"));
      assert.ok(told[0]!.startsWith(`certManagerNamespace: the CRD ${name} is ${whose}, and `), told[0]);
    }
  });

  it("is not looked for where the page is not wanted", async () => {
    namespace("podinfo", {});
    assert.equal((await faults()).length, 1);
    assert.deepEqual(await faults({ demo: false }), []);
  });

  it("leaves a cert-manager that is to be used to the checks for that", async () => {
    namespace("cert-manager", {});
    cluster.objects[`${definitions}/certificates.cert-manager.io`] = { metadata: {} };
    assert.deepEqual(await faults({ certManagerExisting: true }), []);
  });

  it("is refused beside another trust-manager or approver-policy only where there is to be one", async () => {
    for (const [name, release, wanted] of [
      ["bundles.trust.cert-manager.io", "trust-manager", { trustBundle: "roots" }],
      [
        "certificaterequestpolicies.policy.cert-manager.io",
        "cert-manager-approver-policy",
        { approverPolicy: true },
      ],
    ] as const) {
      cluster.objects[`${definitions}/${name}`] = ofRelease(name, release, "theirs");
      assert.deepEqual(await faults(), []);
      const told = (await faults(wanted)).join("\n");
      assert.match(told, new RegExp(`^certManagerNamespace: .* can have one ${release} only: hand the CRDs`));
    }
  });
});
