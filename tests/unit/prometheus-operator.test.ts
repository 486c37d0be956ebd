import assert from "node:assert/strict";
import { checkCluster } from "../../settings/cluster";
import { objectLabel } from "../../settings/monitoring";
import { FakeCluster } from "../support/fake-cluster";

describe("The Prometheus Operator", () => {
  let cluster: FakeCluster;

  beforeEach(async () => {
    cluster = await FakeCluster.start();
  });

  afterEach(() => cluster.stop());

  const faults = (monitoring: string) => checkCluster({ kubeconfig: cluster.kubeconfig }, { monitoring });
  const knows = (...kinds: string[]) => {
    cluster.objects["/apis/monitoring.coreos.com/v1"] = {
      kind: "APIResourceList",
      groupVersion: "monitoring.coreos.com/v1",
      resources: kinds.map((kind) => ({ kind, name: `${kind.toLowerCase()}s`, namespaced: true, verbs: [] })),
    };
  };

  it("that is not installed is missed before anything is created, with two ways out", async () => {
    const [fault, ...further] = await faults("operator");
    assert.deepEqual(further, []);
    assert.match(
      fault!,
      /^monitoring: operator makes objects of monitoring\.coreos\.com\/v1, and the cluster of context "fake" .* has no PrometheusRule and no PodMonitor: install the Prometheus Operator first, or "pulumi config set monitoring file"/,
    );
  });

  it("that knows only some of the kinds is told of the others", async () => {
    knows("PrometheusRule", "ServiceMonitor");
    const [fault, ...further] = await faults("operator");
    assert.deepEqual(further, []);
    assert.match(fault!, /^monitoring: .* has no PodMonitor: install/);
  });

  it("that is installed is right", async () => {
    knows("PrometheusRule", "PodMonitor");
    assert.deepEqual(await faults("operator"), []);
  });

  it("is not looked for where it is not wanted", async () => {
    cluster.answers["/apis/monitoring.coreos.com/v1"] = 500;
    assert.deepEqual(await faults("file"), []);
    assert.deepEqual(await faults("none"), []);
  });

  it("selects by labels as Kubernetes writes them", () => {
    for (const label of ["release=kube-prometheus-stack", "prometheus=", "example.org/team=a_b.c"]) {
      assert.ok(objectLabel.holds(label), label);
    }
  });
});
