import assert from "node:assert/strict";
import { isSecret, textsInClear, value, type RecordedResource, type Recording } from "../support/mocks";
import { recordProgram, stackName, type RecordedProgram } from "../support/program";

const components = {
  authority: "CertificateAuthority",
  "vault-listener": "ListenerCertificate",
  vault: "VaultServer",
  "vault-init": "VaultInit",
  audit: "AuditDevices",
  "vault-token": "VaultToken",
  "vault-token-revocation": "VaultTokenRevocation",
  "parent-ca": "ImportedCa",
  "issuing-ca": "IntermediateCa",
  "kubernetes-auth": "KubernetesAuth",
  "cert-manager": "CertManager",
  "vault-issuer": "VaultClusterIssuer",
  podinfo: "Podinfo",
  page: "TlsHandshake",
};

/** What has to be the same in several components, wherever it is set. */
function assertAgreement(recording: Recording): void {
  const inputs = (name: string) => value(recording.get(name).inputs);
  const issuer = inputs("vault-issuer-cluster-issuer");
  const { auth, path, server, caBundleSecretRef } = issuer.spec.vault;
  const role = inputs("issuing-ca-role");
  const policy = inputs("issuing-ca-policy");
  const login = inputs("kubernetes-auth-role");
  const account = inputs("vault-issuer-service-account").metadata;
  const release = inputs("cert-manager-release");

  assert.equal(path, `${inputs("issuing-ca-mount").path}/sign/${role.name}`, "sign path");
  assert.ok(policy.policy.startsWith(`path "${path}" `), `the policy admits to ${path}`);
  assert.deepEqual(login.tokenPolicies, [policy.name], "policies of a login");
  assert.equal(login.audience, `vault://${issuer.metadata.name}`, "audience");
  assert.equal(auth.kubernetes.mountPath, `/v1/auth/${inputs("kubernetes-auth-method").path}`, "auth method");
  assert.equal(auth.kubernetes.role, login.roleName, "role of the auth method");
  assert.equal(auth.kubernetes.serviceAccountRef.name, account.name, "ServiceAccount");
  assert.deepEqual(login.boundServiceAccountNames, [account.name], "ServiceAccount that may log in");
  assert.deepEqual(login.boundServiceAccountNamespaces, [account.namespace], "its namespace");
  assert.equal(account.namespace, release.namespace, "where cert-manager looks for it");

  const bundle = inputs("vault-issuer-ca-bundle");
  assert.equal(bundle.metadata.namespace, release.namespace, "where cert-manager looks for the CA bundle");
  assert.equal(bundle.metadata.name, caBundleSecretRef.name);
  const [subject] = inputs("vault-issuer-token-role-binding").subjects;
  assert.deepEqual([subject.name, subject.namespace], [release.name, release.namespace], "the controller");

  const listener = inputs("vault-listener-request");
  assert.ok(listener.dnsNames.includes(new URL(server).hostname), `the listener is called ${server}`);
  const { address } = inputs("vault-init-keys");
  assert.ok(listener.ipAddresses.includes(new URL(address).hostname), `the listener is called ${address}`);
  assert.equal(inputs("vault-release").values.ui.loadBalancerIP, new URL(address).hostname);
  assert.equal(recording.get(stackName).outputs!.vaultAddress, address);
  for (const mount of ["parent-ca", "issuing-ca"]) {
    const [url] = inputs(`${mount}-urls`).issuingCertificates;
    assert.equal(url, `${address}/v1/${inputs(`${mount}-mount`).path}/ca`);
  }

  const { annotations } = inputs("podinfo-ingress").metadata;
  assert.equal(annotations["cert-manager.io/cluster-issuer"], issuer.metadata.name);
  assert.equal(annotations["cert-manager.io/duration"], `${role.maxTtl}s`, "the life that the role gives");
  const [domain] = role.allowedDomains;
  assert.ok(inputs("vault-issuer-canary").spec.dnsNames[0].endsWith(`.${domain}`), "the canary is admitted");
}

