import assert from "node:assert/strict";
import { endpointHosts, forwardNeeds, vaultEndpointKind, vaultWay } from "../../settings/vault-endpoint";
import { checkCluster } from "../../settings/cluster";
import { FakeCluster } from "../support/fake-cluster";
import { textsInClear, value, type Recording } from "../support/mocks";
import { recordProgram, stackName } from "../support/program";
import { makeAuthority } from "../support/openssl-ca";
import { bundleOf, readWith } from "../support/settings";

const given = { vaultLoadBalancerIp: "192.168.1.242" };
const none = { vaultLoadBalancerIp: "" };

describe("The setting vaultEndpoint", () => {
  it("takes a way by its name, and the URL of another", () => {
    const good = [
      "auto",
      "loadBalancer",
      "portForward",
      "https://vault.home:8200",
      "https://10.0.0.7:30820/",
    ];
    for (const text of [...good, "https://vault.home", "https://vault.home:443"]) {
      assert.ok(vaultEndpointKind.holds(text), text);
    }
  });

  it("says how a node port and an ingress are given, which it knows no word for", () => {
    for (const vaultEndpoint of ["nodePort", "ingress"]) {
      const { faults } = readWith({ vaultEndpoint });
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0]!, /^vaultEndpoint: .*node port, or of an ingress .* is given as such a URL/);
    }
  });

  it("is by itself the LoadBalancer's address where there is one, and a port-forward elsewhere", () => {
    assert.deepEqual(vaultWay({ vaultEndpoint: "auto", ...given }), { portForward: false });
    assert.deepEqual(vaultWay({ vaultEndpoint: "auto", ...none }), { portForward: true });
    assert.deepEqual(vaultWay({ vaultEndpoint: "portForward", ...given }), { portForward: true });
    assert.deepEqual(vaultWay({ vaultEndpoint: "loadBalancer", ...given }), { portForward: false });
  });

  it("is the URL as it is given, without its slash", () => {
    const way = vaultWay({ vaultEndpoint: "https://vault.home:8200/", ...none });
    assert.deepEqual(way, { portForward: false, url: "https://vault.home:8200" });
  });

  it("puts the URL's host into the listener's certificate, unless it is there already", () => {
    const hosts = (vaultEndpoint: string) =>
      endpointHosts({ vaultEndpoint, vaultNamespace: "vault", ...given });
    assert.deepEqual(hosts("https://vault.home:8200"), ["vault.home"]);
    assert.deepEqual(hosts("https://10.0.0.7:30820"), ["10.0.0.7"]);
    assert.deepEqual(
      [
        "auto",
        "portForward",
        "https://127.0.0.1:8200",
        "https://192.168.1.242:8200",
        "https://vault.vault.svc:8200",
      ].flatMap(hosts),
      [],
    );
  });

  it("refuses the LoadBalancer without its address", () => {
    const { faults } = readWith({ vaultEndpoint: "loadBalancer", ...none });
    assert.deepEqual(faults, [
      "vaultEndpoint: loadBalancer takes the address that Vault is to have, and vaultLoadBalancerIp is empty: give one that " +
        'your cluster hands out ("pulumi config set vaultLoadBalancerIp ADDRESS"), or vaultEndpoint portForward',
    ]);
  });

  it("refuses a URL whose host the CA may not sign for", () => {
    const root = makeAuthority({ name: "Root" });
    const names = [
      "homelab.local",
      "wsp.local",
      "podinfo",
      "localhost",
      "vault",
      "vault-active",
      "vault-internal",
    ];
    const permitted = [...names, "svc", "cluster.local"].map((name) => `permitted;DNS:${name}`);
    const constraints = [...permitted, "permitted;IP:127.0.0.0/255.0.0.0"].join(",");
    const intermediate = makeAuthority({ name: "Intermediate", issuer: root, nameConstraints: constraints });
    const caBundle = bundleOf(intermediate, root);
    const { faults } = readWith({ caBundle, vaultEndpoint: "https://vault.other:8200", ...none });
    assert.ok(
      faults.some((fault) => /^caBundle: for Vault's own listener, .*vault\.other/.test(fault)),
      faults.join("\n"),
    );
  });
});

