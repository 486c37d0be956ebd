import assert from "node:assert/strict";
import { Podinfo } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, Recording } from "../../support/mocks";
import { providerAnswers } from "../../support/provider-answers";

describe("Podinfo", () => {
  let recording: Recording;
  let component: Podinfo;
  const args = {
    issuerName: "vault-issuer",
    host: "podinfo.wsp.local",
    aliases: ["podinfo"],
    tlsSecretName: "podinfo-wsp-cert",
  };

  before(async () => {
    recording = await Recording.start();
    component = new Podinfo("page", args);
    await recording.finish();
  });

  it("is a namespace, a release and an Ingress", () => {
    assert.equal(recording.get("page").type, "cert-manager-vault:index:Podinfo");
    assertChildren(recording, "page", {
      "page-namespace": "kubernetes:core/v1:Namespace",
      "page-release": "kubernetes:helm.sh/v3:Release",
      "page-ingress": "kubernetes:networking.k8s.io/v1:Ingress",
    });
    assert.equal(recording.get("page-namespace").inputs.metadata.name, "podinfo");
  });

  it("is podinfo's chart by OCI under a name that does not change, without an Ingress of its own", () => {
    const { inputs } = recording.get("page-release");
    assert.equal(inputs.name, "my-podinfo");
    assert.equal(inputs.namespace, "podinfo");
    assert.equal(inputs.chart, "oci://ghcr.io/stefanprodan/charts/podinfo");
    assert.equal(inputs.version, "6.14.1");
    assert.equal(inputs.repositoryOpts, undefined);
    assert.equal(inputs.values.fullnameOverride, "my-podinfo");
    assert.equal(inputs.values.ingress.enabled, false);
  });

  it("leads every host to the chart's Service", () => {
    const { inputs, dependsOn } = recording.get("page-ingress");
    assert.equal(inputs.metadata.namespace, "podinfo");
    assert.deepEqual(
      inputs.spec.rules.map(({ host, http }: any) => [
        host,
        http.paths[0].path,
        http.paths[0].backend.service,
      ]),
      ["podinfo.wsp.local", "podinfo"].map((host) => [
        host,
        "/",
        { name: "my-podinfo", port: { name: "http" } },
      ]),
    );
    assert.ok(dependsOn.includes("page-release"));
    assert.equal(inputs.spec.ingressClassName, undefined, "the cluster's default class");
  });

  it("asks for one certificate of all hosts, for as long as the role gives, renewed at two thirds", () => {
    const { metadata, spec } = recording.get("page-ingress").inputs;
    assert.deepEqual(spec.tls, [{ secretName: "podinfo-wsp-cert", hosts: ["podinfo.wsp.local", "podinfo"] }]);
    assert.equal(metadata.annotations["cert-manager.io/cluster-issuer"], "vault-issuer");
    assert.equal(metadata.annotations["pulumi.com/deletionPropagationPolicy"], "background");
    assert.equal(metadata.annotations["cert-manager.io/common-name"], "podinfo.wsp.local");
    assert.equal(metadata.annotations["cert-manager.io/duration"], "86400s");
    assert.equal(metadata.annotations["cert-manager.io/renew-before"], "28800s");
  });

  it("repairs a failed issuance of the Ingress's certificate before its address is used", async () => {
    const { type, inputs } = recording.get("page-certificate-issuance");
    assert.equal(type, "pulumi-nodejs:dynamic/cert-manager-vault:Issuance");
    assert.deepEqual([inputs.namespace, inputs.name], ["podinfo", "podinfo-wsp-cert"]);
    assert.ok(isSecret(inputs.kubeconfig));
    assert.ok((await recording.dependencies(component.address)).includes("page-certificate-issuance"));
  });

  it("gives URL, address and hosts", async () => {
    await assertOutputs(recording, component, "page", {
      url: "https://podinfo.wsp.local",
      address: "192.168.1.241",
      hosts: ["podinfo.wsp.local", "podinfo"],
    });
  });

  it("takes other names, another class and life, and no aliases", async () => {
    const other = await Recording.start();
    new Podinfo("other", {
      ...args,
      namespace: "pages",
      releaseName: "page",
      chart: "podinfo",
      chartRepository: "https://charts.example.org",
      chartVersion: "6.0.0",
      aliases: undefined,
      ingressClassName: "haproxy",
      certificateDuration: "2h",
    });
    await other.finish();
    const release = other.get("other-release").inputs;
    assert.equal(release.name, "page");
    assert.equal(release.namespace, "pages");
    assert.equal(release.values.fullnameOverride, "page");
    assert.equal(release.chart, "podinfo");
    assert.equal(release.repositoryOpts.repo, "https://charts.example.org");
    assert.equal(release.version, "6.0.0");
    const { metadata, spec } = other.get("other-ingress").inputs;
    assert.equal(spec.ingressClassName, "haproxy");
    assert.deepEqual(spec.tls[0].hosts, ["podinfo.wsp.local"]);
    assert.equal(spec.rules[0].http.paths[0].backend.service.name, "page");
    assert.equal(metadata.annotations["cert-manager.io/duration"], "7200s");
    assert.equal(metadata.annotations["cert-manager.io/renew-before"], "2400s");
  });

  it("gives the load balancer's name where it has no address", async () => {
    const named = { status: { loadBalancer: { ingress: [{ hostname: "lb.example.org" }] } } };
    const other = await Recording.start(false, {
      ...providerAnswers,
      "kubernetes:networking.k8s.io/v1:Ingress": () => named,
    });
    new Podinfo("other", args);
    await other.finish();
    assert.equal(other.get("other").outputs!.address, "lb.example.org");
  });
});
