import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { CoreV1Api, KubernetesObject, KubernetesObjectApi, V1Secret } from "@kubernetes/client-node";
import { forgetPendingUpgrade, forgetUnrecordedRelease } from "../../helm/interrupted-release";
import { deleteOutsideObjects } from "../../helm/outside-objects";

describe("Helm's records of a release", () => {
  const wanted = { namespace: "vault", name: "vault", values: { server: { replicas: 1, image: undefined } } };

  function record(revision: number, status: string, config: object = { server: { replicas: 1 } }): V1Secret {
    const release = gzipSync(JSON.stringify({ name: "vault", config })).toString("base64");
    return {
      metadata: {
        name: `sh.helm.release.v1.vault.v${revision}`,
        namespace: "vault",
        labels: { owner: "helm", name: "vault", status },
      },
      data: { release: Buffer.from(release).toString("base64") },
    };
  }

  /** The calls that are used here, on these Secrets. */
  function cluster(secrets: V1Secret[]): { api: CoreV1Api; deleted: string[] } {
    const deleted: string[] = [];
    const api = {
      listNamespacedSecret: async ({ namespace, labelSelector }: any) => {
        assert.equal(namespace, "vault");
        assert.equal(labelSelector, "owner=helm,name=vault");
        return { items: secrets };
      },
      deleteNamespacedSecret: async ({ name }: any) => void deleted.push(name),
    };
    return { api: api as unknown as CoreV1Api, deleted };
  }

  for (const status of ["pending-install", "deployed", "failed"]) {
    it(`${status}, of which the state knows nothing, are dropped before an installation`, async () => {
      const { api, deleted } = cluster([record(1, status)]);
      const told = await forgetUnrecordedRelease(api, wanted);
      assert.deepEqual(deleted, ["sh.helm.release.v1.vault.v1"]);
      assert.deepEqual(told, [`sh.helm.release.v1.vault.v1 (${status})`]);
    });
  }

  it("of a new release are none, and nothing is told", async () => {
    assert.deepEqual(await forgetUnrecordedRelease(cluster([]).api, wanted), []);
  });

  it("with other values may be somebody else's, and stay", async () => {
    const { api, deleted } = cluster([record(1, "deployed", { server: { replicas: 3 } })]);
    await assert.rejects(
      forgetUnrecordedRelease(api, wanted),
      /Helm release vault in namespace vault .* other values.*kubectl -n vault delete secret -l owner=helm,name=vault/,
    );
    assert.deepEqual(deleted, []);
  });

  it("of an upgrade that was interrupted are dropped, and those before it stay", async () => {
    const { api, deleted } = cluster([
      record(1, "superseded"),
      record(2, "deployed"),
      record(3, "pending-upgrade"),
    ]);
    await forgetPendingUpgrade(api, wanted);
    assert.deepEqual(deleted, ["sh.helm.release.v1.vault.v3"]);
  });

  it("are left alone when there is none to upgrade from", async () => {
    const { api, deleted } = cluster([record(1, "pending-install")]);
    await forgetPendingUpgrade(api, wanted);
    assert.deepEqual(deleted, []);
  });
});

describe("What Helm has made outside of the namespaces that go", () => {
  function made(kind: string, name: string, release: string, more: object = {}): KubernetesObject {
    const annotations = { "meta.helm.sh/release-namespace": release, ...more };
    return { kind, metadata: { name, annotations } };
  }

  /** A cluster that forgets an object some reads after it was deleted. */
  function cluster(objects: KubernetesObject[], readsUntilGone = 0): KubernetesObjectApi {
    const going = new Map<string, number>();
    const gone = () => Promise.reject(Object.assign(new Error("not found"), { code: 404 }));
    const api = {
      list: async (...args: unknown[]) => {
        assert.equal(args[7], "app.kubernetes.io/managed-by=Helm");
        return { items: objects.filter(({ kind }) => kind === args[1]) };
      },
      delete: async ({ metadata }: KubernetesObject) => {
        const index = objects.findIndex((object) => object.metadata?.name === metadata?.name);
        const [deleted] = objects.splice(index, 1);
        going.set(deleted!.metadata!.name!, readsUntilGone);
      },
      read: async ({ metadata }: KubernetesObject) => {
        const reads = going.get(metadata!.name!) ?? 0;
        going.set(metadata!.name!, reads - 1);
        return reads > 0 ? {} : gone();
      },
    };
    return api as unknown as KubernetesObjectApi;
  }

  it("is deleted, and waited for", async () => {
    const objects = [
      made("ClusterRole", "cert-manager-view", "cert-manager"),
      made("ValidatingWebhookConfiguration", "cert-manager-webhook", "cert-manager"),
    ];
    const deleted = await deleteOutsideObjects(cluster(objects, 1), ["vault", "cert-manager"]);
    assert.deepEqual(deleted, [
      "ValidatingWebhookConfiguration cert-manager-webhook",
      "ClusterRole cert-manager-view",
    ]);
    assert.deepEqual(objects, []);
  });

  it("stays when it belongs to a release elsewhere, is to be kept, or goes with its namespace", async () => {
    const objects = [
      made("ClusterRole", "other", "monitoring"),
      made("CustomResourceDefinition", "kept", "cert-manager", { "helm.sh/resource-policy": "keep" }),
      made("Role", "inside", "cert-manager"),
    ];
    objects[2]!.metadata!.namespace = "cert-manager";
    assert.deepEqual(await deleteOutsideObjects(cluster(objects), ["cert-manager"]), []);
    assert.equal(objects.length, 3);
  });

  it("that does not go is named", async () => {
    const objects = [made("CustomResourceDefinition", "challenges.acme.cert-manager.io", "cert-manager")];
    await assert.rejects(
      deleteOutsideObjects(cluster(objects, 99), ["cert-manager"], 0),
      /CustomResourceDefinition challenges.acme.cert-manager.io .* still there.*finalizer/,
    );
  });
});
