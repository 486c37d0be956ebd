import assert from "node:assert/strict";
import { value, type Recording } from "../support/mocks";
import { recordProgram, stackName } from "../support/program";
import { readWith } from "../support/settings";

const mounts = ["parent-ca", "issuing-ca"] as const;

/** A setting of a mount, as it is written. */
function written(recording: Recording, name: string): { path: string; fields: any } {
  const { path, dataJson } = value(recording.get(name).inputs);
  return { path, fields: JSON.parse(dataJson) };
}

describe("The setting pkiHost", function () {
  this.timeout(60_000);
  let recording: Recording;

  before(async () => {
    ({ recording } = await recordProgram({ pkiHost: "pki.homelab.local", ingressClassName: "haproxy" }));
  });

  it("is where certificates of both CAs say that their issuer's certificate, CRLs and OCSP are, by the issuer's ID", () => {
    for (const ca of mounts) {
      const mount = recording.get(`${ca}-mount`).inputs.path;
      const issuer = `http://pki.homelab.local/v1/${mount}/issuer/{{issuer_id}}`;
      const urls = value(recording.get(`${ca}-urls`).inputs);
      assert.deepEqual(urls.issuingCertificates, [`${issuer}/der`]);
      assert.deepEqual(urls.crlDistributionPoints, [`${issuer}/crl/der`]);
      assert.deepEqual(urls.ocspServers, [`http://pki.homelab.local/v1/${mount}/ocsp`]);
      assert.equal(urls.enableTemplating, true);
      const deltas = written(recording, `${ca}-delta-urls`);
      assert.equal(deltas.path, `${mount}/config/urls`);
      assert.deepEqual(deltas.fields, { delta_crl_distribution_points: [`${issuer}/crl/delta/der`] });
    }
  });

  it("is in those settings before a CA signs anything", () => {
    const awaited = [
      recording.get("issuing-ca-certificate").dependsOn,
      recording.get("issuing-ca-role").dependsOn,
    ];
    for (const [index, ca] of mounts.entries()) {
      for (const setting of ["urls", "delta-urls"]) {
        assert.ok(awaited[index]!.includes(`${ca}-${setting}`), `${ca}-${setting}`);
      }
    }
  });

  it("is served by an Ingress of the page's class, which lets through what the certificates name", () => {
    const [rule] = value(recording.get("pki-distribution-point-ingress").inputs).spec.rules;
    assert.equal(rule.host, "pki.homelab.local");
    const configuration = value(recording.get("pki-distribution-point-configuration").inputs).data[
      "haproxy.cfg"
    ];
    const patterns = [...configuration.matchAll(/pathq -m reg '(\^.*)'$/gm)].map(
      ([, text]) => new RegExp(text),
    );
    for (const ca of mounts) {
      const urls = value(recording.get(`${ca}-urls`).inputs);
      const { delta_crl_distribution_points: deltas } = written(recording, `${ca}-delta-urls`).fields;
      for (const url of [
        urls.issuingCertificates,
        urls.crlDistributionPoints,
        urls.ocspServers,
        deltas,
      ].flat()) {
        const { pathname } = new URL(url.replace("{{issuer_id}}", "0b8f9a4e-63a5-2c4f-9e7d-0123456789ab"));
        assert.equal(patterns.filter((pattern) => pattern.test(pathname)).length, 1, url);
        assert.ok(
          rule.http.paths.some(({ path }: { path: string }) => pathname.startsWith(path)),
          url,
        );
      }
    }
    const page = value(recording.get("podinfo-ingress").inputs);
    const { spec } = value(recording.get("pki-distribution-point-ingress").inputs);
    assert.equal(spec.ingressClassName, page.spec.ingressClassName);
  });

  it("is served from the Vault that cert-manager talks to", () => {
    const { server } = value(recording.get("vault-issuer-cluster-issuer").inputs).spec.vault;
    const { data } = value(recording.get("pki-distribution-point-configuration").inputs);
    assert.ok(data["haproxy.cfg"].includes(`server vault ${new URL(server).host} `));
  });

  it("is among the names that the network is to know", () => {
    const { dnsmasq, hosts } = value(recording.get(stackName).outputs!.dnsEntries);
    assert.match(dnsmasq, /^address=\/pki\.homelab\.local\/192\.168\.1\.241$/m);
    assert.match(hosts, / pki\.homelab\.local\b/);
  });

  it("may be left empty, and is away again when it is", async () => {
    const { recording: without } = await recordProgram();
    assert.ok(!without.all.some(({ name }) => name.startsWith("pki-distribution-point")));
    for (const ca of mounts) {
      assert.equal(value(without.get(`${ca}-urls`).inputs).ocspServers, undefined);
      assert.deepEqual(written(without, `${ca}-delta-urls`).fields, { delta_crl_distribution_points: [] });
    }
  });

  it("has two proxies where Vault has more than one node", async () => {
    const { recording: three } = await recordProgram({ pkiHost: "pki.homelab.local", vaultReplicas: 3 });
    assert.equal(three.get("pki-distribution-point-deployment").inputs.spec.replicas, 2);
    const { data } = value(three.get("pki-distribution-point-configuration").inputs);
    assert.match(data["haproxy.cfg"], /server vault vault-active\.vault:8200 /);
  });

  it("with monitoring, has the age of the CRLs watched that it serves, and without one of the two, nothing of the kind", async () => {
    const { recording: both } = await recordProgram({ pkiHost: "pki.homelab.local", monitoring: "file" });
    const mountPaths = mounts.map((ca) => both.get(`${ca}-mount`).inputs.path);
    const { data } = value(both.get("pki-distribution-point-configuration").inputs);
    assert.match(data["haproxy.cfg"], new RegExp(`^ {4}lua-load .* ${mountPaths.join(" ")}$`, "m"));
    const { namespace } = value(both.get("pki-distribution-point-deployment").inputs).metadata;
    const rules = value(both.get(stackName).outputs!.prometheusRules);
    for (const mount of mountPaths) {
      const silent = `absent(pki_mount_readable{namespace="${namespace}", mount="${mount}"})`;
      assert.ok(rules.includes(JSON.stringify(silent)), silent);
    }

    const { recording: noHost } = await recordProgram({ monitoring: "file" });
    assert.doesNotMatch(value(noHost.get(stackName).outputs!.prometheusRules), /crl/i);
    const plain = value(recording.get("pki-distribution-point-configuration").inputs).data;
    assert.ok(!plain["haproxy.cfg"].includes("lua-load"));
  });

  it("must not be a host of the page, and need not lie in domains", () => {
    const { faults: none } = readWith({ pkiHost: "pki.example.org" });
    assert.deepEqual(none, []);
    for (const [pkiHost, setting] of [
      ["podinfo.wsp.local", "podinfoHost"],
      ["podinfo", "podinfoAliases"],
    ]) {
      const { faults } = readWith({ pkiHost });
      assert.deepEqual(faults.length, 1);
      assert.match(faults[0]!, new RegExp(`^pkiHost: ${pkiHost} .*\\(${setting}\\).* give another name$`));
    }
  });
});

