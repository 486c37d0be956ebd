import assert from "node:assert/strict";
import fc from "fast-check";
import { distributionProxyConfig } from "../../components/internal/distribution-proxy";

const proxy = {
  mountPaths: ["pki", "pki_int", "lab/v1.2"],
  vaultAddress: "https://vault.vault:8200",
  caFile: "/ca.pem",
};
const text = distributionProxyConfig(proxy);
const withMetrics = distributionProxyConfig({ ...proxy, metricsScript: "/metrics.lua" });

/** The lines of one frontend. */
function frontend(name: string, config = withMetrics): string {
  const [, lines] = new RegExp(`^frontend ${name}\n((?: {4}.*\n)+)`, "m").exec(config) ?? [];
  assert.ok(lines, `${name} in ${config}`);
  return lines;
}

/** Whether a frontend lets a request through, read from its own lines. */
function passes(method: string, target: string, lines = frontend("distribution-point", text)): boolean {
  const acls = [...lines.matchAll(/^ {4}acl (\S+) (method|pathq -m reg) (.*)$/gm)].map(
    ([, name, kind, wanted]) => ({
      name: name!,
      holds: kind === "method" ? method === wanted : new RegExp(wanted!.slice(1, -1)).test(target),
    }),
  );
  const holds = (term: string) => {
    const acl = acls.find(({ name }) => name === term.replace("!", ""));
    assert.ok(acl, `${term} is defined`);
    return acl.holds !== term.startsWith("!");
  };
  const [, condition] = /deny_status 404 unless (.*)$/m.exec(lines)!;
  return condition!.split(" or ").some((terms) => terms.split(" ").every(holds));
}

const id = "0b8f9a4e-63a5-2c4f-9e7d-0123456789ab";
const request = "MFEwTzBNMEswSTAJBgUrDgMCGgUABBQ%2BxTq1";