describe("The program", function () {
  this.timeout(60_000);
  let program: RecordedProgram;
  let recording: Recording;

  before(async () => {
    program = await recordProgram();
    ({ recording } = program);
  });

  const isInsideVault = ({ type }: RecordedResource) => type.startsWith("vault:");

  it("is all components, each below the stack", () => {
    for (const [name, type] of Object.entries(components)) {
      const component = recording.get(name);
      assert.equal(component.type, `cert-manager-vault:index:${type}`, name);
      assert.equal(component.parent, stackName, name);
    }
  });

  it("makes every resource in a component below the stack, but for Vault's provider and what looks after the stack itself", () => {
    for (const { name, custom, parent } of recording.all) {
      if (custom && !["vault provider", "helm-releases", "ca-origin"].includes(name)) {
        assert.equal(recording.get(parent ?? "").custom, false, `parent of ${name}`);
        assert.equal(recording.get(parent!).parent, stackName, `parent of ${parent}`);
      }
    }
    assert.equal(recording.get("vault provider").parent, stackName);
  });

  it("reaches Vault by its address, the root token and the root certificate, without asking Vault in a preview", () => {
    const provider = recording.get("vault provider");
    assert.equal(provider.type, "pulumi:providers:vault");
    assert.equal(provider.inputs.address, "https://192.168.1.242:8200");
    assert.ok(isSecret(provider.inputs.token));
    assert.equal(value(provider.inputs.token), "hvs.made-by-init");
    assert.equal(provider.replacementTrigger, "first-vault", "another Vault has another provider");
    assert.match(provider.inputs.caCertFile, /^\.pki\//, "a path that is the same on every machine");
    assert.equal(value(provider.inputs.skipChildToken), "true");
    assert.equal(provider.inputs.vaultVersionOverride, "1.21.1");
    assert.ok(provider.dependsOn.includes("vault-token-token"));
    const { dependsOn } = recording.get("vault-token-token");
    assert.ok(dependsOn.includes("vault-init-unseal"), "Vault is unsealed by then");
    assert.ok(dependsOn.includes("vault-init-rollout"), "and no pod is about to be restarted");
  });

  it("makes everything inside Vault by that provider, and lets it go with it", () => {
    const inside = recording.all.filter(isInsideVault);
    assert.ok(inside.length >= 15, `${inside.length} resources`);
    for (const { name, provider, deletedWith } of inside) {
      assert.equal(provider, "vault", name);
      assert.equal(deletedWith, "vault provider", name);
    }
  });

  it("looks into Vault by the same address, token and root certificate as that provider", () => {
    for (const name of ["parent-ca-presence", "parent-ca-issuer", "issuing-ca-presence"]) {
      const { address, caPem, token } = recording.get(name).inputs;
      assert.equal(address, "https://192.168.1.242:8200", name);
      assert.equal(caPem, program.root.certificatePem, name);
      assert.ok(isSecret(token), name);
      assert.equal(value(token), "hvs.made-by-init", name);
    }
  });

  it("tells what supervises Helm's releases the namespaces of all of them, and the kubeconfig as a secret", () => {
    const { inputs } = recording.get("helm-releases");
    const releases = recording.all.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
    assert.deepEqual(inputs.namespaces.sort(), releases.map((release) => release.inputs.namespace).sort());
    assert.ok(isSecret(inputs.kubeconfig));
  });

  it("keeps Vault's namespace from all that deletes, with the volumes in it, when its data is to be retained", async () => {
    const other = await recordProgram({ vaultRetainData: true });
    assert.deepEqual(other.recording.get("helm-releases").inputs.namespaces, ["cert-manager", "podinfo"]);
    assert.equal(other.recording.get("vault-namespace").retainOnDelete, true);
    const { server } = value(other.recording.get("vault-release").inputs.values);
    assert.equal(server.persistentVolumeClaimRetentionPolicy.whenDeleted, "Retain");
    assert.equal(recording.get("vault-namespace").retainOnDelete, false);
  });

  it("agrees with itself on paths, names, audience, addresses and lives", () => {
    assertAgreement(recording);
  });

  it("agrees with itself when everything is called otherwise", async () => {
    const other = await recordProgram({
      domains: ["example.org"],
      pkiRoleName: "servers",
      vaultNamespace: "secrets",
      vaultLoadBalancerIp: "10.0.0.9",
      parentCaMountPath: "lab/parent",
      issuingCaMountPath: "lab/issuing",
      issuingCaRoleMaxTtl: "48h",
      certManagerNamespace: "certificates",
      clusterIssuerName: "lab-issuer",
      podinfoHost: "page.example.org",
      podinfoAliases: [],
    });
    assertAgreement(other.recording);
    assert.equal(
      value(other.recording.get("vault-issuer-cluster-issuer").inputs).spec.vault.path,
      "lab/issuing/sign/servers",
    );
    assert.equal(other.recording.get(stackName).outputs!.url, "https://page.example.org");
  });

  it("lets each thing begin when what it needs is ready", () => {
    const begins = {
      "parent-ca-certificate": ["audit-file", "audit-stdout"],
      "issuing-ca-certificate": ["parent-ca-default-issuer", "parent-ca-urls"],
      "kubernetes-auth-role": ["issuing-ca-policy"],
      "vault-issuer-cluster-issuer": [
        "cert-manager-release",
        "issuing-ca-default-issuer",
        "kubernetes-auth-role",
      ],
      "vault-issuer-canary": ["vault-issuer-canary-issuance"],
      "vault-issuer-canary-issuance": ["vault-issuer-cluster-issuer"],
      "podinfo-certificate-issuance": ["vault-issuer-canary"],
      "podinfo-ingress": ["vault-issuer-canary"],
      "page-handshake": ["podinfo-ingress"],
      "vault-init-keys": ["vault-release"],
      "vault-init-rollout": ["vault-release", "vault-init-unseal-secret"],
    };
    // What a component depends on, its children wait for.
    const awaited = ({ dependsOn, parent }: RecordedResource): string[] =>
      parent ? [...dependsOn, ...awaited(recording.get(parent))] : dependsOn;
    for (const [name, needed] of Object.entries(begins)) {
      const dependsOn = awaited(recording.get(name));
      for (const one of needed) {
        assert.ok(dependsOn.includes(one), `${name} waits for ${one}`);
      }
    }
  });

  it("proves the page with nothing but the root", () => {
    const { inputs } = recording.get("page-handshake");
    assert.equal(inputs.trustedRootPem, program.root.certificatePem);
    assert.equal(inputs.address, "192.168.1.241");
    assert.equal(inputs.serverName, "podinfo.wsp.local");
    assert.match(inputs.lookAt, /kubectl -n podinfo describe/);
  });

  it("gives what a person needs next, the keys as secrets and nothing else as one", () => {
    const outputs = recording.get(stackName).outputs!;
    const expected = {
      url: "https://podinfo.wsp.local",
      rootCaPem: program.root.certificatePem,
      trustedRootsPem: program.root.certificatePem,
      vaultAddress: "https://192.168.1.242:8200",
      dnsEntries: {
        dnsmasq: "address=/podinfo.wsp.local/192.168.1.241\naddress=/podinfo/192.168.1.241",
        hosts: "192.168.1.241 podinfo.wsp.local podinfo",
      },
      rootToken: "hvs.made-by-init",
      unsealKeys: ["unseal-key-0"],
      issuer: "vault-issuer",
      certificate: {
        notBefore: "2026-01-01T00:00:00.000Z",
        notAfter: "2026-01-02T00:00:00.000Z",
        chainSubjects: ["CN=podinfo.wsp.local", "CN=Issuing", "CN=Intermediate", "CN=Root"],
      },
    };
    const secret = ["rootToken", "unsealKeys"];
    for (const [name, wanted] of Object.entries(expected)) {
      assert.deepEqual(value(outputs[name]), wanted, name);
      assert.equal(isSecret(outputs[name]), secret.includes(name), `whether ${name} is a secret`);
    }
  });

  it("tells the engine no secret in clear, in no input of any resource and in no output", () => {
    const { intermediate, encryptedKeyPem, passphrase, existingUnsealKeys, existingRootToken } =
      program.secrets;
    // The second line of a PEM text is the first of what it holds.
    const body = (pem: string) => pem.split("\n")[1]!;
    const secrets = {
      "the intermediate's key": body(intermediate.keyPem),
      "the key as it was given": body(encryptedKeyPem),
      "its passphrase": passphrase,
      "the listener's key": "listener key",
      "the root token": "hvs.made-by-init",
      "the unseal key": "unseal-key-0",
      "the given unseal key": existingUnsealKeys[0]!,
      "the given root token": existingRootToken,
    };
    for (const [what, secret] of Object.entries(secrets)) {
      let seen = 0;
      for (const { name, inputs, outputs } of recording.all) {
        for (const [kind, told] of Object.entries({ inputs, outputs })) {
          const inClear = textsInClear(told).filter((text) => text.includes(secret));
          assert.equal(inClear.length, 0, `${what} is in clear in the ${kind} of ${name}`);
          seen += textsInClear(value(told)).filter((text) => text.includes(secret)).length;
        }
      }
      assert.ok(seen > 0, `${what} is somewhere, or this test looks for the wrong text`);
    }
  });

  it("agrees with itself on three nodes with snapshots as well", async () => {
    const other = await recordProgram({ vaultReplicas: 3, vaultSnapshotSchedule: "0 3 * * *" });
    assertAgreement(other.recording);
    const inputs = (name: string) => value(other.recording.get(name).inputs);
    assert.equal(inputs("vault-init-keys").replicas, inputs("vault-release").values.server.ha.replicas);
    const { spec } = inputs("vault-snapshots-cron-job");
    const [container] = spec.jobTemplate.spec.template.spec.containers;
    const address = container.env.find(({ name }: { name: string }) => name === "VAULT_ADDR").value;
    assert.equal(address, inputs("vault-issuer-cluster-issuer").spec.vault.server, "the active node");
    assert.equal(inputs("vault-snapshots-role").backend, inputs("kubernetes-auth-method").path);
  });

  it("shows in a preview every resource that it then makes", async () => {
    const preview = await recordProgram({}, true);
    const names = (all: RecordedResource[]) => all.map(({ type, name }) => `${type} ${name}`).sort();
    assert.deepEqual(names(preview.recording.all), names(recording.all));
  });

  it("has no audit device where none is wanted", async () => {
    const other = await recordProgram({ vaultAuditDevices: false });
    assert.ok(!other.recording.all.some(({ type }) => type === "vault:index/audit:Audit"));
  });

  it("reaches Vault by a token of its own when the root token is to be revoked, which is last", async () => {
    const other = await recordProgram({ vaultRootToken: "revoke", rotateToken: 2 });
    const inputs = (name: string) => value(other.recording.get(name).inputs);
    assert.equal(inputs("vault provider").token, "hvs.own");
    assert.equal(inputs("vault-token-token").rotation, 2);
    const revocation = other.recording.get("vault-token-revocation-revocation");
    assert.deepEqual(value(revocation.inputs.tokens), ["hvs.made-by-init", "hvs.own-before"]);
    const outputs = other.recording.get(stackName).outputs!;
    assert.equal(outputs.rootToken, undefined);
    assert.ok(isSecret(outputs.vaultToken));
    const { dependsOn } = other.recording.get("vault-token-revocation");
    const inside = other.recording.all.filter(isInsideVault);
    for (const { name } of inside) {
      const parent = other.recording.get(name).parent!;
      assert.ok(["audit", "parent-ca", "issuing-ca", "kubernetes-auth"].includes(parent), name);
    }
    const awaited = [...dependsOn, ...revocation.dependsOn];
    assert.ok(awaited.includes("kubernetes-auth-role") && awaited.includes("issuing-ca-default-issuer"));
  });

  it("gives its own token the policies that it writes, to the letter, and every path that it makes", async () => {
    const { policy } = value(recording.get("vault-token-token").inputs);
    for (const name of ["parent-ca", "issuing-ca"]) {
      const made = value(recording.get(`${name}-policy`).inputs);
      const rule = policy.slice(policy.indexOf(`path "sys/policies/acl/${made.name}"`));
      assert.ok(rule.split("\n\n")[0].includes(`"policy" = [${JSON.stringify(made.policy)}]`), name);
      const mount = value(recording.get(`${name}-mount`).inputs).path;
      const role = value(recording.get(`${name}-role`).inputs).name;
      assert.ok(
        policy.includes(`path "sys/mounts/${mount}" {`) && policy.includes(`"${mount}/roles/${role}"`),
      );
    }
    const { path } = value(recording.get("kubernetes-auth-method").inputs);
    const login = value(recording.get("kubernetes-auth-role").inputs);
    assert.ok(policy.includes(`path "auth/${path}/role/${login.roleName}"`));
    assert.ok(policy.includes(`"token_policies" = [${JSON.stringify(login.tokenPolicies)}]`));
  });

  it("puts no unseal key into the cluster when Vault is not to unseal itself", async () => {
    const other = await recordProgram({ vaultAutoUnseal: false });
    for (const { name, type, inputs } of other.recording.all) {
      if (type.startsWith("kubernetes:")) {
        const texts = textsInClear(value(inputs));
        assert.ok(!texts.some((text) => text.includes("unseal-key-0")), name);
      }
    }
  });
});
