import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { certificateBlocks } from "../../components/internal/pem";
import { eventually, inLab, kubectl, stackOutputs, tryInLab, vaultDo, vaultRead } from "../support/lab";
import { checkedCrl, fetchTo, urlsIn } from "../support/revocation";
import { StackRun } from "../support/stack";

const clients = {
  name: "clients",
  domains: ["clients.homelab.local"],
  usage: "client",
  keyType: "ec",
  maxTtl: "2h",
};
const team = { name: "team", kind: "Issuer", namespace: "team", domains: ["team.example.org"] };
/** By an issuing CA of its own, on whose mount its role is called as the first issuer's is on that one's. */
const devices = {
  name: "devices",
  domains: ["devices.homelab.local"],
  mount: "pki_devices",
  role: "home-lab-dot-local",
};

const ecdsa = { algorithm: "ECDSA", size: 256 };
const rsa = { algorithm: "RSA", size: 2048 };

interface Wish {
  namespace: string;
  dnsName: string;
  privateKey: object;
  issuer: { kind: string; name: string };
}

const byClients = { kind: "ClusterIssuer", name: "clients" };
const byTeam = { kind: "Issuer", name: "team" };
const byDevices = { kind: "ClusterIssuer", name: "devices" };

/** Has cert-manager ask for a certificate; a Secret of the same name receives it. */
async function ask(name: string, { namespace, dnsName, privateKey, issuer }: Wish): Promise<void> {
  const certificate = {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name, namespace },
    spec: {
      secretName: name,
      dnsNames: [dnsName],
      privateKey,
      duration: "1h",
      renewBefore: "5m",
      usages:
        issuer === byClients ? ["digital signature", "client auth"] : ["digital signature", "server auth"],
      issuerRef: { ...issuer, group: "cert-manager.io" },
    },
  };
  await inLab(["kubectl", "apply", "-f", "-"], { input: JSON.stringify(certificate) });
}

/** The chain that a Secret has received. */
async function issued(name: string, namespace: string): Promise<{ leaf: X509Certificate; chainPem: string }> {
  await inLab([
    "kubectl",
    "-n",
    namespace,
    "wait",
    "--for=condition=Ready",
    `certificate/${name}`,
    "--timeout=180s",
  ]);
  const { data } = await kubectl("-n", namespace, "get", "secret", name);
  const chainPem = Buffer.from(data["tls.crt"], "base64").toString();
  return { leaf: new X509Certificate(chainPem), chainPem };
}

/** What cert-manager says of the only request for a certificate. */
async function said(name: string, namespace: string, pattern: RegExp): Promise<void> {
  let seen = "";
  const ask = async () => {
    const request = await kubectl("-n", namespace, "get", "certificaterequest", `${name}-1`);
    seen = JSON.stringify(request.status?.conditions);
    assert.equal(request.status?.certificate, undefined);
    return pattern.test(seen);
  };
  await eventually(`${String(pattern)} of ${name}`, 180, ask).catch((error: Error) => {
    throw new Error(`${error.message}: ${seen}`);
  });
}

/** Whether a chain is trusted by the root alone, for a client or for a server. */
async function isTrusted(chainPem: string, purpose: string): Promise<boolean> {
  const { rootCaPem } = await stackOutputs();
  const script = [
    'd=$(mktemp -d); trap "rm -r $d" EXIT; printf "%s" "$ROOT" >$d/root.pem; cat >$d/chain.pem',
    'openssl verify -no-CApath -CAfile $d/root.pem -untrusted $d/chain.pem -purpose "$0" $d/chain.pem',
  ].join("\n");
  const { status } = await tryInLab(["sh", "-c", script, purpose], {
    input: chainPem,
    env: { ROOT: rootCaPem },
  });
  return status === 0;
}