describe("The configuration of a distribution point's proxy", () => {
  it("lets certificates, CRLs and OCSP of its mounts through", () => {
    for (const mount of ["pki", "pki_int", "lab/v1.2"]) {
      for (const file of ["der", "crl/der", "crl/delta/der"]) {
        assert.ok(passes("GET", `/v1/${mount}/issuer/${id}/${file}`), `${mount} ${file}`);
      }
      assert.ok(passes("POST", `/v1/${mount}/ocsp`), mount);
      assert.ok(passes("GET", `/v1/${mount}/ocsp/${request}`), mount);
      assert.ok(passes("GET", `/v1/${mount}/ocsp/MFEw/zBN+g==`), mount);
    }
  });

  it("lets no other method, mount, file or way of writing it through", () => {
    const targets = [
      "/",
      "/v1/sys/health",
      "/v1/pki/ca",
      "/v1/pki/issuers",
      `/v1/pki/issuer/${id}`,
      `/v1/pki/issuer/${id}/json`,
      `/v1/pki/issuer/${id}/sign/role`,
      "/v1/pki/issuer/default/der",
      `/v1/lab/v1x2/issuer/${id}/der`,
      `/v1/other/issuer/${id}/der`,
      `/v1/pki/issuer/${id}/der?help=1`,
      `/v1/pki/issuer/${id}/der/`,
      `/v1/pki/issuer/${id}/der;x`,
      `/v1/pki//issuer/${id}/der`,
      `//v1/pki/issuer/${id}/der`,
      `/v1/pki/issuer/${id.toUpperCase()}/der`,
      `/V1/pki/issuer/${id}/der`,
      `/v1/pki/issuer/${id}/../../issue/role`,
      `/v1/pki/ocsp/..%2fissue`,
      `/v1/pki/ocsp/%2e%2e/issue`,
      `/v1/pki/ocsp/a//b`,
      `/v1/pki/ocsp/a%2F/b`,
      `/v1/pki/ocsp//`,
      `/v1/pki/ocsp/`,
      `/v1/pki/ocsp/${request}?x`,
      `/x/v1/pki/issuer/${id}/der`,
      `/v1/pki/issuer/${id}/der\n`,
    ];
    for (const target of targets) {
      assert.ok(!passes("GET", target), target);
      assert.ok(!passes("POST", target), target);
    }
    for (const method of ["HEAD", "PUT", "POST", "DELETE", "LIST", "OPTIONS", "get"]) {
      assert.ok(!passes(method, `/v1/pki/issuer/${id}/der`), method);
    }
    assert.ok(!passes("GET", "/v1/pki/ocsp") && !passes("PUT", "/v1/pki/ocsp"));
    assert.ok(!passes("POST", `/v1/pki/ocsp/${request}`));
  });

  it("lets nothing with a dot, a query or an encoded character of other paths through", () => {
    const piece = fc.constantFrom(
      ...[
        "/",
        "..",
        ".",
        "%2e",
        "%2E",
        "%2f",
        "?",
        ";",
        "#",
        "\\",
        "%00",
        "%252e",
        "sys",
        "pki",
        "ocsp",
        "v1",
        id,
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        const target = `/v1/pki/${pieces.join("")}`;
        if (passes("GET", target)) {
          assert.match(target, /^\/v1\/pki\/(issuer\/[0-9a-f-]{36}\/|ocsp\/)[^.?;#\\]*$/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("talks to Vault by its name, with TLS that it verifies", () => {
    const [server, ...others] = text.match(/^ {4}server .*$/gm)!;
    assert.equal(
      server,
      "    server vault vault.vault:8200 ssl verify required ca-file /ca.pem sni str(vault.vault) verifyhost vault.vault",
    );
    assert.deepEqual(others, []);
  });

  it("takes away what would make a request somebody's", () => {
    assert.match(text, /http-request del-header Authorization$/m);
    assert.match(text, /http-request del-header X-Vault- -m beg$/m);
  });

  it("has metrics only where they are wanted, and nothing else is different then", () => {
    assert.doesNotMatch(text, /lua|httpclient|8082|8083/);
    const without = withMetrics
      .replace(/^ {4}# Of the client.*\n(?: {4}httpclient\..*\n)+ {4}lua-load .*\n/m, "")
      .replace(/\nfrontend metrics[^]*$/, "");
    assert.equal(without, text);
  });

  it("gives the script that makes them the address of its way to Vault, and every mount", () => {
    const [, loaded] = /^ {4}lua-load (.*)$/m.exec(withMetrics)!;
    assert.equal(loaded, "/metrics.lua http://127.0.0.1:8083 pki pki_int lab/v1.2");
  });

  it("tells metrics at one path of a port that is nobody else's", () => {
    const lines = frontend("metrics");
    assert.match(lines, /^ {4}bind \*:8082$/m);
    assert.match(lines, /use-service lua\.crl-metrics if \{ method GET \} \{ path \/metrics \}$/m);
    assert.match(lines, /^ {4}http-request deny deny_status 404$/m);
    assert.doesNotMatch(lines, /backend/);
  });

  it("has a way to Vault for the metrics, from its own pod only: the lists of issuers, and their CRLs", () => {
    const lines = frontend("crl-reader");
    assert.match(lines, /^ {4}bind 127\.0\.0\.1:8083$/m);
    assert.match(lines, /^ {4}default_backend vault$/m);
    const good = ["pki", "pki_int", "lab/v1.2"].flatMap((mount) => [
      `/v1/${mount}/issuers?list=true`,
      `/v1/${mount}/issuer/${id}/crl/der`,
      `/v1/${mount}/issuer/${id}/crl/delta/der`,
    ]);
    const bad = [
      ...["/v1/pki/issuers", "/v1/pki/issuers?list=false", "/v1/pki/issuersXlist=true", "/v1/sys/health"],
      ...["/v1/other/issuers?list=true", `/v1/pki/issuer/${id}/der`, `/v1/pki/issuer/${id}/crl/delta/`],
      ...[`/v1/pki/issuer/${id}/crl/der?x`, `/v1/pki/issuer/${id}/../crl/der`, "/v1/pki/crl/rotate"],
    ];
    for (const target of good) {
      assert.ok(passes("GET", target, lines), target);
      assert.ok(!passes("LIST", target, lines) && !passes("POST", target, lines), target);
    }
    for (const target of bad) {
      assert.ok(!passes("GET", target, lines), target);
    }
  });
});
