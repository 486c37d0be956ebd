import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { VaultRootCa } from "../../../components";
import { assertChildren, assertOutputs, given } from "../../support/component-checks";
import { isSecret, Recording, value } from "../../support/mocks";
import { certificateOf } from "../../support/provider-answers";

describe("VaultRootCa", () => {
  let recording: Recording;
  let component: VaultRootCa;
  const args = {
    commonName: "homelab.local Root CA",
    vaultAddress: "https://192.168.1.242:8200",
    vaultCaPem: "listener CA\n",
    vaultToken: "hvs.token",
    roleName: "home-lab-dot-local",
    allowedDomains: ["homelab.local"],
  };

  before(async () => {
    recording = await Recording.start();
    component = new VaultRootCa("parent-ca", args, {
      provider: new vault.Provider(given("vault"), { address: args.vaultAddress }),
      deletedWith: new pulumi.ComponentResource("test:index:Release", given("release")),
    });
    await recording.finish();
  });

  it("is a mount, the root in it as the default issuer, its URLs, a role and a policy, by the given provider", () => {
    assertChildren(recording, "parent-ca", {
      "parent-ca-mount": "vault:index/mount:Mount",
      "parent-ca-presence": "pulumi-nodejs:dynamic/cert-manager-vault:IssuerPresence",
      "parent-ca-root": "vault:generic/endpoint:Endpoint",
      "parent-ca-default-issuer": "vault:pkiSecret/secretBackendConfigIssuers:SecretBackendConfigIssuers",
      "parent-ca-urls": "vault:pkiSecret/secretBackendConfigUrls:SecretBackendConfigUrls",
      "parent-ca-role": "vault:pkiSecret/secretBackendRole:SecretBackendRole",
      "parent-ca-policy": "vault:index/policy:Policy",
    });
    for (const { name, type, provider, deletedWith } of recording.all.filter(
      (one) => one.parent === "parent-ca",
    )) {
      assert.equal(provider, type.startsWith("vault:") ? given("vault") : undefined, name);
      assert.equal(deletedWith, given("release"), name);
    }
  });

  it("has Vault make the root with a key that stays there, for 20 years, again when it is gone from the mount", () => {
    const { inputs, replacementTrigger } = recording.get("parent-ca-root");
    assert.equal(inputs.path, "pki/issuers/generate/root/internal");
    assert.deepEqual(JSON.parse(value(inputs.dataJson)), {
      common_name: "homelab.local Root CA",
      issuer_name: "root",
      key_type: "ec",
      key_bits: 384,
      ttl: "630720000s",
    });
    assert.equal(replacementTrigger, "first-issuer");
    assert.equal(recording.get("parent-ca-mount").inputs.maxLeaseTtlSeconds, 175_200 * 3600);
  });

  it("neither reads nor deletes the root by the provider: a preview may find Vault sealed", () => {
    const { inputs } = recording.get("parent-ca-root");
    assert.deepEqual([inputs.disableRead, inputs.disableDelete], [true, true]);
    assert.deepEqual(inputs.writeFields, ["certificate", "issuer_id"]);
  });

  it("looks for the root by its name, with a token that stays secret", () => {
    const { inputs, dependsOn } = recording.get("parent-ca-presence");
    assert.deepEqual([inputs.mountPath, inputs.issuerName, inputs.chainPem], ["pki", "root", ""]);
    assert.ok(isSecret(inputs.token));
    assert.ok(!dependsOn.includes("parent-ca-root"), "before it is made");
  });

  it("gives the root, public, and its mount path when the root is there and its URLs are set", async () => {
    await assertOutputs(recording, component, "parent-ca", {
      mountPath: "pki",
      rootCertificatePem: certificateOf("root made in Vault"),
      roleName: "home-lab-dot-local",
      policyName: "pki",
    });
    assert.equal(recording.get("parent-ca-default-issuer").inputs.default, "issuer-of-root");
    const awaited = await recording.dependencies(component.mountPath);
    for (const name of ["parent-ca-default-issuer", "parent-ca-urls"]) {
      assert.ok(awaited.includes(name), `${name} among ${awaited.join(", ")}`);
    }
  });

  it("takes other paths, lives and names", async () => {
    const other = await Recording.start();
    new VaultRootCa("other", {
      ...args,
      mountPath: "lab/root",
      maxTtl: "30d",
      issuerName: "mine",
      roleMaxTtl: "90m",
    });
    await other.finish();
    assert.equal(other.get("other-mount").inputs.path, "lab/root");
    assert.match(value(other.get("other-root").inputs.dataJson), /"issuer_name":"mine".*"ttl":"2592000s"/);
    assert.equal(other.get("other-presence").inputs.issuerName, "mine");
    assert.equal(other.get("other-role").inputs.maxTtl, "5400");
  });
});