/** Logs in to Vault by a role with a token of a ServiceAccount, as cert-manager does; gives Vault's token, or its answer. */
async function login(
  role: string,
  account: { namespace: string; name: string; audience: string },
): Promise<{ token?: string; refusal: string }> {
  const { namespace, name, audience } = account;
  const jwt = await inLab(["kubectl", "-n", namespace, "create", "token", name, `--audience=${audience}`]);
  const { status, stdout, stderr } = await tryInLab(
    ["vault", "write", "-format=json", "auth/kubernetes/login", `role=${role}`, "jwt=-"],
    { input: jwt.trim(), env: { VAULT_TOKEN: "" } },
  );
  return status === 0 ? { token: JSON.parse(stdout).auth.client_token, refusal: "" } : { refusal: stderr };
}

/** Has Vault sign a request by a path; gives the certificate, or its answer. */
async function sign(
  token: string,
  signPath: string,
  csr: string,
): Promise<{ pem?: string; refusal: string }> {
  const { status, stdout, stderr } = await tryInLab(["vault", "write", "-format=json", signPath, "csr=-"], {
    input: csr,
    env: { VAULT_TOKEN: token },
  });
  return status === 0 ? { pem: JSON.parse(stdout).data.certificate, refusal: "" } : { refusal: stderr };
}

