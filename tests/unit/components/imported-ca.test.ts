import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { ImportedCa } from "../../../components";
import { assertChildren, assertOutputs, given } from "../../support/component-checks";
import { isSecret, Recording, value } from "../../support/mocks";

describe("ImportedCa", () => {
  let recording: Recording;
  let component: ImportedCa;
  const args = {
    importBundlePem: "intermediate, key and root",
    vaultAddress: "https://192.168.1.242:8200",
    vaultCaPem: "root\n",
    vaultToken: "hvs.token",
    roleName: "home-lab-dot-local",
    allowedDomains: ["homelab.local", "wsp.local"],
  };

  before(async () => {
    recording = await Recording.start();
    component = new ImportedCa("parent-ca", args, {
      provider: new vault.Provider(given("vault"), { address: args.vaultAddress }),
      deletedWith: new pulumi.ComponentResource("test:index:Release", given("release")),
    });
    await recording.finish();
  });

  it("is a mount, the CA in it as the default issuer, its URLs, a role and a policy", () => {
    assert.equal(recording.get("parent-ca").type, "cert-manager-vault:index:ImportedCa");
    assertChildren(recording, "parent-ca", {
      "parent-ca-mount": "vault:index/mount:Mount",
      "parent-ca-presence": "pulumi-nodejs:dynamic/cert-manager-vault:IssuerPresence",
      "parent-ca-issuer": "pulumi-nodejs:dynamic/cert-manager-vault:ImportedIssuer",
      "parent-ca-default-issuer": "vault:pkiSecret/secretBackendConfigIssuers:SecretBackendConfigIssuers",
      "parent-ca-certificate": "vault:pkiSecret/secretBackendConfigCa:SecretBackendConfigCa",
      "parent-ca-retired": "pulumi-nodejs:dynamic/cert-manager-vault:RetiredIssuers",
      "parent-ca-urls": "vault:pkiSecret/secretBackendConfigUrls:SecretBackendConfigUrls",
      "parent-ca-role": "vault:pkiSecret/secretBackendRole:SecretBackendRole",
      "parent-ca-policy": "vault:index/policy:Policy",
    });
  });

  it("uses the given provider for all, and lets all go with what is given", () => {
    for (const { name, type, provider, deletedWith } of recording.all.filter(
      (one) => one.parent === "parent-ca",
    )) {
      assert.equal(provider, type.startsWith("vault:") ? given("vault") : undefined, name);
      assert.equal(deletedWith, given("release"), name);
    }
  });

  it("mounts at pki for 43800 hours", () => {
    const { inputs } = recording.get("parent-ca-mount");
    assert.equal(inputs.path, "pki");
    assert.equal(inputs.type, "pki");
    assert.equal(inputs.maxLeaseTtlSeconds, 43_800 * 3600);
  });

  it("imports the bundle as a secret, again when it is not in the mount any more", () => {
    const { inputs, replacementTrigger } = recording.get("parent-ca-certificate");
    assert.equal(inputs.backend, "pki");
    assert.ok(isSecret(inputs.pemBundle));
    assert.equal(value(inputs.pemBundle), args.importBundlePem);
    assert.equal(replacementTrigger, "first-issuer first-chain");
    assert.ok(isSecret(recording.get("parent-ca").inputs.importBundlePem), "also in its own inputs");
  });

  it("looks for the CA in Vault by a token that stays secret, and takes a new mount for an empty one", () => {
    const { inputs, dependsOn } = recording.get("parent-ca-presence");
    assert.equal(inputs.address, args.vaultAddress);
    assert.equal(inputs.caPem, args.vaultCaPem);
    assert.equal(inputs.mountPath, "pki");
    assert.equal(inputs.mountAccessor, "accessor-of-pki");
    assert.equal(inputs.issuerName, "", "known by its certificate");
    assert.ok(!dependsOn.includes("parent-ca-certificate"), "before the import");
    for (const name of ["parent-ca", "parent-ca-presence", "parent-ca-issuer", "parent-ca-retired"]) {
      const { vaultToken, token = vaultToken } = recording.get(name).inputs;
      assert.ok(isSecret(token), name);
      assert.equal(value(token), args.vaultToken, name);
    }
  });

  it("makes the imported CA the default issuer", () => {
    assert.ok(recording.get("parent-ca-issuer").dependsOn.includes("parent-ca-certificate"));
    const { inputs } = recording.get("parent-ca-default-issuer");
    assert.equal(inputs.backend, "pki");
    assert.equal(inputs.default, "issuer-of-imported");
  });

  it("lets the CA before it sign no more certificates, once it is the default itself", () => {
    const { inputs, dependsOn } = recording.get("parent-ca-retired");
    assert.equal(inputs.mountPath, "pki");
    assert.equal(inputs.currentIssuerId, "issuer-of-imported");
    assert.equal(inputs.namePrefix, "", "the one before is known by having been current");
    assert.equal(inputs.keepSeconds, 336 * 3600);
    assert.ok(dependsOn.includes("parent-ca-default-issuer"));
  });

  it("names Vault's address as the place of its certificate and CRL", () => {
    const { inputs } = recording.get("parent-ca-urls");
    assert.equal(inputs.backend, "pki");
    assert.deepEqual(inputs.issuingCertificates, ["https://192.168.1.242:8200/v1/pki/ca"]);
    assert.deepEqual(inputs.crlDistributionPoints, ["https://192.168.1.242:8200/v1/pki/crl"]);
  });

  it("has a role for server certificates of the domains, for 336 hours in Vault's own notation", () => {
    const { inputs, dependsOn } = recording.get("parent-ca-role");
    assert.equal(inputs.backend, "pki");
    assert.equal(inputs.name, "home-lab-dot-local");
    assert.deepEqual(inputs.allowedDomains, ["homelab.local", "wsp.local"]);
    assert.equal(inputs.maxTtl, "1209600");
    assert.ok(dependsOn.includes("parent-ca-certificate"));
  });

  it("admits by its policy to signing by that role, and to nothing else", () => {
    const { inputs } = recording.get("parent-ca-policy");
    assert.equal(inputs.name, "pki");
    assert.equal(inputs.policy, 'path "pki/sign/home-lab-dot-local" {\n  capabilities = ["update"]\n}\n');
  });

  it("gives its mount path only when the CA is imported and its URLs are set", async () => {
    await assertOutputs(recording, component, "parent-ca", {
      mountPath: "pki",
      roleName: "home-lab-dot-local",
      policyName: "pki",
    });
    const awaited = await recording.dependencies(component.mountPath);
    for (const name of ["parent-ca-mount", "parent-ca-default-issuer", "parent-ca-urls"]) {
      assert.ok(awaited.includes(name), `${name} among ${awaited.join(", ")}`);
    }
  });

  it("takes other paths, lives and names", async () => {
    const other = await Recording.start();
    new ImportedCa("other", {
      ...args,
      mountPath: "lab/pki",
      maxTtl: "30d",
      roleMaxTtl: "90m",
      retirementTtl: "90d",
      policyName: "sign",
    });
    await other.finish();
    assert.equal(other.get("other-mount").inputs.path, "lab/pki");
    assert.equal(other.get("other-mount").inputs.maxLeaseTtlSeconds, 30 * 86_400);
    assert.equal(other.get("other-role").inputs.maxTtl, "5400");
    assert.equal(other.get("other-retired").inputs.keepSeconds, 90 * 86_400);
    assert.equal(other.get("other-policy").inputs.name, "sign");
    assert.match(other.get("other-policy").inputs.policy, /^path "lab\/pki\/sign\/home-lab-dot-local" /);
  });

  it("refuses a life that is no duration", async () => {
    await Recording.start();
    assert.throws(() => new ImportedCa("bad", { ...args, maxTtl: "5 years" }), /"5 years" is not a duration/);
  });
});
