import assert from "node:assert/strict";
import type { RuleGroup } from "../../components/internal/alert-rules";
import { value, type RecordedResource, type Recording } from "../support/mocks";
import { recordProgram, stackName } from "../support/program";

const clients = {
  name: "clients",
  domains: ["clients.homelab.local"],
  mount: "pki_clients",
  // The first issuer's role has this name on its own mount.
  role: "home-lab-dot-local",
  maxTtl: "12h",
};
const robots = { name: "robots", domains: ["robots.homelab.local"], mount: "pki_clients", maxTtl: "720h" };
const team = {
  name: "team",
  kind: "Issuer",
  namespace: "team",
  domains: ["team.homelab.local"],
  mount: "lab/team",
};
const shared = { name: "shared", domains: ["shared.homelab.local"], maxTtl: "48h" };
const mounts = ["pki_clients", "lab/team"];

describe("The program with issuers that have an issuing CA of their own", function () {
  this.timeout(60_000);
  let recording: Recording;
  let alone: Recording;

  before(async () => {
    const changes = { pkiHost: "pki.homelab.local", issuingCaGeneration: 2, monitoring: "file" };
    alone = (await recordProgram(changes)).recording;
    ({ recording } = await recordProgram({ ...changes, issuers: [clients, robots, team, shared] }));
  });

  const inputs = (name: string) => value(recording.get(name).inputs);
  const inVault = (path: string, part: string) => inputs(`issuing-ca-at-${path}-${part}`);

  it("makes one more CA for each of their mounts, with a role for each issuer and none besides", () => {
    const names = (all: Recording) => all.all.map(({ type, name }) => `${type} ${name}`);
    const added = names(recording).filter((name) => !names(alone).includes(name));
    const of = (type: string) =>
      added.filter((name) => name.startsWith(`${type} `)).map((name) => name.slice(type.length + 1));
    assert.deepEqual(
      of("cert-manager-vault:index:IntermediateCa"),
      mounts.map((path) => `issuing-ca-at-${path}`),
    );
    assert.deepEqual(
      of("vault:pkiSecret/secretBackendRole:SecretBackendRole"),
      [clients, robots, team, shared].map(({ name }) => `issuer-role-${name}-role`),
    );
  });

  it("leaves the first CA as it is without them, but for how long a former one is kept", () => {
    const isOfFirst = ({ parent }: RecordedResource) => parent === "issuing-ca" || parent === "parent-ca";
    const of = (all: Recording) =>
      Object.fromEntries(all.all.filter(isOfFirst).map((one) => [one.name, value(one.inputs)]));
    const [before, after] = [of(alone), of(recording)];
    assert.deepEqual(Object.keys(after), Object.keys(before));
    const changed = Object.keys(before).filter(
      (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
    );
    assert.deepEqual(changed.sort(), ["issuing-ca-retired", "parent-ca-retired"]);
    assert.equal(before["issuing-ca-retired"].keepSeconds, 24 * 3600);
    assert.equal(after["issuing-ca-retired"].keepSeconds, 48 * 3600, "the longest of its own issuers");
    assert.equal(after["parent-ca-retired"].keepSeconds, 720 * 3600, "the longest of all");
  });

  for (const path of mounts) {
    it(`has the CA of ${path} signed by the same parent, of the same generation, under a name of its own`, () => {
      const mount = inVault(path, "mount");
      assert.deepEqual([mount.path, mount.type, mount.maxLeaseTtlSeconds], [path, "pki", 8760 * 3600]);
      const name = `homelab.local Vault Intermediate ${path}`;
      const request = inVault(path, "request");
      assert.deepEqual([request.backend, request.type, request.commonName], [path, "internal", name]);
      assert.equal(inVault(path, "certificate").backend, inputs("parent-ca-mount").path);
      const presence = inVault(path, "presence");
      assert.equal(presence.mountPath, path);
      assert.equal(presence.mountAccessor, `accessor-of-${path}`);
      assert.deepEqual(presence.wish, { generation: 2, commonName: name, lifeSeconds: 8760 * 3600 });
      assert.equal(presence.chainPem, inputs("issuing-ca-presence").chainPem);
    });

    it(`has certificates of ${path} name its own places, which the distribution point serves`, () => {
      const [url] = inVault(path, "urls").issuingCertificates;
      assert.ok(url.startsWith(`http://pki.homelab.local/v1/${path}/issuer/`), url);
      const { rules } = inputs("pki-distribution-point-ingress").spec;
      const served = rules[0].http.paths.map((one: { path: string }) => one.path);
      assert.ok(served.includes(`/v1/${path}/`), served.join(" "));
      const { data } = inputs("pki-distribution-point-configuration");
      assert.ok(data["haproxy.cfg"].includes(path));
    });
  }

  it("keeps a former CA of a mount for as long as the certificates of that mount's issuers live", () => {
    assert.equal(inVault("pki_clients", "retired").keepSeconds, 720 * 3600);
    assert.equal(inVault("lab/team", "retired").keepSeconds, 24 * 3600);
  });

  for (const { name, mount, resource } of [
    { ...clients, resource: "issuer-clients-cluster-issuer" },
    { ...robots, resource: "issuer-robots-cluster-issuer" },
    { ...team, resource: "issuer-team-issuer" },
    { ...shared, mount: "pki_int", resource: "issuer-shared-cluster-issuer" },
  ]) {
    it(`has ${name} sign on its own mount only, when the CA there can`, () => {
      const role = inputs(`issuer-role-${name}-role`);
      const policy = inputs(`issuer-role-${name}-policy`);
      const { path } = inputs(resource).spec.vault;
      assert.equal(role.backend, mount);
      assert.equal(path, `${mount}/sign/${role.name}`);
      assert.equal(policy.policy, `path "${path}" {\n  capabilities = ["update"]\n}\n`);
      const { parent, dependsOn } = recording.get(resource);
      const awaited = [...dependsOn, ...recording.get(parent!).dependsOn];
      const ca = mount === "pki_int" ? "issuing-ca" : `issuing-ca-at-${mount}`;
      assert.ok(awaited.includes(`${ca}-default-issuer`), awaited.join(" "));
    });
  }

  it("lets Pulumi's own token make each mount with its roles, and no mount an ACME server beside the first", () => {
    const { policy } = inputs("vault-token-token") as { policy: string };
    const reaches = (path: string) => policy.includes(`path "${path}" {`);
    for (const path of mounts) {
      for (const needed of ["config/issuers", "intermediate/generate/internal", "intermediate/set-signed"]) {
        assert.ok(reaches(`${path}/${needed}`), `${path}/${needed}`);
      }
      assert.ok(reaches(`sys/mounts/${path}`));
      assert.ok(!reaches(`${path}/config/acme`));
    }
    assert.ok(reaches("pki_int/config/acme"));
    const roles = ["pki_clients/roles/home-lab-dot-local", "pki_clients/roles/robots", "lab/team/roles/team"];
    assert.deepEqual(
      [...policy.matchAll(/path "([^"]+\/roles\/[^"]+)"/g)].map(([, path]) => path).sort(),
      [
        ...roles,
        "pki/roles/home-lab-dot-local",
        "pki_int/roles/home-lab-dot-local",
        "pki_int/roles/shared",
      ].sort(),
    );
    for (const { name } of [clients, robots, team, shared]) {
      const made = inputs(`issuer-role-${name}-policy`);
      const rule = policy.slice(policy.indexOf(`path "sys/policies/acl/${made.name}"`)).split("\n\n")[0];
      assert.ok(rule!.includes(`"policy" = [${JSON.stringify(made.policy)}]`), name);
    }
  });

  it("revokes the root token only when all of it is made", () => {
    const { dependsOn } = recording.get("vault-token-revocation");
    for (const path of mounts) {
      assert.ok(dependsOn.includes(`issuing-ca-at-${path}-default-issuer`), path);
    }
  });

  it("has an alert for the end of each issuing CA", () => {
    const { groups } = JSON.parse(value(recording.get(stackName).outputs!.prometheusRules));
    const authorities = groups.find(({ name }: RuleGroup) => name === "certificate-authorities") as RuleGroup;
    const issuing = authorities.rules.filter(({ labels }) => labels.authority!.startsWith("the issuing CA "));
    assert.equal(issuing.length, 1 + mounts.length);
  });
});