describe("issuers beside the first one", function () {
  this.timeout(900_000);
  let run: StackRun;

  before(async () => {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } };
    await inLab(["kubectl", "apply", "-f", "-"], { input: JSON.stringify(namespace) });
    run = await StackRun.with({ issuers: [clients, team, devices] });
    await run.up();
  });

  after(async () => {
    run.forget();
    await inLab(["kubectl", "-n", "default", "delete", "certificate", "--all"]);
    const secrets = ["robot", "device", "device-again"];
    await inLab(["kubectl", "-n", "default", "delete", "secret", ...secrets, "--ignore-not-found"]);
    await inLab(["kubectl", "delete", "namespace", "team"]);
    // Whatever failed above: the tests after these begin with the lab as it was.
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
  });

  it("leave nothing to do for the next run", async () => {
    await run.pulumi("preview", "--refresh", "--expect-no-changes", "--non-interactive");
  });

  it("are in the status with their issuing CAs", async () => {
    const { stdout } = await tryInLab([...run.environment(), "npm", "run", "-s", "status", "--", "--json"]);
    const report = JSON.parse(stdout);
    assert.deepEqual(report.next, []);
    assert.deepEqual(
      report.chain
        .filter(({ role }: any) => role === "issuingCa")
        .map(({ mount, subject }: any) => [mount, subject]),
      [
        [undefined, "homelab.local Vault Intermediate"],
        ["pki_devices", "homelab.local Vault Intermediate pki_devices"],
      ],
    );
    const ready = report.issuers
      .filter((issuer: any) => issuer.ready)
      .map(({ kind, namespace, name }: any) => [kind, namespace, name].join(" "));
    const own = ["ClusterIssuer  vault-issuer", "ClusterIssuer  clients", "ClusterIssuer  devices"];
    for (const issuer of [...own, "Issuer team team"]) {
      assert.ok(ready.includes(issuer), `${issuer} among ${ready.join(", ")}`);
    }
  });

  it("give certificates for clients only, with ECDSA keys, that the root alone makes trusted", async () => {
    await ask("robot", {
      namespace: "default",
      dnsName: "robot.clients.homelab.local",
      privateKey: ecdsa,
      issuer: byClients,
    });
    const { leaf, chainPem } = await issued("robot", "default");
    assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.2"], "client authentication, and nothing else");
    assert.equal(leaf.publicKey.asymmetricKeyType, "ec");
    assert.equal(leaf.subjectAltName, "DNS:robot.clients.homelab.local");
    assert.ok(leaf.validToDate.getTime() - Date.now() < 2 * 3600_000, "within the issuer's maxTtl");
    assert.equal(await isTrusted(chainPem, "sslclient"), true);
    assert.equal(await isTrusted(chainPem, "sslserver"), false);
  });

  it("give a namespace certificates of a domain of its own, with any key", async () => {
    await ask("app", {
      namespace: "team",
      dnsName: "app.team.example.org",
      privateKey: rsa,
      issuer: byTeam,
    });
    const { leaf, chainPem } = await issued("app", "team");
    assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.1"], "server authentication, and nothing else");
    assert.equal(leaf.publicKey.asymmetricKeyType, "rsa");
    assert.equal(leaf.checkHost("app.team.example.org"), "app.team.example.org");
    assert.equal(await isTrusted(chainPem, "sslserver"), true);
    assert.equal(await isTrusted(chainPem, "sslclient"), false);
  });

  describe("with an issuing CA of its own", () => {
    let folder: string;
    let leaf: X509Certificate;
    let issuing: X509Certificate;
    let chainPem: string;
    const ofDevices = { namespace: "default", privateKey: ecdsa, issuer: byDevices };

    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), "issuers-"));
      await ask("device", { ...ofDevices, dnsName: "a.devices.homelab.local" });
      ({ leaf, chainPem } = await issued("device", "default"));
      issuing = new X509Certificate(certificateBlocks(chainPem)[1]!);
    });

    after(() => rmSync(folder, { recursive: true, force: true }));

    it("give certificates below it, whose chain the root alone makes trusted", async () => {
      assert.equal(leaf.checkHost("a.devices.homelab.local"), "a.devices.homelab.local");
      assert.equal(issuing.subject, "CN=homelab.local Vault Intermediate pki_devices");
      assert.ok(leaf.checkIssued(issuing) && leaf.verify(issuing.publicKey));
      const first = new X509Certificate((await vaultRead("read", "pki_int/issuer/default")).data.certificate);
      assert.equal(issuing.issuer, first.issuer, "signed by the same parent");
      assert.equal(leaf.verify(first.publicKey), false);
      assert.equal(await isTrusted(chainPem, "sslserver"), true);
      assert.equal(await isTrusted(leaf.toString(), "sslserver"), false, "not without the CAs between");
    });

    it("tell where its certificate and its CRL are, and they are there", async () => {
      const file = (name: string) => path.join(folder, name);
      writeFileSync(file("leaf.pem"), leaf.toString());
      writeFileSync(file("issuing.pem"), issuing.toString());
      const urls = await urlsIn(file("leaf.pem"));
      for (const url of Object.values(urls).flat()) {
        assert.ok(url.startsWith("http://pki.homelab.local/v1/pki_devices/"), url);
      }
      await fetchTo(file("fetched.der"), urls.certificate[0]!);
      const fetched = new X509Certificate(readFileSync(file("fetched.der")));
      assert.equal(fetched.fingerprint256, issuing.fingerprint256);
      await fetchTo(file("fetched.crl"), urls.crl[0]!);
      assert.ok((await checkedCrl(file("fetched.crl"), file("issuing.pem"))).hoursLeft > 0);
    });

    it("are found without it by the next run, and have another one", async () => {
      await vaultDo(["delete", "pki_devices/root"]);
      const report = await run.up("--refresh");
      assert.match(report, /the issuer home-lab-dot-local-int of Vault's mount pki_devices is gone/);
      await run.pulumi("preview", "--refresh", "--expect-no-changes", "--non-interactive");
      await ask("device-again", { ...ofDevices, dnsName: "b.devices.homelab.local" });
      const again = await issued("device-again", "default");
      assert.equal(await isTrusted(again.chainPem, "sslserver"), true);
      assert.equal(again.leaf.verify(issuing.publicKey), false, "by another key");
    });
  });

  it("refuse each other's names, the first issuer's names and other keys, with Vault's reason", async () => {
    const foreign = { namespace: "default", privateKey: ecdsa, issuer: byClients };
    await ask("of-team", { ...foreign, dnsName: "app.team.example.org" });
    await ask("of-first", { ...foreign, dnsName: "podinfo.wsp.local" });
    await ask("with-rsa", { ...foreign, dnsName: "robot.clients.homelab.local", privateKey: rsa });
    await ask("of-clients", {
      namespace: "team",
      privateKey: ecdsa,
      issuer: byTeam,
      dnsName: "robot.clients.homelab.local",
    });
    await said("of-team", "default", /app\.team\.example\.org not allowed by this role/);
    await said("of-first", "default", /podinfo\.wsp\.local not allowed by this role/);
    await said("with-rsa", "default", /role requires keys of type ec/);
    await said("of-clients", "team", /robot\.clients\.homelab\.local not allowed by this role/);
  });

  it("serve their own namespace only, if they are of one", async () => {
    const elsewhere = { namespace: "default", privateKey: ecdsa, issuer: byTeam };
    await ask("elsewhere", { ...elsewhere, dnsName: "app.team.example.org" });
    await said("elsewhere", "default", /issuer\.cert-manager\.io \\?"team\\?" not found/);
  });

  describe("log in to Vault", () => {
    const accounts = {
      first: {
        namespace: "cert-manager",
        name: "issuer",
        audience: "vault://vault-issuer",
        login: "issuer",
        signPath: "pki_int/sign/home-lab-dot-local",
        host: "a.homelab.local",
      },
      clients: {
        namespace: "cert-manager",
        name: "issuer-clients",
        audience: "vault://clients",
        login: "issuer-clients",
        signPath: "pki_int/sign/clients",
        host: "a.clients.homelab.local",
      },
      team: {
        namespace: "team",
        name: "issuer-team",
        audience: "vault://team/team",
        login: "issuer-team",
        signPath: "pki_int/sign/team",
        host: "a.team.example.org",
      },
      devices: {
        namespace: "cert-manager",
        name: "issuer-devices",
        audience: "vault://devices",
        login: "issuer-devices",
        signPath: "pki_devices/sign/home-lab-dot-local",
        host: "a.devices.homelab.local",
      },
    };
    const names = Object.keys(accounts) as (keyof typeof accounts)[];
    let csrs: Record<string, string>;

    before(async () => {
      const request =
        'openssl req -new -newkey EC -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj "/CN=$0"';
      const made = names.map(async (name) => [name, await inLab(["sh", "-c", request, accounts[name].host])]);
      csrs = Object.fromEntries(await Promise.all(made));
    });

    for (const name of names) {
      it(`by their own role only, and sign by their own path only: ${name}`, async () => {
        const own = accounts[name];
        const { token, refusal } = await login(own.login, own);
        assert.ok(token, refusal);
        const { pem, refusal: notSigned } = await sign(token, own.signPath, csrs[name]!);
        assert.ok(pem, notSigned);
        assert.equal(new X509Certificate(pem).subject, `CN=${own.host}`);
        for (const other of names.filter((one) => one !== name)) {
          const { login: role, audience } = accounts[other];
          for (const account of [own, { ...own, audience }]) {
            const tried = await login(role, account);
            assert.equal(tried.token, undefined, `${name} does not log in by ${role}`);
            assert.match(tried.refusal, /Code: 403/);
          }
          const { signPath } = accounts[other];
          const signed = await sign(token, signPath, csrs[other]!);
          assert.equal(signed.pem, undefined, `${name} does not sign by ${signPath}`);
          assert.match(signed.refusal, /Code: 403/);
        }
      });
    }
  });

  // In a block of its own, because Mocha runs those after the tests beside them.
  describe("that are taken out of the settings", () => {
    it("go with everything that they had, in Vault and in the cluster", async () => {
      const none = await StackRun.with({ issuers: [] });
      try {
        await none.up();
        await none.pulumi("preview", "--refresh", "--expect-no-changes", "--non-interactive");
      } finally {
        none.forget();
      }
      assert.deepEqual(await vaultRead("list", "pki_int/roles"), ["home-lab-dot-local"]);
      const mounts = Object.keys(await vaultRead("secrets", "list"));
      assert.ok(mounts.includes("pki_int/") && !mounts.includes("pki_devices/"), mounts.join(" "));
      const policies: string[] = await vaultRead("list", "sys/policies/acl");
      const logins: string[] = await vaultRead("list", "auth/kubernetes/role");
      assert.deepEqual(
        [...policies, ...logins].filter((name) => name.startsWith("issuer-")),
        [],
      );
      const kinds = "clusterissuers,issuers,certificates,secrets,serviceaccounts,roles,rolebindings";
      const { items } = await kubectl("get", kinds, "--all-namespaces");
      const left = items
        .map(({ kind, metadata }: any) => `${kind} ${metadata.name}`)
        .filter((title: string) =>
          / (issuer-)?(clients|team|devices)(-canary|-ca-bundle|-token|$)/.test(title),
        );
      assert.deepEqual(left, []);
    });
  });
});
