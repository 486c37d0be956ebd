import assert from "node:assert/strict";
import { checkCluster } from "../../settings/cluster";
import { wantedVolumes } from "../../settings/storage-class";
import { FakeCluster } from "../support/fake-cluster";

const claims = "/api/v1/namespaces/vault/persistentvolumeclaims";
const drivers = "/apis/storage.k8s.io/v1/csidrivers";
const volumes = "/api/v1/persistentvolumes";

describe("Vault's storage class", () => {
  let cluster: FakeCluster;

  beforeEach(async () => {
    cluster = await FakeCluster.start();
    cluster.objects[claims] = { items: [] };
  });

  afterEach(() => cluster.stop());

  const faults = (storageClass = "", count = 2) =>
    checkCluster(
      { kubeconfig: cluster.kubeconfig },
      { storageClass, volumes: { namespace: "vault", count } },
    );
  const volume = (storageClassName: string, phase: string) => ({
    spec: { storageClassName },
    status: { phase },
  });

  it("is to give two volumes to each of Vault's nodes, and one to the snapshots", () => {
    const of = (vaultReplicas: number, vaultSnapshotSchedule = "") =>
      wantedVolumes({ vaultNamespace: "vault", vaultReplicas, vaultSnapshotSchedule });
    assert.deepEqual(of(1), { namespace: "vault", count: 2 });
    assert.deepEqual(of(3, "0 3 * * *"), { namespace: "vault", count: 7 });
    assert.equal(wantedVolumes({ vaultNamespace: "vault" }), undefined, "while replicas cannot be read");
  });

  describe("whose volumes are made by hand", () => {
    beforeEach(() => {
      cluster.storageClasses = [
        { name: "local", default: true, provisioner: "kubernetes.io/no-provisioner" },
      ];
      cluster.objects[volumes] = {
        items: [volume("local", "Available"), volume("local", "Bound"), volume("other", "Available")],
      };
    });

    it("is refused while fewer are available than Vault claims", async () => {
      for (const name of ["", "local"]) {
        const [fault, ...others] = await faults(name);
        assert.deepEqual(others, []);
        assert.match(
          fault!,
          /^vaultStorageClass: no volume of local would come about in the cluster of .*: its volumes are made by hand \(kubernetes\.io\/no-provisioner\), Vault claims 2, and 1 are available: make them, or "pulumi config set vaultStorageClass NAME"$/,
        );
      }
    });

    it("is right when there are enough", async () => {
      assert.deepEqual(await faults("local", 1), []);
    });

    it("is right when Vault has its volumes", async () => {
      cluster.objects[claims] = { items: [volume("local", "Bound")] };
      assert.deepEqual(await faults(), []);
    });
  });

  describe("of a provisioner that Kubernetes had once", () => {
    beforeEach(() => {
      cluster.storageClasses = [{ name: "gp2", default: true, provisioner: "kubernetes.io/aws-ebs" }];
      cluster.objects[drivers] = { items: [] };
    });

    it("is refused without the driver that does its work now, which is named", async () => {
      const [fault, ...others] = await faults();
      assert.deepEqual(others, []);
      assert.match(fault!, /the CSI driver ebs\.csi\.aws\.com does, which is not installed: install it/);
    });

    it("is right with it", async () => {
      cluster.objects[drivers] = { items: [{ metadata: { name: "ebs.csi.aws.com" } }] };
      assert.deepEqual(await faults(), []);
    });

    it("is no fault when the cluster does not tell of its drivers", async () => {
      delete cluster.objects[drivers];
      assert.deepEqual(await faults(), []);
    });
  });

  it("of any other provisioner is taken as it is", async () => {
    cluster.storageClasses = [{ name: "local-path", default: true, provisioner: "rancher.io/local-path" }];
    cluster.answers[claims] = 500;
    assert.deepEqual(await faults(), []);
  });

  it("is not looked at further where it is not there", async () => {
    const [fault, ...others] = await faults("fast");
    assert.match(fault!, /^vaultStorageClass: there is no storage class fast/);
    assert.deepEqual(others, []);
  });
});
