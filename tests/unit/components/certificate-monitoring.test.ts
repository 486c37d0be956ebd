import assert from "node:assert/strict";
import {
  CertificateMonitoring,
  PkiDistributionPoint,
  type CertificateMonitoringArgs,
} from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { Recording, resolved, value } from "../../support/mocks";
import { makeAuthority, titleOf } from "../../support/openssl-ca";

describe("CertificateMonitoring", () => {
  const root = makeAuthority({ name: "Root" });
  const parent = makeAuthority({ name: "Intermediate", issuer: root });
  const issuing = makeAuthority({ name: "Issuing", issuer: parent });
  const args: CertificateMonitoringArgs = {
    rootCertificatePem: root.certificatePem,
    parentCertificatePem: parent.certificatePem,
    issuingCertificatePem: issuing.certificatePem,
  };
  let recording: Recording;
  let component: CertificateMonitoring;

  const inputs = (name: string) => value(recording.get(name).inputs);

  before(async () => {
    recording = await Recording.start();
    component = new CertificateMonitoring("monitoring", { ...args, labels: ["release=prometheus", "a/b="] });
    await recording.finish();
  });

  it("is a rule and two monitors of the Prometheus Operator, with the labels that select them", () => {
    assert.equal(recording.get("monitoring").type, "cert-manager-vault:index:CertificateMonitoring");
    assertChildren(recording, "monitoring", {
      "monitoring-rules": "kubernetes:monitoring.coreos.com/v1:PrometheusRule",
      "monitoring-vault": "kubernetes:monitoring.coreos.com/v1:PodMonitor",
      "monitoring-cert-manager": "kubernetes:monitoring.coreos.com/v1:PodMonitor",
    });
    for (const part of ["rules", "vault", "cert-manager"]) {
      const { labels } = inputs(`monitoring-${part}`).metadata;
      assert.deepEqual(labels, { release: "prometheus", "a/b": "" }, part);
    }
  });

  it("has one alert for the end of each CA, by its own dates and name", () => {
    const { groups } = inputs("monitoring-rules").spec;
    const authorities = groups.find(({ name }: any) => name === "certificate-authorities").rules;
    assert.deepEqual(
      authorities.map(({ labels }: any) => labels.authority),
      [
        `the root ${titleOf(root)}`,
        `the intermediate above Vault ${titleOf(parent)}`,
        `the issuing CA ${titleOf(issuing)}`,
      ],
    );
  });

  it("has one for each further issuing CA as well", async () => {
    const further = ["Issuing pki_a", "Issuing pki_b"].map((name) => makeAuthority({ name, issuer: parent }));
    const monitoring = new CertificateMonitoring("with-further", {
      ...args,
      operatorObjects: false,
      furtherIssuingCertificatePems: further.map(({ certificatePem }) => certificatePem),
    });
    const { groups } = JSON.parse(await resolved(monitoring.rules));
    const authorities = groups.find(({ name }: any) => name === "certificate-authorities").rules;
    assert.deepEqual(
      authorities.slice(2).map(({ labels }: any) => labels.authority),
      [issuing, ...further].map((authority) => `the issuing CA ${titleOf(authority)}`),
    );
  });

  it("gives the same rules as a file", async () => {
    const { groups } = inputs("monitoring-rules").spec;
    assert.deepEqual(JSON.parse(await resolved(component.rules)), { groups });
    await assertOutputs(recording, component, "monitoring", {});
  });

  it("has every pod of Vault asked for metrics, by the name and the CA of its certificate", () => {
    const { metadata, spec } = inputs("monitoring-vault");
    assert.equal(metadata.namespace, "vault");
    const [endpoint] = spec.podMetricsEndpoints;
    assert.equal(endpoint.path, "/v1/sys/metrics");
    assert.deepEqual(endpoint.params, { format: ["prometheus"] });
    assert.equal(endpoint.tlsConfig.serverName, "vault.vault.svc");
    assert.deepEqual(endpoint.tlsConfig.ca, { secret: { name: "tls-ca", key: "tls.crt" } });
  });

  it("lets the metrics of cert-manager keep the namespaces of the Certificates", () => {
    const { metadata, spec } = inputs("monitoring-cert-manager");
    assert.equal(metadata.namespace, "cert-manager");
    assert.deepEqual(
      spec.podMetricsEndpoints.map(({ port, honorLabels }: any) => [port, honorLabels]),
      [["http-metrics", true]],
    );
  });

  it("asks the names that everything is called by", async () => {
    const other = await Recording.start();
    new CertificateMonitoring("other", {
      ...args,
      vaultNamespace: "secrets",
      vaultReplicas: 3,
      certManagerNamespace: "certificates",
      clusterIssuerName: "lab-issuer",
      furtherIssuers: [{ name: "clients" }, { name: "app", namespace: "team" }],
    });
    await other.finish();
    const { metadata, spec } = value(other.get("other-rules").inputs);
    assert.equal(metadata.namespace, "secrets");
    const text = JSON.stringify(spec);
    assert.ok(text.includes('issuer_name=\\"lab-issuer\\"') && text.includes('namespace=\\"secrets\\"'));
    assert.ok(text.includes('issuer_name=\\"clients\\"') && text.includes('namespace=\\"team\\"'));
    assert.ok(!text.includes("vault-issuer") && text.includes("VaultNodeSealedOrDown"));
    const monitor = value(other.get("other-vault").inputs);
    assert.equal(monitor.spec.podMetricsEndpoints[0].tlsConfig.serverName, "vault.secrets.svc");
    assert.equal(value(other.get("other-cert-manager").inputs).metadata.namespace, "certificates");
  });

  it("makes nothing in the cluster where only the file is wanted", async () => {
    const other = await Recording.start();
    const monitoring = new CertificateMonitoring("other", { ...args, operatorObjects: false });
    await other.finish();
    assert.deepEqual(
      other.all.map(({ name }) => name).filter((name) => name.startsWith("other")),
      ["other"],
    );
    assert.equal(await resolved(monitoring.rules), await resolved(component.rules));
  });

  it("has CRLs watched where a distribution point tells of them, by its pods and with one alert of silence a mount", async () => {
    const other = await Recording.start();
    new CertificateMonitoring("other", {
      ...args,
      labels: ["release=prometheus"],
      crlMountPaths: ["pki", "pki_int"],
      distributionPointNamespace: "public",
    });
    new PkiDistributionPoint("point", {
      host: "pki.homelab.local",
      namespace: "public",
      mountPaths: ["pki", "pki_int"],
      vaultAddress: "https://vault.vault:8200",
      vaultCaPem: root.certificatePem,
      metrics: true,
    });
    await other.finish();
    const { metadata, spec } = value(other.get("other-crls").inputs);
    assert.equal(metadata.namespace, "public");
    assert.deepEqual(metadata.labels, { release: "prometheus" });
    const { template } = value(other.get("point-deployment").inputs).spec;
    assert.deepEqual(spec.selector.matchLabels, template.metadata.labels);
    const [endpoint] = spec.podMetricsEndpoints;
    assert.ok(template.spec.containers[0].ports.some(({ name }: any) => name === endpoint.port));
    const { data } = value(other.get("point-configuration").inputs);
    assert.ok(data["haproxy.cfg"].includes(`{ path ${endpoint.path} }`));

    const { groups } = value(other.get("other-rules").inputs).spec;
    const { rules } = groups.find(({ name }: any) => name === "crls");
    assert.deepEqual(
      rules.map(({ alert }: any) => alert),
      ["CrlNotRenewed", "CrlEndsSoon", "CrlUnreadable", "CrlMetricsSilent", "CrlMetricsSilent"],
    );
    for (const { expr } of rules) {
      assert.ok(expr.includes('namespace="public"'), expr);
    }
  });

  it("looks for the distribution point beside Vault, and has a name of its own there for what scrapes it", async () => {
    const other = await Recording.start();
    new CertificateMonitoring("other", { ...args, vaultNamespace: "secrets", crlMountPaths: ["pki"] });
    await other.finish();
    const objects = ["vault", "crls"].map((part) => value(other.get(`other-${part}`).inputs).metadata);
    assert.deepEqual(
      objects.map(({ namespace }) => namespace),
      ["secrets", "secrets"],
    );
    assert.notEqual(objects[0].name, objects[1].name);
  });
});
