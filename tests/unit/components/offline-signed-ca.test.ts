import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { OfflineSignedCa } from "../../../components";
import { assertChildren, assertOutputs } from "../../support/component-checks";
import { isSecret, Recording, resolved, unhandledRejections, value } from "../../support/mocks";
import { type Authority, certificateRequest, makeAuthority } from "../../support/openssl-ca";
import { providerAnswers } from "../../support/provider-answers";

const requestType =
  "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest";

describe("OfflineSignedCa", () => {
  let root: Authority;
  let asked: Authority;
  let request: string;
  const args = {
    commonName: "homelab.local Intermediate CA",
    vaultAddress: "https://192.168.1.242:8200",
    vaultCaPem: "listener CA\n",
    vaultToken: "hvs.token",
    roleName: "home-lab-dot-local",
    allowedDomains: ["homelab.local"],
  };

  before(() => {
    root = makeAuthority({ name: "Root" });
    asked = makeAuthority({ name: "Vault's CA", issuer: root });
    request = certificateRequest(asked);
  });

  const start = (preview = false) =>
    Recording.start(preview, { ...providerAnswers, [requestType]: () => ({ csr: request }) });

  describe("without a signed certificate", () => {
    let recording: Recording;
    let component: OfflineSignedCa;

    before(async () => {
      recording = await start();
      component = new OfflineSignedCa("parent-ca", args);
      await recording.finish();
    });

    it("is a mount with a key that stays in it, and nothing that needs a certificate", () => {
      assert.deepEqual(recording.all.map(({ name }) => name).sort(), [
        "parent-ca",
        "parent-ca-auto-tidy",
        "parent-ca-crl",
        "parent-ca-delta-crls",
        "parent-ca-delta-urls",
        "parent-ca-mount",
        "parent-ca-request",
        "parent-ca-urls",
      ]);
      const { inputs, replacementTrigger } = recording.get("parent-ca-request");
      assert.deepEqual([inputs.type, inputs.keyType, inputs.keyBits], ["internal", "ec", 384]);
      assert.equal(inputs.commonName, "homelab.local Intermediate CA");
      assert.equal(replacementTrigger, "accessor-of-pki", "another mount has another key");
    });

    it("gives the request, and commands with the request in them for a certificate that outlives what it signs", async () => {
      await assertOutputs(recording, component, "parent-ca", {
        requestPem: request,
        mountPath: "",
        chainPem: "",
        rootCertificatePem: "",
      });
      const commands = await resolved(component.signingCommands);
      assert.ok(commands.includes(request.trim()));
      assert.match(commands, /\nbasicConstraints = critical, CA:true\nkeyUsage = critical, .*keyCertSign/);
      assert.match(commands, / -days 3650 /);
    });

    it("asks for a longer life where a longer one is wanted", async () => {
      await start();
      const other = new OfflineSignedCa("other", { ...args, maxTtl: "3650d" });
      assert.match(await resolved(other.signingCommands), / -days 4015 /);
    });
  });

  describe("with the signed certificate", () => {
    it("gives it to Vault with the root, and is ready when it is the default issuer", async () => {
      const recording = await start();
      const signedCertificatePem = root.certificatePem + asked.certificatePem;
      const component = new OfflineSignedCa("parent-ca", { ...args, signedCertificatePem });
      await recording.finish();
      assertChildren(recording, "parent-ca", {
        "parent-ca-request": requestType,
        "parent-ca-presence": "pulumi-nodejs:dynamic/cert-manager-vault:IssuerPresence",
        "parent-ca-certificate":
          "vault:pkiSecret/secretBackendIntermediateSetSigned:SecretBackendIntermediateSetSigned",
        "parent-ca-issuer": "pulumi-nodejs:dynamic/cert-manager-vault:ImportedIssuer",
        "parent-ca-default-issuer": "vault:pkiSecret/secretBackendConfigIssuers:SecretBackendConfigIssuers",
        "parent-ca-role": "vault:pkiSecret/secretBackendRole:SecretBackendRole",
        "parent-ca-policy": "vault:index/policy:Policy",
      });
      const chain = asked.certificatePem + root.certificatePem;
      const { inputs, replacementTrigger } = recording.get("parent-ca-certificate");
      assert.equal(inputs.certificate, chain);
      assert.equal(replacementTrigger, "first-issuer first-chain");
      assert.ok(isSecret(recording.get("parent-ca-presence").inputs.token));
      assert.match(
        value(recording.get("parent-ca-issuer").inputs.keyAdvice),
        /--replace '\*\*::parent-ca-request'/,
      );
      const expected = { mountPath: "pki", chainPem: chain, rootCertificatePem: root.certificatePem };
      await assertOutputs(recording, component, "parent-ca", expected);
      const awaited = await recording.dependencies(component.mountPath);
      for (const name of ["parent-ca-default-issuer", "parent-ca-urls"]) {
        assert.ok(awaited.includes(name), `${name} among ${awaited.join(", ")}`);
      }
    });

    it("refuses one that is for another key, with the commands for the right one, before Vault is given it", async () => {
      const other = makeAuthority({ name: "Vault's CA", issuer: root, copy: 2 });
      let recording: Recording | undefined;
      const rejections = await unhandledRejections(async () => {
        recording = await start();
        const signedCertificatePem = other.certificatePem + root.certificatePem;
        new OfflineSignedCa("parent-ca", { ...args, signedCertificatePem });
        await recording.finish();
      });
      const fault = rejections.find((rejection) => pulumi.RunError.isInstance(rejection));
      assert.ok(fault, `a RunError among ${rejections.map(String).join("; ")}`);
      assert.match(
        fault.message,
        /^signedCaCertificate: .*Vault's CA" is for another key than the one that Vault has made/m,
      );
      assert.ok(fault.message.includes(request.trim()));
      assert.ok(!recording!.all.some(({ name }) => name === "parent-ca-certificate"));
    });

    it("refuses one that is no CA's at once", async () => {
      await start();
      const server = makeAuthority({ name: "Server", issuer: root, basicConstraints: "CA:false" });
      const signedCertificatePem = server.certificatePem + root.certificatePem;
      assert.throws(() => new OfflineSignedCa("parent-ca", { ...args, signedCertificatePem }), /is not a CA/);
    });
  });
});
