import assert from "node:assert/strict";
import { admissionProvider } from "../../components/internal/admission-resource";
import { fakeApi, type FakeApi } from "../support/fake-api";

describe("The wait for a webhook", () => {
  let api: FakeApi;
  let refusals: number;
  let bodies: any[];
  const spec = { selector: { issuerRef: {} } };

  before(async () => {
    api = await fakeApi((request, { pathname, searchParams }, body) => {
      assert.equal(request.method, "POST");
      assert.equal(pathname, "/apis/policy.cert-manager.io/v1alpha1/certificaterequestpolicies");
      assert.equal(searchParams.get("dryRun"), "All", "nothing is made");
      bodies.push(body);
      const message = 'failed calling webhook "policy.cert-manager.io": connection refused';
      return refusals-- > 0 ? [500, { kind: "Status", code: 500, message }] : [201, body];
    });
  });

  beforeEach(() => {
    bodies = [];
    refusals = 0;
  });

  after(() => api.stop());

  const inputs = (timeoutSeconds: number) => ({
    webhook: "approver",
    probe: {
      group: "policy.cert-manager.io",
      version: "v1alpha1",
      plural: "certificaterequestpolicies",
      kind: "CertificateRequestPolicy",
      spec,
    },
    release: "approver v0.27.0",
    kubeconfig: api.kubeconfig,
    context: "",
    timeoutSeconds,
  });

  it("ends when what it is offered is admitted", async () => {
    refusals = 1;
    const made = await admissionProvider.create(inputs(30));
    assert.deepEqual(made, { id: "approver", outs: { release: "approver v0.27.0" } });
    assert.equal(bodies.length, 2);
    assert.deepEqual(bodies[0], {
      apiVersion: "policy.cert-manager.io/v1alpha1",
      kind: "CertificateRequestPolicy",
      metadata: { name: "admission-check" },
      spec,
    });
  });

  it("ends with the API server's words when nothing is", async () => {
    refusals = 1000;
    await assert.rejects(
      admissionProvider.update!("id", { release: "former" }, inputs(0)),
      /^Error: approver's webhook has admitted no CertificateRequestPolicy for 0 s: failed calling webhook "policy\.cert-manager\.io": connection refused\. Look at: kubectl get validatingwebhookconfiguration approver -o yaml, and the pods of approver$/,
    );
  });

  it("is for another release only", async () => {
    const diff = (release: string) => admissionProvider.diff!("id", { release }, inputs(0));
    assert.equal((await diff("approver v0.27.0")).changes, false);
    assert.equal((await diff("approver v0.26.0")).changes, true);
  });
});
