import assert from "node:assert/strict";
import { neededIngressClass } from "../../settings/demo";
import { value, type Recording } from "../support/mocks";
import { recordProgram, stackName } from "../support/program";
import { readWith } from "../support/settings";

describe("The program without the demo", function () {
  this.timeout(60_000);
  let recording: Recording;
  let withDemo: Recording;
  const namesOf = ({ all }: Recording) => all.map(({ name }) => name);

  before(async () => {
    ({ recording: withDemo } = await recordProgram());
    ({ recording } = await recordProgram({ demo: false }));
  });

  it("is all the rest, unchanged, without podinfo, its Ingress and the page", () => {
    const ofPage = (name: string) => /^(podinfo|page)(-|$)/.test(name);
    assert.ok(namesOf(withDemo).some(ofPage));
    assert.deepEqual(
      namesOf(recording).sort(),
      namesOf(withDemo)
        .filter((name) => !ofPage(name))
        .sort(),
    );
    assert.ok(!recording.all.some(({ type }) => type.includes("Ingress")));
    for (const name of ["vault-issuer-cluster-issuer", "issuing-ca-role", "vault-issuer-canary"]) {
      assert.deepEqual(value(recording.get(name).inputs), value(withDemo.get(name).inputs), name);
    }
  });

  it("has no output that is about the page", () => {
    const outputs = Object.keys(recording.get(stackName).outputs!);
    const all = Object.keys(withDemo.get(stackName).outputs!);
    assert.deepEqual(all.filter((name) => !outputs.includes(name)).sort(), [
      "certificate",
      "dnsEntries",
      "url",
    ]);
    assert.deepEqual(
      outputs.filter((name) => !all.includes(name)),
      [],
    );
  });

  it("counts on no namespace of podinfo's when it is destroyed", () => {
    assert.deepEqual(recording.get("helm-releases").inputs.namespaces, ["vault", "cert-manager"]);
  });

  it("tells how the host of CRLs is found, where there is one", async () => {
    const other = (await recordProgram({ demo: false, pkiHost: "pki.homelab.local" })).recording;
    const { dnsEntries } = other.get(stackName).outputs!;
    assert.equal(dnsEntries.hosts, "192.168.1.241 pki.homelab.local");
  });
});

describe("The setting demo", () => {
  it("makes faults of the page's hosts none", () => {
    const page = { domains: ["example.org"], podinfoHost: "page.other", podinfoAliases: ["a.other"] };
    assert.equal(readWith(page).faults.length, 2);
    assert.deepEqual(readWith({ ...page, demo: false }).faults, []);
    const shared = { pkiHost: "podinfo.wsp.local" };
    assert.equal(readWith(shared).faults.length, 1);
    assert.deepEqual(readWith({ ...shared, demo: false }).faults, []);
  });

  it("leaves the settings of the page as they are given", () => {
    assert.equal(readWith({ demo: false }).settings?.podinfoHost, "podinfo.wsp.local");
  });

  it("asks for an ingress class only where something has an Ingress", () => {
    const ingressClassName = "haproxy";
    assert.equal(neededIngressClass({ demo: true, pkiHost: "", ingressClassName }), "haproxy");
    assert.equal(neededIngressClass({ demo: false, pkiHost: "", ingressClassName }), undefined);
    assert.equal(neededIngressClass({ demo: false, pkiHost: "pki.local", ingressClassName }), "haproxy");
    assert.equal(neededIngressClass({ ingressClassName }), "haproxy", "while demo cannot be read");
  });
});
