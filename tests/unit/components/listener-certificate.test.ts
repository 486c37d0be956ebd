import assert from "node:assert/strict";
import { ListenerCertificate } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, Recording, value } from "../../support/mocks";

describe("ListenerCertificate", () => {
  let recording: Recording;
  let component: ListenerCertificate;
  const args = {
    caCertificatePem: "intermediate's certificate\n",
    caPrivateKeyPem: "intermediate's key",
    loadBalancerIp: "192.168.1.242",
  };

  before(async () => {
    recording = await Recording.start();
    component = new ListenerCertificate("listener", args);
    await recording.finish();
  });

  it("is a key, a request and a certificate", () => {
    assert.equal(recording.get("listener").type, "cert-manager-vault:index:ListenerCertificate");
    assertChildren(recording, "listener", {
      "listener-key": "tls:index/privateKey:PrivateKey",
      "listener-request": "tls:index/certRequest:CertRequest",
      "listener-certificate": "tls:index/locallySignedCert:LocallySignedCert",
    });
  });

  it("has a P-256 key of its own, which stays secret on its way into the request", () => {
    const { inputs } = recording.get("listener-key");
    assert.equal(inputs.algorithm, "ECDSA");
    assert.equal(inputs.ecdsaCurve, "P256");
    const { privateKeyPem } = recording.get("listener-request").inputs;
    assert.ok(isSecret(privateKeyPem));
    assert.equal(value(privateKeyPem), "listener key\n");
  });

  it("names Vault in its pod, in the cluster and at its address", () => {
    const { inputs } = recording.get("listener-request");
    assert.equal(inputs.subject.commonName, "vault.vault.svc");
    const wanted = ["localhost", "vault", "vault.vault", "vault.vault.svc", "vault.vault.svc.cluster.local"];
    for (const name of wanted) {
      assert.ok(inputs.dnsNames.includes(name), name);
    }
    assert.deepEqual(inputs.ipAddresses, ["127.0.0.1", "192.168.1.242"]);
  });

  it("names further hosts and addresses, each as what it is, and no address of a LoadBalancer without one", async () => {
    const other = await Recording.start();
    const hosts = ["vault.homelab.local", "10.0.0.7"];
    new ListenerCertificate("other", { ...args, loadBalancerIp: undefined, hosts });
    const { inputs } = (await other.finish()).get("other-request");
    assert.deepEqual(inputs.ipAddresses, ["127.0.0.1", "10.0.0.7"]);
    assert.equal(inputs.dnsNames.at(-1), "vault.homelab.local");
    assert.ok(inputs.dnsNames.includes("vault.vault.svc"));
  });

  it("is signed by the given CA for servers, for a year, renewed a month before the end", () => {
    const { inputs } = recording.get("listener-certificate");
    assert.equal(inputs.certRequestPem, "listener request\n");
    assert.equal(inputs.caCertPem, args.caCertificatePem);
    assert.equal(value(inputs.caPrivateKeyPem), args.caPrivateKeyPem);
    assert.deepEqual(inputs.allowedUses, ["digital_signature", "server_auth"]);
    assert.equal(inputs.validityPeriodHours, 8760);
    assert.equal(inputs.earlyRenewalHours, 720);
  });

  it("keeps the CA's key secret, even one that is given in clear", () => {
    assert.ok(isSecret(recording.get("listener-certificate").inputs.caPrivateKeyPem));
    assert.ok(isSecret(recording.get("listener").inputs.caPrivateKeyPem));
  });

  it("gives the chain in the order of TLS, and the key as a secret", async () => {
    const expected = {
      certificateChainPem: "listener certificate\nintermediate's certificate\n",
      privateKeyPem: "listener key\n",
    };
    await assertOutputs(recording, component, "listener", expected, ["privateKeyPem"]);
  });

  it("follows Vault's namespace and other lives", async () => {
    const other = await Recording.start();
    new ListenerCertificate("other", { ...args, namespace: "pki", validityHours: 48, earlyRenewalHours: 12 });
    await other.finish();
    assert.equal(other.get("other-request").inputs.subject.commonName, "vault.pki.svc");
    assert.ok(other.get("other-request").inputs.dnsNames.includes("vault.pki.svc.cluster.local"));
    assert.equal(other.get("other-certificate").inputs.validityPeriodHours, 48);
    assert.equal(other.get("other-certificate").inputs.earlyRenewalHours, 12);
  });
});
