import assert from "node:assert/strict";
import { rolloutProvider } from "../../components/internal/rollout-resource";
import { linesLogged } from "../support/console-log";
import { fakeApi, type FakeApi } from "../support/fake-api";
import { FakeNodes } from "../support/fake-nodes";
import { FakeVault } from "../support/fake-vault";

/** A pod of the fake cluster, by what the wait looks at. */
interface FakePod {
  revision: "old" | "new";
  ready: boolean;
  waiting?: string;
  unscheduled?: string;
  stopping?: boolean;
}

describe("The wait for Vault's restarted pods", function () {
  this.timeout(60_000);
  const labels = { "app.kubernetes.io/name": "vault", component: "server" };
  let api: FakeApi;
  let pods: Record<string, FakePod>;
  let strategy: string;
  let replicas: number;
  let observed: boolean;
  let current: "old" | "new";
  let asked: number;
  /** Called before each look at the StatefulSet, with the number of looks so far. */
  let onLook: (count: number) => void;

  before(async () => {
    api = await fakeApi((request, { pathname, searchParams }) => {
      assert.equal(request.method, "GET", "nothing is changed");
      switch (pathname) {
        case "/apis/apps/v1/namespaces/vault/statefulsets/vault":
          onLook(asked++);
          return [200, statefulSet()];
        case "/api/v1/namespaces/vault/pods":
          assert.equal(searchParams.get("labelSelector"), "app.kubernetes.io/name=vault,component=server");
          return [200, { kind: "PodList", items: Object.entries(pods).map(podOf) }];
        default:
          return [404, { kind: "Status", code: 404, message: `${pathname} not found` }];
      }
    });
  });

  beforeEach(() => {
    replicas = 3;
    pods = Object.fromEntries(
      [0, 1, 2].map((ordinal) => [`vault-${ordinal}`, { revision: "old", ready: true }]),
    );
    strategy = "RollingUpdate";
    observed = true;
    current = "old";
    asked = 0;
    onLook = () => {};
  });

  after(() => api.stop());

  function statefulSet(): object {
    return {
      metadata: { name: "vault", generation: 2 },
      spec: { replicas, selector: { matchLabels: labels }, updateStrategy: { type: strategy } },
      status: {
        observedGeneration: observed ? 2 : 1,
        currentRevision: current,
        updateRevision: observed ? "new" : "old",
      },
    };
  }

  function podOf([name, { revision, ready, waiting, unscheduled, stopping }]: [string, FakePod]): object {
    return {
      metadata: {
        name,
        labels: { ...labels, "controller-revision-hash": revision },
        ...(stopping ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
      },
      status: {
        conditions: [
          { type: "Ready", status: ready ? "True" : "False" },
          ...(unscheduled ? [{ type: "PodScheduled", status: "False", message: unscheduled }] : []),
        ],
        containerStatuses: [
          { name: "vault", ready, state: waiting ? { waiting: { reason: waiting } } : { running: {} } },
          { name: "unsealer", ready: true, state: { running: {} } },
        ],
      },
    };
  }

  function inputs(vault: { address: string; caPem: string }, timeoutSeconds = 30) {
    return {
      ...vault,
      nodesAddress: "",
      replicas,
      namespace: "vault",
      statefulSet: "vault",
      kubeconfig: api.kubeconfig,
      context: "",
      timeoutSeconds,
    };
  }

  const nowhere = { address: "https://127.0.0.1:1", caPem: "" };
  const olds = { namespace: "vault", statefulSet: "vault" };
  const changes = async (news = inputs(nowhere)) => (await rolloutProvider.diff!("id", olds, news)).changes;

  function restart(name: string, pod: FakePod = { revision: "new", ready: true }): void {
    pods[name] = pod;
    if (Object.values(pods).every(({ revision, ready }) => revision === "new" && ready)) {
      current = "new";
    }
  }

  it("is not begun where nothing is to be restarted, a pod that is lost included: nothing asks Vault, which is away here", async () => {
    current = "new";
    delete pods["vault-1"];
    assert.equal(await changes(), false);
    const made = await rolloutProvider.create(inputs(nowhere));
    assert.deepEqual(made, { id: "vault/vault", outs: olds });
    assert.equal(asked, 2);
  });

  it("is not begun where the owner restarts the pods", async () => {
    strategy = "OnDelete";
    assert.equal(await changes(), false);
    await rolloutProvider.create(inputs(nowhere));
  });

  it("is begun by pods of another template, and by a template that the cluster has not looked at yet", async () => {
    assert.equal(await changes(), true);
    current = "old";
    observed = false;
    assert.equal(
      await changes(),
      true,
      "at once after the release was changed, both revisions are the former one",
    );
  });

  it("changes nothing in a preview that cannot ask the cluster", async () => {
    const news = inputs(nowhere);
    assert.equal(await changes({ ...news, kubeconfig: "{" }), false);
    assert.equal(
      await changes({ ...news, kubeconfig: news.kubeconfig.replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1") }),
      false,
    );
    // An unknown value.
    assert.equal(
      await changes({ ...news, kubeconfig: undefined as unknown as string, context: "none" }),
      false,
    );
  });

  it("ends with the last pod, says how far it is, and goes on when all nodes serve", async () => {
    const fake = await FakeNodes.start(3, ["Zmlyc3Q="]);
    fake.nodes.forEach((node) => (node.sealed = false));
    // The one that was restarted last knows no leader yet.
    fake.nodes[0]!.up = false;
    setTimeout(() => (fake.nodes[0]!.up = true), 8000);
    try {
      observed = false;
      onLook = (count) => {
        observed = count > 1;
        if (count >= 2 && count < 5) {
          restart(`vault-${4 - count}`);
        }
      };
      const lines = await linesLogged(rolloutProvider.update!("id", olds, inputs(fake.endpoint)));
      assert.deepEqual(lines.slice(0, 3), [
        "Vault's pods are restarted one after the other: 0 of 3 are done",
        "Vault's pods are restarted one after the other: 1 of 3 are done",
        "Vault's pods are restarted one after the other: 2 of 3 are done",
      ]);
      assert.equal(asked, 5, "the fifth look finds the last one");
      assert.ok(fake.nodes[0]!.up, "waited until it serves");
    } finally {
      await fake.stop();
    }
  });

  it("of a single node ends when Vault is active, not only unsealed", async () => {
    replicas = 1;
    pods = { "vault-0": { revision: "old", ready: true } };
    const vault = await FakeVault.start();
    vault.initialise(1, 1);
    onLook = (count) => {
      if (count === 1) {
        restart("vault-0");
        setTimeout(() => (vault.state.sealed = false), 3000);
      }
    };
    try {
      await linesLogged(rolloutProvider.update!("id", olds, inputs(vault.endpoint)));
      assert.equal(vault.state.sealed, false);
    } finally {
      await vault.stop();
    }
  });

  it("has its time for each pod anew, and ends with the pod that stays away, why, and what to do", async () => {
    onLook = (count) => {
      if (count === 3) {
        restart("vault-2");
        restart("vault-1", { revision: "new", ready: false, waiting: "ImagePullBackOff" });
      }
    };
    const log = linesLogged(
      assert.rejects(
        rolloutProvider.update!("id", olds, inputs(nowhere, 5)),
        new RegExp(
          "^Error: waited [56] s for Vault's pods to be restarted one after the other; the last try ended with: " +
            "1 of 3 are done; vault-1 is not ready: vault ImagePullBackOff\\. Look at: kubectl -n vault get service,pods,pvc; " +
            "kubectl -n vault describe pods; kubectl -n vault logs -l app\\.kubernetes\\.io/name=vault --all-containers\\. " +
            "Put right what keeps that pod and run pulumi up again, which goes on waiting\\. " +
            "vaultTimeoutSeconds sets how long to wait for each pod$",
        ),
      ),
    );
    await log;
    assert.ok(asked > 5, "the time began anew with vault-2");
  });

  const lacks: [string, FakePod | undefined, RegExp][] = [
    ["is not there", undefined, /vault-2 is not there\./],
    ["is being stopped", { revision: "old", ready: true, stopping: true }, /vault-2 is being stopped\./],
    [
      "finds no machine",
      { revision: "new", ready: false, unscheduled: "0/1 nodes are available" },
      /vault-2 is not ready: 0\/1 nodes are available\./,
    ],
    ["stays sealed", { revision: "new", ready: false }, /vault-2 is not ready: vault runs, not ready\./],
  ];
  for (const [what, pod, message] of lacks) {
    it(`says that a pod ${what}`, async () => {
      if (pod) {
        pods["vault-2"] = pod;
      } else {
        delete pods["vault-2"];
      }
      await linesLogged(assert.rejects(rolloutProvider.update!("id", olds, inputs(nowhere, 1)), message));
    });
  }

  it("says what the cluster says where it has no such StatefulSet", async () => {
    const news = { ...inputs(nowhere, 1), statefulSet: "other" };
    await assert.rejects(rolloutProvider.create(news), /statefulsets\/other not found\. Look at/);
  });
});
