import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { inLab, kubectl, servedChain, stackOutputs, tryInLab, vaultRead } from "../support/lab";
import { askOcsp, checkedCrl, fetchTo, openssl, urlsIn, type IssuerUrls } from "../support/revocation";

const ingressAddress = "192.168.1.241";
const host = "pki.homelab.local";
const role = "home-lab-dot-local";

/** One status a line for each line of `METHOD TARGET`; requests carry the root token. $0 is the server. */
const statuses = `
while read -r method target; do
  printf 'header = "X-Vault-Token: %s"' "$VAULT_TOKEN" |
    curl --config - --silent --output /dev/null --max-time 10 --write-out '%{http_code}\\n' --header "Host: ${host}" \\
      --request "$method" --request-target "$target" "http://$0/"
done
`;

describe("what certificates name, on a host of its own without TLS", function () {
  this.timeout(120_000);
  let folder: string;
  let issuing: string;
  let parent: string;
  let both: string;
  let root: string;
  let leaf: string;
  /** The certificates that the program has signed, each with its issuer. */
  let signed: { certificate: string; issuer: string; urls: IssuerUrls }[];

  const file = (name: string, content = "") => {
    const full = path.join(folder, name);
    writeFileSync(full, content);
    return full;
  };
  const ask = (certificate: string, issuer: string, url: string) =>
    askOcsp({ certificate, issuer, untrusted: both, root, url });

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "aia-"));
    const chain = await servedChain(`${ingressAddress}:443`, "podinfo.wsp.local");
    const { rootCaPem } = await stackOutputs();
    [leaf, issuing, parent] = chain.map((pem, index) => file(`served-${index}.pem`, pem)) as [
      string,
      string,
      string,
    ];
    both = file("untrusted.pem", chain.slice(1).join("\n"));
    root = file("root.pem", rootCaPem);
    signed = await Promise.all(
      [
        { certificate: leaf, issuer: issuing },
        { certificate: issuing, issuer: parent },
      ].map(async (one) => ({ ...one, urls: await urlsIn(one.certificate) })),
    );
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is in the served chain: certificate, CRL, delta CRL and OCSP of every issuer below the owner's", () => {
    for (const { certificate, urls } of signed) {
      for (const [what, found] of Object.entries(urls)) {
        assert.equal(found.length, 1, `${what} in ${certificate}`);
        assert.ok(found[0].startsWith(`http://${host}/v1/`), found[0]);
      }
    }
  });

  it("is the issuer's certificate", async () => {
    for (const { issuer, urls } of signed) {
      const fetched = path.join(folder, "fetched.der");
      assert.equal(await fetchTo(fetched, urls.certificate[0]!), "application/pkix-cert");
      const { fingerprint256 } = new X509Certificate(readFileSync(fetched));
      assert.equal(fingerprint256, new X509Certificate(readFileSync(issuer)).fingerprint256);
    }
  });

  it("is a CRL and a delta CRL of the issuer's, both with days to go", async () => {
    for (const { issuer, urls } of signed) {
      for (const [url, isDelta] of [
        [urls.crl[0]!, false],
        [urls.deltaCrl[0]!, true],
      ] as const) {
        const fetched = path.join(folder, "fetched.crl");
        assert.equal(await fetchTo(fetched, url), "application/pkix-crl");
        const crl = await checkedCrl(fetched, issuer);
        assert.equal(crl.isDelta, isDelta, url);
        assert.ok(crl.hoursLeft > 47 && crl.hoursLeft <= 72, `${crl.hoursLeft} h left of ${url}`);
      }
    }
  });

  it("is a responder that says good, asked by POST", async () => {
    for (const { certificate, issuer, urls } of signed) {
      const answer = await ask(certificate, issuer, urls.ocsp[0]!);
      assert.ok(answer.includes(`${certificate}: good`), answer);
      const next = Date.parse(/Next Update: (.*)/.exec(answer)?.[1] ?? "");
      const minutesLeft = (next - Date.now()) / 60_000;
      assert.ok(minutesLeft > 55 && minutesLeft <= 61, `${minutesLeft} minutes`);
    }
  });

  it("is a responder that says good, asked by GET, but for requests that Vault would not understand", async () => {
    const request = file("request.der");
    const answer = file("answer.der");
    for (const { certificate, issuer, urls } of signed) {
      await openssl("ocsp", "-no_nonce", "-issuer", issuer, "-cert", certificate, "-reqout", request);
      const encoded = readFileSync(request).toString("base64");
      for (const target of [encoded, encodeURIComponent(encoded)]) {
        const fetched = fetchTo(answer, `${urls.ocsp[0]}/${target}`);
        if (encoded.includes("//")) {
          await assert.rejects(fetched, /404/);
          continue;
        }
        assert.equal(await fetched, "application/ocsp-response");
        const question = ["ocsp", "-no_nonce", "-respin", answer, "-issuer", issuer, "-cert", certificate];
        const said = await openssl(...question, "-verify_other", both, "-CAfile", root);
        assert.match(said, /Response verify OK/);
        assert.ok(said.includes(`${certificate}: good`), said);
      }
    }
  });

  it("tells of a certificate that was revoked: OCSP at once, the delta CRL, then the CRL, and openssl refuses it", async () => {
    const csr = file("revoked.csr");
    const key = [
      "-newkey",
      "EC",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-keyout",
      file("revoked.key"),
    ];
    await openssl("req", "-new", ...key, "-subj", "/CN=revoked.homelab.local", "-out", csr);
    const sign = ["write", `pki_int/sign/${role}`, `csr=@${csr}`, "common_name=revoked.homelab.local"];
    const { certificate: pem, serial_number: serial } = (await vaultRead(...sign)).data;
    const revoked = file("revoked.pem", pem);
    const urls = await urlsIn(revoked);
    const [ocsp, crlUrl, deltaUrl] = [urls.ocsp[0]!, urls.crl[0]!, urls.deltaCrl[0]!];
    const written = serial.replaceAll(":", "").toUpperCase();
    const crlOf = async (url: string) => {
      await fetchTo(path.join(folder, "fetched.crl"), url);
      return (await checkedCrl(path.join(folder, "fetched.crl"), issuing)).serials;
    };
    assert.ok((await ask(revoked, issuing, ocsp)).includes(`${revoked}: good`));

    await vaultRead("write", "pki_int/revoke", `serial_number=${serial}`);
    assert.ok((await ask(revoked, issuing, ocsp)).includes(`${revoked}: revoked`));

    await vaultRead("read", "pki_int/crl/rotate-delta");
    assert.ok((await crlOf(deltaUrl)).includes(written), "in the delta CRL");
    assert.ok(!(await crlOf(crlUrl)).includes(written), "not in the CRL before it");

    await vaultRead("read", "pki_int/crl/rotate");
    assert.ok((await crlOf(crlUrl)).includes(written), "in the CRL");
    const verify = ["verify", "-crl_check", "-CRLfile", file("issuing.crl", await pemCrl()), "-CAfile", root];
    await assert.rejects(openssl(...verify, "-untrusted", both, revoked), /certificate revoked/);
    assert.match(await openssl(...verify, "-untrusted", both, leaf), /: OK/);
  });

  it("is all that is there: anything else of Vault is 404, also with the root token and behind the ingress", async () => {
    const id = /issuer\/([0-9a-f-]{36})\/der/.exec(signed[0]!.urls.certificate[0]!)?.[1];
    const good = `/v1/pki_int/issuer/${id}/der`;
    const requests = [
      ...[
        "GET /",
        "GET /ui/",
        "GET /v1/sys/health",
        "GET /v1/sys/seal-status",
        "PUT /v1/sys/seal",
        "GET /v1/pki/ca",
      ],
      ...[
        "GET /v1/pki_int/crl",
        "GET /v1/pki_int/issuers?list=true",
        "LIST /v1/pki_int/certs",
        "GET /v1/pki_int/cert/ca",
      ],
      ...[
        "GET /v1/pki_int/issuer/default/json",
        `POST /v1/pki_int/issue/${role}`,
        `POST /v1/pki_int/sign/${role}`,
      ],
      ...[
        `PUT ${good}`,
        `POST ${good}`,
        `DELETE /v1/pki_int/issuer/${id}`,
        `GET ${good}?help=1`,
        `GET ${good}/`,
      ],
      ...[
        "GET /v1/pki_int/ocsp",
        "PUT /v1/pki_int/ocsp",
        "GET /v1/auth/token/lookup-self",
        "GET /v1/secret/data/x",
      ],
      ...[
        "GET /v1/pki_int/../sys/health",
        "GET /v1/pki_int/%2e%2e/sys/health",
        "GET /v1/pki_int/..;/sys/health",
      ],
      ...["GET /v1/pki_int/ocsp/../../sys/health", "GET /v1/pki_int/ocsp/%2e%2e%2f%2e%2e%2fsys/health"],
      ...[
        "GET //v1/sys/health",
        "GET /v1//pki_int/issuers",
        `GET /v1/pki_int//issuer/${id}/der`,
        "GET /%761/sys/health",
      ],
      ...[
        "GET /v1/pki%5fint/issuers",
        "GET /v1/pki_int/%2F%2Fsys/health",
        `GET http://${host}/v1/sys/health`,
      ],
    ];
    const service = await kubectl("-n", "vault", "get", "service", "pki-distribution-point");
    const env = { VAULT_TOKEN: (await stackOutputs()).rootToken };
    for (const server of [ingressAddress, service.spec.clusterIP]) {
      const input = [`GET ${good}`, ...requests].map((line) => `${line}\n`).join("");
      const answers = (await inLab(["sh", "-c", statuses, server], { input, env })).trim().split("\n");
      assert.equal(answers.shift(), "200", "the one that is allowed");
      const passed = requests.filter((_, index) => !["403", "404"].includes(answers[index] ?? ""));
      assert.deepEqual(passed, [], answers.join(" "));
    }
  });

  it("comes from a pod that may do nothing else, as Pod Security's strictest level wants it", async () => {
    const label = ["label", "--dry-run=server", "--overwrite", "namespace", "vault"];
    const { status, stderr } = await tryInLab([
      "kubectl",
      ...label,
      "pod-security.kubernetes.io/enforce=restricted",
    ]);
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /pki-distribution-point/);
  });

  /** The last CRL that was fetched, as `openssl verify` wants it. */
  async function pemCrl(): Promise<string> {
    return openssl("crl", "-inform", "DER", "-in", path.join(folder, "fetched.crl"));
  }
});