describe("A port-forward's rights", () => {
  let cluster: FakeCluster;
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

  beforeEach(async () => {
    cluster = await FakeCluster.start();
  });

  afterEach(() => cluster.stop());

  const faults = (portForwardIn?: string) =>
    checkCluster({ kubeconfig: cluster.kubeconfig }, { portForwardIn });

  it("are looked at where there is to be one", () => {
    const at = (vaultEndpoint: string) => forwardNeeds({ vaultEndpoint, vaultNamespace: "vault", ...none });
    assert.deepEqual(at("auto"), { portForwardIn: "vault" });
    assert.deepEqual(at("https://vault.home"), {});
    assert.deepEqual(forwardNeeds({ vaultEndpoint: "auto", vaultNamespace: "vault" }), {});
  });

  it("are named when they are missing, with the namespace and what to do", async () => {
    cluster.objects[path] = { status: { allowed: false } };
    const [fault, ...others] = await faults("vault");
    assert.deepEqual(others, []);
    assert.match(
      fault!,
      /^vaultEndpoint: .* does not let this user list pods, get pods\/portforward, create pods\/portforward in namespace vault: have it allowed, or give vaultLoadBalancerIp$/,
    );
    assert.deepEqual(await faults(), []);
  });

  it("are no fault when they are there", async () => {
    cluster.objects[path] = { status: { allowed: true } };
    assert.deepEqual(await faults("vault"), []);
  });
});

describe("The program without a LoadBalancer's address", function () {
  this.timeout(60_000);
  const forwarded = "https://127.0.0.1:20000";
  const inside = "https://vault.vault:8200";
  let recording: Recording;
  const inputs = (name: string) => value(recording.get(name).inputs);

  before(async () => {
    ({ recording } = await recordProgram({ vaultLoadBalancerIp: "", acme: true }));
  });

  it("opens a port-forward that waits for nothing, and that all that reaches Vault waits for", () => {
    assert.deepEqual(recording.get("vault-forward-open").dependsOn, []);
    for (const name of ["vault provider", "vault-init-keys", "vault-init-unseal", "issuing-ca-presence"]) {
      assert.ok(recording.get(name).dependsOn.includes("vault-forward-open"), name);
    }
  });

  it("reaches Vault by it for all that Pulumi does", () => {
    assert.equal(inputs("vault provider").address, forwarded);
    const callers = recording.all.filter(({ type, inputs }) => /dynamic/.test(type) && inputs.caPem);
    assert.ok(callers.length >= 6, `${callers.length}`);
    for (const { name, inputs } of callers) {
      assert.equal(value(inputs).address, forwarded, name);
    }
    assert.equal(inputs("vault-init-unseal").nodesAddress, "https://127.0.0.1:20001");
    assert.equal(recording.get(stackName).outputs!.vaultAddress, forwarded);
  });

  it("gives the provider time for it, and has no Service outside of the cluster", () => {
    assert.equal(inputs("vault provider").maxRetries, "8");
    assert.equal(inputs("vault-release").values.ui.serviceType, "ClusterIP");
    assert.deepEqual(inputs("vault-listener-request").ipAddresses, ["127.0.0.1"]);
  });

  it("tells certificates and ACME clients the address inside the cluster, not that of this machine", () => {
    assert.deepEqual(inputs("issuing-ca-urls").issuingCertificates, [`${inside}/v1/pki_int/ca`]);
    assert.deepEqual(inputs("parent-ca-urls").issuingCertificates, [`${inside}/v1/pki/ca`]);
    const cluster = JSON.parse(inputs("issuing-ca-cluster").dataJson);
    assert.equal(cluster.path, `${inside}/v1/pki_int`);
    const toVault = recording.all.filter(({ type }) => type.startsWith("vault:"));
    for (const { name, inputs } of toVault) {
      assert.ok(!textsInClear(inputs).some((text) => text.includes("127.0.0.1")), name);
    }
  });

  it("leaves everything as it was where there is an address", async () => {
    const before = (await recordProgram()).recording;
    assert.ok(!before.all.some(({ type }) => /Forward/.test(type)));
    assert.equal(value(before.get("vault provider").inputs).maxRetries, "2", "as the SDK has it");
    assert.equal(value(before.get("vault-listener").inputs).hosts, undefined);
    assert.equal(value(before.get("issuing-ca").inputs).publicAddress, undefined);
  });

  it("tells others the LoadBalancer's address where the port-forward is only Pulumi's own way", async () => {
    const other = (await recordProgram({ vaultEndpoint: "portForward" })).recording;
    assert.equal(value(other.get("vault-init-keys").inputs).address, forwarded);
    const outside = "https://192.168.1.242:8200";
    assert.equal(other.get(stackName).outputs!.vaultAddress, outside);
    assert.deepEqual(value(other.get("issuing-ca-urls").inputs).issuingCertificates, [
      `${outside}/v1/pki_int/ca`,
    ]);
  });

  it("goes by a URL that is given, which the listener's certificate names", async () => {
    const vaultEndpoint = "https://vault.homelab.local:30820";
    const other = (await recordProgram({ vaultEndpoint, vaultLoadBalancerIp: "" })).recording;
    assert.equal(value(other.get("vault provider").inputs).address, vaultEndpoint);
    assert.equal(other.get(stackName).outputs!.vaultAddress, vaultEndpoint);
    assert.ok(value(other.get("vault-listener-request").inputs).dnsNames.includes("vault.homelab.local"));
    assert.ok(!other.all.some(({ type }) => /Forward/.test(type)));
  });
});
