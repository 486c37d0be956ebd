import assert from "node:assert/strict";
import { trustTargetFaults } from "../../settings/trust-rules";
import { fakeApi, type FakeApi } from "../support/fake-api";
import { recordProgram } from "../support/program";
import { value } from "../support/mocks";

describe("ConfigMaps that trust-manager would write into", () => {
  let api: FakeApi;
  let asked: string[];
  const mine = { "trust.cert-manager.io/bundle": "roots" };
  let configMaps: { namespace: string; labels?: Record<string, string> }[];

  before(async () => {
    api = await fakeApi((_, { pathname, searchParams }) => {
      asked.push(`${pathname} ${searchParams.toString()}`);
      const namespaces = ["default", ...(searchParams.has("labelSelector") ? [] : ["other"])];
      const metadata = pathname === "/api/v1/configmaps" ? configMaps : namespaces.map((name) => ({ name }));
      return [200, { items: metadata.map((one) => ({ metadata: one })) }];
    });
  });

  beforeEach(() => {
    asked = [];
    configMaps = [];
  });

  after(() => api.stop());

  const faults = (trustBundle: string, trustNamespaceLabels: string[] = []) =>
    trustTargetFaults({ kubeconfig: api.kubeconfig }, { trustBundle, trustNamespaceLabels });

  it("are not looked for when there is to be no Bundle", async () => {
    assert.deepEqual(await faults(""), []);
    assert.deepEqual(asked, []);
  });

  it("are right where trust-manager has made them for the Bundle", async () => {
    configMaps = [{ namespace: "default", labels: mine }];
    assert.deepEqual(await faults("roots"), []);
    assert.ok(asked.includes("/api/v1/configmaps fieldSelector=metadata.name%3Droots"), asked.join("\n"));
  });

  it("are refused where somebody else has", async () => {
    configMaps = [{ namespace: "default" }, { namespace: "other", labels: { app: "x" } }];
    assert.deepEqual(await faults("roots"), [
      "trustBundle: there is a ConfigMap roots already in default, other, which trust-manager has not made and would " +
        "write into: choose another name, or delete it",
    ]);
  });

  it("are nobody's business in a namespace without the labels", async () => {
    configMaps = [{ namespace: "other" }];
    assert.deepEqual(await faults("roots", ["a=b", "c="]), []);
    assert.ok(asked.includes("/api/v1/namespaces labelSelector=a%3Db%2Cc%3D"), asked.join("\n"));
  });
});

describe("The program's trust inside the cluster", function () {
  this.timeout(60_000);

  it("is a Bundle of the root, after cert-manager and trust-manager", async () => {
    const { recording, root } = await recordProgram({
      trustBundle: "homelab-roots",
      trustNamespaceLabels: ["trust=homelab"],
      certManagerNamespace: "certificates",
    });
    const { spec } = value(recording.get("trust-bundle-bundle").inputs);
    assert.deepEqual(spec.sources, [{ inLine: root.certificatePem }]);
    assert.deepEqual(spec.target.namespaceSelector.matchLabels, { trust: "homelab" });
    assert.equal(value(recording.get("trust-manager-release").inputs).namespace, "certificates");
    assert.ok(recording.get("trust-manager").dependsOn.includes("cert-manager-release"));
    const { dependsOn } = recording.get("trust-bundle");
    assert.ok(dependsOn.includes("trust-manager-admission"), dependsOn.join(", "));
  });

  it("is not there without a name, which is the default", async () => {
    const { recording } = await recordProgram();
    assert.deepEqual(
      recording.all.filter(({ name }) => name.startsWith("trust")).map(({ name }) => name),
      [],
    );
  });
});
