import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { IntermediateCa } from "../../../components";
import { assertChildren, assertOutputs, given } from "../../support/component-checks";
import { isSecret, Recording, value } from "../../support/mocks";

describe("IntermediateCa", () => {
  let recording: Recording;
  let component: IntermediateCa;
  const args = {
    parentMountPath: "pki",
    parentChainPem: "intermediate\nroot\n",
    commonName: "homelab.local Vault Intermediate",
    issuerName: "home-lab-dot-local-int",
    vaultAddress: "https://192.168.1.242:8200",
    vaultCaPem: "root\n",
    vaultToken: "hvs.token",
    roleName: "home-lab-dot-local",
    allowedDomains: ["homelab.local", "wsp.local"],
  };

  before(async () => {
    recording = await Recording.start();
    component = new IntermediateCa("issuing-ca", args, {
      provider: new vault.Provider(given("vault"), { address: args.vaultAddress }),
      deletedWith: new pulumi.ComponentResource("test:index:Release", given("release")),
    });
    await recording.finish();
  });

  it("is a mount, a request signed by the parent, the chain as its issuer, URLs, a role and a policy", () => {
    assert.equal(recording.get("issuing-ca").type, "cert-manager-vault:index:IntermediateCa");
    const pki = (type: string) => `vault:pkiSecret/s${type.slice(1)}:${type}`;
    assertChildren(recording, "issuing-ca", {
      "issuing-ca-mount": "vault:index/mount:Mount",
      "issuing-ca-presence": "pulumi-nodejs:dynamic/cert-manager-vault:IssuerPresence",
      "issuing-ca-parents": pki("SecretBackendConfigCa"),
      "issuing-ca-request": pki("SecretBackendIntermediateCertRequest"),
      "issuing-ca-certificate": pki("SecretBackendRootSignIntermediate"),
      "issuing-ca-chain": pki("SecretBackendIntermediateSetSigned"),
      "issuing-ca-issuer-name": "pulumi-nodejs:dynamic/cert-manager-vault:IssuerName",
      "issuing-ca-issuer": pki("SecretBackendIssuer"),
      "issuing-ca-retired": "pulumi-nodejs:dynamic/cert-manager-vault:RetiredIssuers",
      "issuing-ca-default-issuer": pki("SecretBackendConfigIssuers"),
      "issuing-ca-urls": pki("SecretBackendConfigUrls"),
      "issuing-ca-role": pki("SecretBackendRole"),
      "issuing-ca-policy": "vault:index/policy:Policy",
    });
  });

  it("uses the given provider for all, and lets all go with what is given", () => {
    for (const { name, type, provider, deletedWith } of recording.all.filter(
      (one) => one.parent === "issuing-ca",
    )) {
      assert.equal(provider, type.startsWith("vault:") ? given("vault") : undefined, name);
      assert.equal(deletedWith, given("release"), name);
    }
  });

  it("mounts at pki_int for a year", () => {
    const { inputs } = recording.get("issuing-ca-mount");
    assert.equal(inputs.path, "pki_int");
    assert.equal(inputs.type, "pki");
    assert.equal(inputs.maxLeaseTtlSeconds, 8760 * 3600);
  });

  it("makes its key inside Vault, where it stays", () => {
    const { inputs } = recording.get("issuing-ca-request");
    assert.equal(inputs.backend, "pki_int");
    assert.equal(inputs.type, "internal");
    assert.equal(inputs.commonName, args.commonName);
  });

  it("is signed on the parent's mount for as long as the mount's longest lease, in seconds", () => {
    const { inputs, replaceOnChanges } = recording.get("issuing-ca-certificate");
    assert.equal(inputs.backend, "pki");
    assert.equal(inputs.csr, "issuing CA's request");
    assert.equal(inputs.commonName, args.commonName);
    assert.equal(inputs.ttl, "31536000");
    for (const property of ["ttl", "notAfter", "issuerRef"]) {
      assert.ok(replaceOnChanges.includes(property), `the provider would ignore a change of ${property}`);
    }
  });

  it("puts the parents into its mount before the certificate with the chain", () => {
    const parents = recording.get("issuing-ca-parents");
    assert.equal(parents.inputs.backend, "pki_int");
    assert.equal(value(parents.inputs.pemBundle), args.parentChainPem);
    const { inputs, dependsOn } = recording.get("issuing-ca-chain");
    assert.equal(inputs.backend, "pki_int");
    assert.equal(inputs.certificate, "issuing CA's certificate\nintermediate\nroot\n");
    assert.ok(dependsOn.includes("issuing-ca-parents"));
  });

  it("is the default issuer under its name; another one replaces it and leaves the old one in Vault", () => {
    const issuer = recording.get("issuing-ca-issuer");
    assert.equal(issuer.inputs.backend, "pki_int");
    assert.equal(issuer.inputs.issuerRef, "issuer-of-signed", "the one that the signed certificate became");
    assert.equal(issuer.inputs.issuerName, "home-lab-dot-local-int");
    assert.ok(issuer.replaceOnChanges.includes("issuerRef"));
    assert.equal(issuer.retainOnDelete, true);
    const { inputs } = recording.get("issuing-ca-default-issuer");
    assert.equal(inputs.backend, "pki_int");
    assert.equal(inputs.default, "issuer-of-signed");
  });

  it("is made anew when it is not in the mount any more, and the CAs above it are put in again", () => {
    for (const child of ["request", "certificate", "chain"]) {
      assert.equal(recording.get(`issuing-ca-${child}`).replacementTrigger, "first-issuer", child);
    }
    assert.equal(recording.get("issuing-ca-parents").replacementTrigger, "first-chain");
  });

  it("is made anew for another generation, life, common name or parent", () => {
    const { wish, chainPem } = recording.get("issuing-ca-presence").inputs;
    assert.deepEqual(wish, { generation: 1, commonName: args.commonName, lifeSeconds: 8760 * 3600 });
    assert.equal(chainPem, args.parentChainPem);
  });

  it("takes over the name of the one before, then its place, and only then is that one retired", () => {
    const handover = recording.get("issuing-ca-issuer-name");
    assert.equal(handover.inputs.mountPath, "pki_int");
    assert.equal(handover.inputs.issuerName, args.issuerName);
    assert.equal(handover.inputs.issuerId, "issuer-of-signed");
    assert.ok(recording.get("issuing-ca-issuer").dependsOn.includes("issuing-ca-issuer-name"));
    const retired = recording.get("issuing-ca-retired");
    assert.equal(retired.inputs.mountPath, "pki_int");
    assert.equal(retired.inputs.currentIssuerId, "issuer-of-signed");
    assert.equal(retired.inputs.namePrefix, "home-lab-dot-local-int-until-");
    assert.equal(retired.inputs.keepSeconds, 86_400, "the longest life of what it has signed");
    assert.ok(retired.dependsOn.includes("issuing-ca-default-issuer"));
    for (const { inputs } of [handover, retired]) {
      assert.equal(inputs.address, args.vaultAddress);
      assert.equal(inputs.caPem, args.vaultCaPem);
      assert.ok(isSecret(inputs.token));
    }
  });

  it("is looked for in Vault by its name, by a token that stays secret", () => {
    const { inputs, dependsOn } = recording.get("issuing-ca-presence");
    assert.equal(inputs.address, args.vaultAddress);
    assert.equal(inputs.caPem, args.vaultCaPem);
    assert.equal(inputs.mountPath, "pki_int");
    assert.equal(inputs.mountAccessor, "accessor-of-pki_int");
    assert.equal(inputs.issuerName, args.issuerName);
    assert.equal(inputs.chainPem, args.parentChainPem);
    assert.ok(!dependsOn.includes("issuing-ca-request"), "before it is made");
    assert.ok(isSecret(inputs.token) && isSecret(recording.get("issuing-ca").inputs.vaultToken));
  });

  it("names Vault's address as the place of its certificate and CRL", () => {
    const { inputs } = recording.get("issuing-ca-urls");
    assert.equal(inputs.backend, "pki_int");
    assert.deepEqual(inputs.issuingCertificates, ["https://192.168.1.242:8200/v1/pki_int/ca"]);
    assert.deepEqual(inputs.crlDistributionPoints, ["https://192.168.1.242:8200/v1/pki_int/crl"]);
  });

  it("has a role that admits the domains with any key type and without a common name", () => {
    const { inputs, dependsOn } = recording.get("issuing-ca-role");
    assert.equal(inputs.backend, "pki_int");
    assert.equal(inputs.name, "home-lab-dot-local");
    assert.deepEqual(inputs.allowedDomains, args.allowedDomains);
    assert.equal(inputs.allowBareDomains, true);
    assert.equal(inputs.allowSubdomains, true);
    assert.equal(inputs.requireCn, false);
    assert.equal(inputs.keyType, "any");
    assert.equal(inputs.maxTtl, "86400", "the notation that Vault answers with");
    assert.ok(dependsOn.includes("issuing-ca-urls"), "certificates carry the URLs from the first one on");
  });

  it("has a role for server certificates of names alone", () => {
    const { inputs } = recording.get("issuing-ca-role");
    assert.equal(inputs.serverFlag, true);
    assert.equal(inputs.clientFlag, false);
    assert.equal(inputs.allowIpSans, false);
    assert.equal(inputs.allowLocalhost, false);
    assert.ok(!inputs.allowAnyName && !inputs.allowGlobDomains);
  });

  it("admits by its policy to its sign path and to nothing else", () => {
    const { inputs } = recording.get("issuing-ca-policy");
    const { signPath } = recording.get("issuing-ca").outputs!;
    assert.equal(inputs.name, "pki_int");
    assert.equal(inputs.policy, `path "${signPath}" {\n  capabilities = ["update"]\n}\n`);
  });

  it("gives its sign path only when it can sign", async () => {
    await assertOutputs(recording, component, "issuing-ca", {
      mountPath: "pki_int",
      roleName: "home-lab-dot-local",
      signPath: "pki_int/sign/home-lab-dot-local",
      policyName: "pki_int",
      certificatePem: "issuing CA's certificate",
      issuerId: "issuer-of-signed",
    });
    const awaited = await recording.dependencies(component.signPath);
    for (const name of ["issuing-ca-role", "issuing-ca-default-issuer"]) {
      assert.ok(awaited.includes(name), `${name} among ${awaited.join(", ")}`);
    }
  });

  it("may have no role of its own, then no policy and no ACME, and is the same otherwise", async () => {
    const { roleName, allowedDomains, ...rest } = args;
    const other = await Recording.start();
    const alone = new IntermediateCa("other", { ...rest, retirementTtl: "720h" });
    await other.finish();
    const childrenOf = (all: Recording, parent: string) =>
      all.all
        .filter((one) => one.parent === parent)
        .map(({ name }) => name.replace(parent, ""))
        .sort();
    const without = ["-role", "-policy", "-acme"];
    assert.deepEqual(
      childrenOf(other, "other"),
      childrenOf(recording, "issuing-ca").filter((name) => !without.includes(name)),
    );
    assert.equal(other.get("other-retired").inputs.keepSeconds, 720 * 3600);
    await assertOutputs(other, alone, "other", {
      mountPath: "pki_int",
      roleName: "",
      signPath: "",
      policyName: "",
      certificatePem: "issuing CA's certificate",
      issuerId: "issuer-of-signed",
    });
    assert.throws(() => new IntermediateCa("bad", { ...rest, roleName }), /roleName: belongs together with/);
    assert.throws(() => new IntermediateCa("bad", { ...rest, allowedDomains }), /give both, or neither/);
    assert.throws(
      () => new IntermediateCa("bad", { ...rest, acme: true }),
      /acme: is by the role, and there/,
    );
  });

  it("takes other paths, lives and names", async () => {
    const other = await Recording.start();
    new IntermediateCa("other", {
      ...args,
      mountPath: "lab/int",
      maxTtl: "90d",
      roleMaxTtl: "2h",
      generation: 7,
      policyName: "sign",
    });
    await other.finish();
    assert.equal(other.get("other-mount").inputs.path, "lab/int");
    assert.equal(other.get("other-mount").inputs.maxLeaseTtlSeconds, 7_776_000);
    assert.equal(other.get("other-certificate").inputs.ttl, "7776000");
    assert.equal(other.get("other-presence").inputs.wish.generation, 7);
    assert.equal(other.get("other-presence").inputs.wish.lifeSeconds, 7_776_000);
    assert.equal(other.get("other-retired").inputs.keepSeconds, 7200);
    assert.equal(other.get("other-role").inputs.maxTtl, "7200");
    assert.equal(other.get("other-policy").inputs.name, "sign");
    assert.equal(other.get("other").outputs!.signPath, "lab/int/sign/home-lab-dot-local");
  });
});
