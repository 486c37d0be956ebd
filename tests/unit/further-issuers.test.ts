import assert from "node:assert/strict";
import type { AlertRule, RuleGroup } from "../../components/internal/alert-rules";
import { value, type Recording } from "../support/mocks";
import { recordProgram, stackName } from "../support/program";

const clients = {
  name: "clients",
  domains: ["clients.homelab.local"],
  usage: "client",
  keyType: "ec",
  keyBits: 384,
};
const team = {
  name: "team",
  kind: "Issuer",
  namespace: "team",
  role: "team-servers",
  domains: ["team.homelab.local", "team.wsp.local"],
  maxTtl: "12h",
};

describe("The program with issuers beside the first one", function () {
  this.timeout(60_000);
  let recording: Recording;
  let alone: Recording;

  before(async () => {
    alone = (await recordProgram()).recording;
    const changes = { certManagerNamespace: "certificates", issuingCaMountPath: "lab/issuing" };
    ({ recording } = await recordProgram({ ...changes, issuers: [clients, team] }));
  });

  const inputs = (name: string) => value(recording.get(name).inputs);
  const each = [
    {
      ...clients,
      resource: "issuer-clients-cluster-issuer",
      home: "certificates",
      audience: "vault://clients",
    },
    { ...team, resource: "issuer-team-issuer", home: "team", audience: "vault://team/team" },
  ];

  it("makes all that it makes without them, and nothing else but theirs", () => {
    const names = (all: Recording) => all.all.map(({ type, name }) => `${type} ${name}`);
    const before = names(alone);
    const added = names(recording).filter((name) => !before.includes(name));
    assert.deepEqual(
      before.filter((name) => !names(recording).includes(name)),
      [],
    );
    assert.ok(
      added.every((name) => / issuer-(role-)?(clients|team)(-|$)/.test(name)),
      added.join("\n"),
    );
    assert.deepEqual(added.filter((name) => name.startsWith("cert-manager-vault:")).sort(), [
      "cert-manager-vault:index:IssuerRole issuer-role-clients",
      "cert-manager-vault:index:IssuerRole issuer-role-team",
      "cert-manager-vault:index:VaultClusterIssuer issuer-clients",
      "cert-manager-vault:index:VaultIssuer issuer-team",
    ]);
  });

  for (const { name, resource, home, audience } of each) {
    it(`agrees with itself on paths, names, audience and places of ${name}`, () => {
      const { metadata, spec } = inputs(resource);
      const { auth, path, caBundleSecretRef } = spec.vault;
      const role = inputs(`issuer-role-${name}-role`);
      const policy = inputs(`issuer-role-${name}-policy`);
      const login = inputs(`issuer-role-${name}-login`);
      const account = inputs(`issuer-${name}-service-account`).metadata;
      assert.equal(metadata.name, name);
      assert.equal(path, `${inputs("issuing-ca-mount").path}/sign/${role.name}`);
      assert.ok(policy.policy.startsWith(`path "${path}" `));
      assert.deepEqual(login.tokenPolicies, [policy.name]);
      assert.equal(login.audience, audience);
      assert.equal(login.backend, inputs("kubernetes-auth-method").path);
      assert.equal(auth.kubernetes.mountPath, `/v1/auth/${login.backend}`);
      assert.equal(auth.kubernetes.role, login.roleName);
      assert.equal(auth.kubernetes.serviceAccountRef.name, account.name);
      assert.deepEqual(login.boundServiceAccountNames, [account.name]);
      assert.deepEqual(login.boundServiceAccountNamespaces, [home]);
      assert.equal(account.namespace, home);
      const bundle = inputs(`issuer-${name}-ca-bundle`);
      assert.deepEqual(bundle.metadata, { name: caBundleSecretRef.name, namespace: home });
      assert.deepEqual(bundle.stringData, inputs("vault-issuer-ca-bundle").stringData);
      const [subject] = inputs(`issuer-${name}-token-role-binding`).subjects;
      assert.deepEqual([subject.name, subject.namespace], ["cert-manager", "certificates"]);
      const canary = inputs(`issuer-${name}-canary`);
      assert.equal(canary.metadata.namespace, home);
      assert.equal(canary.spec.dnsNames[0], `canary.${role.allowedDomains[0]}`);
      assert.equal(canary.spec.issuerRef.name, name);
    });
  }

  it("gives each role what the setting says", () => {
    const { serverFlag, clientFlag, keyType, keyBits, maxTtl } = inputs("issuer-role-clients-role");
    assert.deepEqual(
      { serverFlag, clientFlag, keyType, keyBits, maxTtl },
      { serverFlag: false, clientFlag: true, keyType: "ec", keyBits: 384, maxTtl: "86400" },
    );
    const ofTeam = inputs("issuer-role-team-role");
    assert.deepEqual(ofTeam.allowedDomains, team.domains);
    assert.deepEqual([ofTeam.name, ofTeam.maxTtl], ["team-servers", "43200"]);
  });

  it("has nothing under one name twice, in Vault or in a namespace", () => {
    const named = recording.all
      .filter(({ type }) => /^(vault|kubernetes):/.test(type))
      .map(({ type, inputs: given }) => {
        const { metadata, backend, name, roleName, path, type: kind } = value(given);
        return metadata
          ? [type, metadata.namespace, metadata.name].join(" ")
          : [type, backend, name, roleName, path, kind].join(" ");
      });
    assert.deepEqual(
      named.filter((one, index) => named.indexOf(one) !== index),
      [],
    );
  });

  it("lets Pulumi's own token make exactly what they have in Vault", () => {
    const { policy } = inputs("vault-token-token");
    for (const { name } of each) {
      const made = inputs(`issuer-role-${name}-policy`);
      const rule = policy.slice(policy.indexOf(`path "sys/policies/acl/${made.name}"`)).split("\n\n")[0];
      assert.ok(rule.includes(`"policy" = [${JSON.stringify(made.policy)}]`), name);
      const role = inputs(`issuer-role-${name}-role`);
      assert.ok(policy.includes(`path "${role.backend}/roles/${role.name}" {`), name);
      const login = inputs(`issuer-role-${name}-login`);
      const ofLogin = policy.slice(policy.indexOf(`path "auth/kubernetes/role/${login.roleName}"`));
      assert.ok(ofLogin.split("\n\n")[0].includes(`"token_policies" = [["${made.name}"]]`), name);
    }
  });

  it("has their issuers and Certificates in its alerts", async () => {
    const watched = await recordProgram({ issuers: [clients, team], monitoring: "file" });
    const { groups } = JSON.parse(value(watched.recording.get(stackName).outputs!.prometheusRules));
    const rules: AlertRule[] = groups.flatMap((group: RuleGroup) => group.rules);
    const of = (alert: string) =>
      rules.filter((rule) => rule.alert === alert).map(({ labels }) => labels.issuer);
    assert.deepEqual(of("ClusterIssuerNotReady"), [undefined, "clients"]);
    assert.deepEqual(of("IssuerNotReady"), ["team/team"]);
    assert.deepEqual(of("CertificateEndsSoon"), [undefined, "clients", "team/team"]);
  });

  it("makes them when the CA can sign and cert-manager is there, and before the root token is revoked", () => {
    const { dependsOn } = recording.get("vault-token-revocation");
    for (const { name, resource } of each) {
      const { parent, dependsOn: direct } = recording.get(resource);
      const awaited = [...direct, ...recording.get(parent!).dependsOn];
      for (const needed of [
        `issuer-role-${name}-login`,
        "issuing-ca-default-issuer",
        "cert-manager-release",
      ]) {
        assert.ok(awaited.includes(needed), `${name} waits for ${needed}`);
      }
      assert.ok(dependsOn.includes(`issuer-role-${name}-login`), name);
    }
    assert.equal(recording.get("issuer-clients").parent, stackName);
  });
});