describe("What is revoked and what has expired", function () {
  this.timeout(60_000);
  const hour = 3600;
  let recording: Recording;

  before(async () => {
    ({ recording } = await recordProgram({ vaultRootToken: "revoke" }));
  });

  it("is told by both mounts without anybody's doing, and forgotten only after no CRL needs it", () => {
    for (const ca of mounts) {
      const mount = recording.get(`${ca}-mount`).inputs.path;
      const crl = written(recording, `${ca}-crl`);
      assert.equal(crl.path, `${mount}/config/crl`);
      assert.equal(crl.fields.auto_rebuild, true);
      assert.equal(crl.fields.enable_delta, true);
      assert.equal(crl.fields.disable || crl.fields.ocsp_disable, false);
      const tidy = written(recording, `${ca}-auto-tidy`);
      assert.equal(tidy.path, `${mount}/config/auto-tidy`);
      assert.ok(tidy.fields.enabled && tidy.fields.tidy_cert_store && tidy.fields.tidy_revoked_certs);
      assert.equal(crl.fields.expiry, "72h");
      assert.ok(tidy.fields.safety_buffer >= 72 * hour, "the life of a CRL");
      assert.equal(tidy.fields.tidy_expired_issuers, false);
    }
  });

  it("is stored by the role, so that it can be revoked", () => {
    for (const ca of mounts) {
      assert.equal(recording.get(`${ca}-role`).inputs.noStore, false);
    }
  });

  it("is set by Pulumi's own token as well", () => {
    const { policy } = value(recording.get("vault-token-token").inputs);
    for (const ca of mounts) {
      for (const setting of ["crl", "auto-tidy", "delta-urls"]) {
        const { path } = written(recording, `${ca}-${setting}`);
        assert.ok(policy.includes(`path "${path}" {\n  capabilities = ["create", "read", "update"]`), path);
      }
    }
  });
});
