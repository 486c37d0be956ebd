import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { CertificateRequestPolicy } from "../../../components";
import { assertOutputs } from "../../support/component-checks";
import { Recording } from "../../support/mocks";

describe("CertificateRequestPolicy", () => {
  let recording: Recording;
  let component: CertificateRequestPolicy;

  before(async () => {
    recording = await Recording.start();
    component = new CertificateRequestPolicy("limited", {
      policyName: "servers",
      issuerName: "vault-issuer",
      allowedDomains: pulumi.output(["homelab.local", "podinfo"]),
      namespaces: ["cert-manager", "team"],
    });
    new CertificateRequestPolicy("free", {
      policyName: "all",
      issuerName: "*",
      issuerKind: "Issuer",
      controllerServiceAccountName: "controller",
      controllerNamespace: "certificates",
    });
    await recording.finish();
  });

  const spec = (name: string) => recording.get(`${name}-policy`).inputs.spec;

  it("is a policy and the right to use it", () => {
    assert.equal(recording.get("limited").type, "cert-manager-vault:index:CertificateRequestPolicy");
    const ofOne = recording.all.filter(({ name }) => name.startsWith("limited-"));
    assert.deepEqual(Object.fromEntries(ofOne.map(({ name, type }) => [name, type])), {
      "limited-role": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
      "limited-role-binding": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
      "limited-policy": "kubernetes:policy.cert-manager.io/v1alpha1:CertificateRequestPolicy",
    });
    ofOne.forEach(({ parent }) => assert.equal(parent, "limited"));
  });

  it("selects the requests of one issuer, from every namespace, so that a foreign one is denied and not ignored", () => {
    assert.deepEqual(spec("limited").selector, {
      issuerRef: { name: "vault-issuer", kind: "ClusterIssuer", group: "cert-manager.io" },
    });
    assert.deepEqual(spec("free").selector, {
      issuerRef: { name: "*", kind: "Issuer", group: "cert-manager.io" },
    });
  });

  it("allows the role's names, as DNS names and as common name, to its namespaces, each with a message", () => {
    const { commonName, dnsNames, ipAddresses, uris, emailAddresses, isCA } = spec("limited").allowed;
    assert.deepEqual(commonName, dnsNames);
    assert.deepEqual(dnsNames, {
      validations: [
        {
          rule: "['homelab.local', 'podinfo'].exists(domain, self == domain || self.endsWith('.' + domain))",
          message: "not a name of the issuer vault-issuer, which has homelab.local, podinfo and all below",
        },
        {
          rule: "cr.namespace in ['cert-manager', 'team']",
          message: "the issuer vault-issuer is not for this namespace, but for cert-manager, team",
        },
      ],
    });
    assert.deepEqual([ipAddresses, uris, emailAddresses, isCA], [undefined, undefined, undefined, undefined]);
  });

  it("denies nothing for what Vault's role decides on anyway", () => {
    const { usages, subject } = spec("limited").allowed;
    for (const usage of ["digital signature", "key encipherment", "server auth", "client auth"]) {
      assert.ok(usages.includes(usage), usage);
    }
    assert.deepEqual(subject.organizations, { values: ["*"] });
  });

  it("allows everything to everybody without domains and namespaces", () => {
    const { commonName, isCA, usages, subject, ...names } = spec("free").allowed;
    assert.deepEqual([commonName, isCA], [{ value: "*" }, true]);
    assert.deepEqual(Object.keys(names).sort(), ["dnsNames", "emailAddresses", "ipAddresses", "uris"]);
    Object.values(names).forEach((one) => assert.deepEqual(one, { values: ["*"] }));
    assert.ok(usages.includes("cert sign") && subject.countries.values.includes("*"));
  });

  it("gives the right to use it, and no other, to cert-manager's controller alone, before it is there", () => {
    const role = recording.get("limited-role").inputs;
    assert.equal(role.metadata.name, "cert-manager-policy:servers");
    assert.deepEqual(role.rules, [
      {
        apiGroups: ["policy.cert-manager.io"],
        resources: ["certificaterequestpolicies"],
        resourceNames: ["servers"],
        verbs: ["use"],
      },
    ]);
    const binding = recording.get("limited-role-binding").inputs;
    assert.equal(binding.roleRef.name, role.metadata.name);
    assert.deepEqual(binding.subjects, [
      { kind: "ServiceAccount", name: "cert-manager", namespace: "cert-manager" },
    ]);
    assert.deepEqual(recording.get("free-role-binding").inputs.subjects, [
      { kind: "ServiceAccount", name: "controller", namespace: "certificates" },
    ]);
    assert.ok(recording.get("limited-policy").dependsOn.includes("limited-role-binding"));
  });

  it("gives its name only when approver-policy decides by it", async () => {
    const { inputs, timeouts } = recording.get("limited-policy");
    assert.equal(inputs.metadata.name, "servers");
    assert.equal(inputs.metadata.annotations["pulumi.com/waitFor"], "condition=Ready");
    assert.equal(inputs.metadata.annotations["pulumi.com/deletionPropagationPolicy"], "background");
    assert.equal(timeouts.create, "3m");
    await assertOutputs(recording, component, "limited", { policyName: "servers" });
    assert.ok((await recording.dependencies(component.policyName)).includes("limited-policy"));
  });

  it("limits every kind of name to namespaces that are given without domains", async () => {
    const other = await Recording.start();
    new CertificateRequestPolicy("other", { policyName: "a", issuerName: "a", namespaces: ["team"] });
    await other.finish();
    const { allowed } = other.get("other-policy").inputs.spec;
    for (const field of ["commonName", "dnsNames", "ipAddresses", "uris", "emailAddresses"]) {
      assert.deepEqual(
        allowed[field].validations.map(({ rule }: { rule: string }) => rule),
        ["cr.namespace in ['team']"],
        field,
      );
    }
  });
});
