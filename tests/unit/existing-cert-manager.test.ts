import assert from "node:assert/strict";
import type { V1Deployment } from "@kubernetes/client-node";
import { controllerFaults, existingCertManagerFaults } from "../../settings/existing-cert-manager";
import { stackAnnotation } from "../../stack-mark";
import { FakeCluster } from "../support/fake-cluster";
import { project, stack, value } from "../support/mocks";
import { recordProgram } from "../support/program";

const deploymentPath = "/apis/apps/v1/namespaces/certs/deployments/cert-manager";

function deployment(
  version = "v1.21.1",
  args: string[] = [],
  serviceAccountName = "cert-manager",
): V1Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "cert-manager", labels: { "app.kubernetes.io/version": version } },
    spec: {
      selector: {},
      template: { spec: { serviceAccountName, containers: [{ name: "cert-manager-controller", args }] } },
    },
  };
}

describe("The cert-manager of the cluster", () => {
  const own = `organization/${project}/${stack}`;
  const settings = {
    certManagerExisting: true,
    certManagerNamespace: "certs",
    clusterIssuerName: "vault-issuer",
  };
  let cluster: FakeCluster;

  beforeEach(async () => {
    cluster = await FakeCluster.start();
    cluster.objects[deploymentPath] = deployment();
  });

  afterEach(() => cluster.stop());

  const faults = () => existingCertManagerFaults({ kubeconfig: cluster.kubeconfig }, settings, own);
  const object = (name: string, annotations = {}) => ({ metadata: { name, annotations } });

  it("may be used as it is", async () => {
    assert.deepEqual(await faults(), []);
  });

  it("has to be where the settings say, and else is told how to find", async () => {
    cluster.objects = {};
    const [fault] = await faults();
    assert.match(
      fault!,
      /^certManagerExisting: there is no Deployment cert-manager in namespace certs: "kubectl /,
    );
  });

  it("is not to be deleted by the stack that has installed it", async () => {
    cluster.objects["/api/v1/namespaces/certs"] = object("certs", { [stackAnnotation]: own });
    const [fault] = await faults();
    assert.match(
      fault!,
      /^certManagerExisting: the cert-manager in namespace certs is this stack's own, .* set it to false$/,
    );
  });

  it("has nothing of somebody else's where this stack's things go, each of which is named", async () => {
    const paths = {
      "/api/v1/namespaces/certs/serviceaccounts/issuer": "ServiceAccount issuer in namespace certs",
      "/api/v1/namespaces/certs/secrets/ca-bundle": "Secret ca-bundle in namespace certs",
      "/apis/cert-manager.io/v1/clusterissuers/vault-issuer": "ClusterIssuer vault-issuer",
    };
    for (const path of Object.keys(paths)) {
      cluster.objects[path] = object("theirs");
    }
    const told = await faults();
    assert.deepEqual(
      told.map((fault) => /the (.*) is there and is not marked/.exec(fault)?.[1]),
      Object.values(paths),
    );
    for (const path of Object.keys(paths)) {
      cluster.objects[path] = object("ours", { [stackAnnotation]: own });
    }
    assert.deepEqual(await faults(), []);
  });

  it("has to know tokens of ServiceAccounts, by its version where it tells one", () => {
    for (const version of ["v1.12.0", "v1.21.1", "v2.0.0", "", "unknown"]) {
      assert.deepEqual(controllerFaults(deployment(version), "certs"), [], version);
    }
    for (const version of ["v1.11.5", "1.9.1"]) {
      assert.match(controllerFaults(deployment(version), "certs").join(), /since v1\.12 only: upgrade it/);
    }
  });

  it("has to run under its usual account", () => {
    const [fault] = controllerFaults(deployment("v1.21.1", [], "certs-cert-manager"), "certs");
    assert.match(fault!, /runs as the ServiceAccount certs-cert-manager/);
  });

  it("has to look for a ClusterIssuer's things where it is itself", () => {
    const flag = "--cluster-resource-namespace=";
    for (const here of ["$(POD_NAMESPACE)", "certs"]) {
      assert.deepEqual(controllerFaults(deployment("v1.21.1", ["--v=2", flag + here]), "certs"), []);
    }
    const [fault] = controllerFaults(deployment("v1.21.1", [`${flag}elsewhere`]), "certs");
    assert.match(fault!, /in namespace elsewhere \(--cluster-resource-namespace\)/);
  });
});

describe("The program with a cert-manager that is there", function () {
  this.timeout(60_000);

  it("makes all but that, in its namespace, and leaves nothing there when it goes", async () => {
    const { recording } = await recordProgram(
      { certManagerExisting: true, certManagerNamespace: "certs", trustBundle: "roots" },
      false,
      undefined,
      { [deploymentPath]: deployment() },
    );
    const types = recording.all.map(({ type }) => type);
    assert.ok(!types.includes("cert-manager-vault:index:CertManager"));
    const made = (type: string) =>
      recording.all
        .filter((one) => one.type === type)
        .map(({ inputs }) => value(inputs).metadata.name as string);
    assert.deepEqual(made("kubernetes:core/v1:Namespace"), ["vault", "podinfo"]);
    const inputs = (name: string) => value(recording.get(name).inputs);
    assert.equal(inputs("vault-issuer-service-account").metadata.namespace, "certs");
    assert.deepEqual(inputs("vault-issuer-token-role-binding").subjects, [
      { kind: "ServiceAccount", name: "cert-manager", namespace: "certs" },
    ]);
    assert.equal(inputs("vault-issuer-canary-secret").namespace, "certs");
    assert.deepEqual(inputs("helm-releases").namespaces, ["vault", "podinfo"]);
    assert.equal(inputs("trust-manager-release").namespace, "certs");
  });
});
