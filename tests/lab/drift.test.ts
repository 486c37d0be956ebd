import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import {
  eventually,
  forgetStackOutputs,
  inLab,
  kubectl,
  stackOutputs,
  tryInLab,
  vaultDo,
  vaultRead,
} from "../support/lab";
import { issueAgain } from "../support/page";
import { unattended } from "../support/stack";

const role = "home-lab-dot-local";

async function upWithRefresh(): Promise<string> {
  return inLab(["pulumi", "up", ...unattended, "--refresh"]);
}

async function assertNothingToDo(): Promise<void> {
  await inLab(["pulumi", "preview", "--refresh", "--non-interactive", "--expect-no-changes"]);
}

async function vaultJson(command: string, ...path: string[]): Promise<any> {
  return (await vaultRead(command, ...path)).data;
}

async function issuerWithKey(mount: string): Promise<any> {
  const ids = await vaultRead("list", `${mount}/issuers`);
  const issuers = await Promise.all(ids.map((id: string) => vaultJson("read", `${mount}/issuer/${id}`)));
  return issuers.find(({ key_id, usage }) => key_id && usage.includes("issuing-certificates"));
}

const subjectOf = (pem: string) => new X509Certificate(pem).subject;

describe("what was changed or deleted behind the program's back", function () {
  this.timeout(900_000);

  describe("in Vault and the cluster, found and put right by one up --refresh", () => {
    before(async () => {
      await vaultDo(["write", `pki_int/roles/${role}`, "allow_any_name=true", "max_ttl=9000h"]);
      await vaultDo(["policy", "write", "pki_int", "-"], 'path "*" { capabilities = ["read", "update"] }');
      await vaultDo(["policy", "delete", "pki"]);
      for (const mount of ["pki", "pki_int"]) {
        const { issuer_id: right } = await issuerWithKey(mount);
        const other = (await vaultRead("list", `${mount}/issuers`)).find((id: string) => id !== right);
        await vaultDo(["write", `${mount}/config/issuers`, `default=${other}`]);
      }
      await vaultDo([
        "write",
        "pki_int/issuer/home-lab-dot-local-int",
        "usage=read-only",
        "issuer_name=home-lab-dot-local-int",
      ]);
      await vaultDo(["write", "pki_int/config/urls", "issuing_certificates=http://other.example/ca"]);
      await vaultDo(["write", "pki_int/config/urls", "delta_crl_distribution_points="]);
      await vaultDo([
        "write",
        "pki_int/config/crl",
        "disable=true",
        "enable_delta=false",
        "auto_rebuild=false",
      ]);
      await vaultDo(["write", "pki_int/config/auto-tidy", "enabled=false", "safety_buffer=1s"]);
      await vaultDo(["secrets", "tune", "-max-lease-ttl=1h", "pki_int"]);
      await vaultDo([
        "write",
        "auth/kubernetes/role/issuer",
        "bound_service_account_names=*",
        "bound_service_account_namespaces=*",
        "token_policies=default",
      ]);
      await vaultDo(["write", "auth/kubernetes/config", "kubernetes_host=https://192.0.2.1"]);

      await inLab(["kubectl", "delete", "clusterissuer", "vault-issuer"]);
      await inLab(["kubectl", "-n", "cert-manager", "delete", "rolebinding", "issuer-token"]);
      await inLab([
        "kubectl",
        "-n",
        "cert-manager",
        "patch",
        "role",
        "issuer-token",
        "--type=json",
        "-p",
        '[{"op":"replace","path":"/rules/0/resourceNames","value":["other"]}]',
      ]);
      await inLab(["kubectl", "-n", "cert-manager", "delete", "serviceaccount", "issuer"]);
      await inLab(["kubectl", "-n", "cert-manager", "delete", "certificate", "vault-issuer-canary"]);
      await inLab([
        "kubectl",
        "-n",
        "cert-manager",
        "patch",
        "secret",
        "ca-bundle",
        "-p",
        '{"data":{"ca-chain.cert.pem":"bm9uZQ=="}}',
      ]);
      await inLab(["kubectl", "-n", "vault", "delete", "secret", "vault-unseal-keys"]);
      await inLab([
        "kubectl",
        "-n",
        "podinfo",
        "annotate",
        "--overwrite",
        "ingress",
        "my-podinfo",
        "cert-manager.io/duration=3600s",
      ]);
      await upWithRefresh();
    });

    it("is a role of Vault", async () => {
      const { allow_any_name, max_ttl } = await vaultJson("read", `pki_int/roles/${role}`);
      assert.deepEqual({ allow_any_name, max_ttl }, { allow_any_name: false, max_ttl: 86_400 });
    });

    it("is a loosened policy, and one that was deleted", async () => {
      for (const mount of ["pki", "pki_int"]) {
        const { policy } = await vaultJson("read", `sys/policies/acl/${mount}`);
        assert.equal(policy, `path "${mount}/sign/${role}" {\n  capabilities = ["update"]\n}\n`);
      }
    });

    it("is the default issuer of both mounts", async () => {
      for (const mount of ["pki", "pki_int"]) {
        const { default: id } = await vaultJson("read", `${mount}/config/issuers`);
        assert.equal(id, (await issuerWithKey(mount)).issuer_id, mount);
      }
    });

    it("is what the issuer may be used for, its URLs and its mount's longest lease", async () => {
      const { usage } = await vaultJson("read", "pki_int/issuer/default");
      assert.match(usage, /issuing-certificates/);
      const urls = await vaultJson("read", "pki_int/config/urls");
      const issuer = "http://pki.homelab.local/v1/pki_int/issuer/{{issuer_id}}";
      assert.deepEqual(urls.issuing_certificates, [`${issuer}/der`]);
      assert.deepEqual(urls.delta_crl_distribution_points, [`${issuer}/crl/delta/der`]);
      assert.equal((await vaultJson("read", "sys/mounts/pki_int/tune")).max_lease_ttl, 8760 * 3600);
    });

    it("is how it tells of what is revoked, and forgets what has expired", async () => {
      const { disable, enable_delta, auto_rebuild } = await vaultJson("read", "pki_int/config/crl");
      assert.deepEqual([disable, enable_delta, auto_rebuild], [false, true, true]);
      const { enabled, safety_buffer } = await vaultJson("read", "pki_int/config/auto-tidy");
      assert.deepEqual([enabled, safety_buffer], [true, 72 * 3600]);
    });

    it("is the login of cert-manager: method and role", async () => {
      const config = await vaultJson("read", "auth/kubernetes/config");
      assert.equal(config.kubernetes_host, "https://kubernetes.default.svc");
      const login = await vaultJson("read", "auth/kubernetes/role/issuer");
      assert.deepEqual(login.bound_service_account_names, ["issuer"]);
      assert.deepEqual(login.bound_service_account_namespaces, ["cert-manager"]);
      assert.deepEqual(login.token_policies, ["pki_int"]);
    });

    it("is the ClusterIssuer, its account, its right to tokens and its canary", async () => {
      const issuer = await kubectl("get", "clusterissuer", "vault-issuer");
      assert.equal(issuer.status.conditions[0].status, "True");
      const binding = await kubectl("-n", "cert-manager", "get", "rolebinding", "issuer-token");
      assert.equal(binding.subjects[0].name, "cert-manager");
      const { rules } = await kubectl("-n", "cert-manager", "get", "role", "issuer-token");
      assert.deepEqual(rules[0].resourceNames, ["issuer"]);
      const account = await kubectl("-n", "cert-manager", "get", "serviceaccount", "issuer");
      assert.equal(account.automountServiceAccountToken, false);
      await inLab([
        "kubectl",
        "-n",
        "cert-manager",
        "wait",
        "--for=condition=Ready",
        "certificate/vault-issuer-canary",
      ]);
    });

    it("is a Secret, changed or deleted", async () => {
      const bundle = await kubectl("-n", "cert-manager", "get", "secret", "ca-bundle");
      const { rootCaPem, unsealKeys } = await stackOutputs();
      const text = Buffer.from(bundle.data["ca-chain.cert.pem"], "base64").toString();
      assert.ok(text.endsWith(rootCaPem));
      const keys = await kubectl("-n", "vault", "get", "secret", "vault-unseal-keys");
      assert.ok(Buffer.from(keys.data["key-0"], "base64").toString() === unsealKeys[0]);
    });

    it("is an annotation of the Ingress", async () => {
      const { metadata } = await kubectl("-n", "podinfo", "get", "ingress", "my-podinfo");
      assert.equal(metadata.annotations["cert-manager.io/duration"], "86400s");
    });

    it("leaves nothing to do, and certificates are issued", async () => {
      await assertNothingToDo();
      await issueAgain();
    });
  });

  describe("the CAs deleted from mounts that stay, which the provider cannot see", () => {
    let report: string;
    let certificateBefore: string;

    before(async () => {
      certificateBefore = (await vaultJson("read", "pki_int/issuer/default")).certificate;
      await vaultDo(["delete", "pki/root"]);
      await vaultDo(["delete", "pki_int/root"]);
      report = await upWithRefresh();
    });

    it("are named", () => {
      assert.match(report, /the imported CA of Vault's mount pki is not in it: it is imported/);
      assert.match(report, /the issuer home-lab-dot-local-int of Vault's mount pki_int is gone/);
    });

    it("are there again: the owner's by import, Vault's by a new key that the owner's has signed", async () => {
      const parent = await issuerWithKey("pki");
      const issuing = await vaultJson("read", "pki_int/issuer/default");
      assert.equal(issuing.issuer_name, "home-lab-dot-local-int");
      assert.notEqual(issuing.certificate, certificateBefore);
      const { rootCaPem } = await stackOutputs();
      assert.deepEqual(
        issuing.ca_chain.map(subjectOf),
        [issuing.certificate, parent.certificate, rootCaPem].map(subjectOf),
      );
    });

    it("leave nothing to do, and certificates are issued", async () => {
      await assertNothingToDo();
      await issueAgain();
    });
  });

  describe("both mounts unmounted with all that was in them, and the login disabled", () => {
    before(async () => {
      await vaultDo(["secrets", "disable", "pki"]);
      await vaultDo(["secrets", "disable", "pki_int"]);
      await vaultDo(["auth", "disable", "kubernetes"]);
      await upWithRefresh();
    });

    it("are there again with CA, role and login", async () => {
      assert.equal((await vaultJson("read", `pki_int/roles/${role}`)).max_ttl, 86_400);
      assert.equal((await vaultJson("read", "pki_int/issuer/default")).ca_chain.length, 3);
      assert.deepEqual((await vaultJson("read", "auth/kubernetes/role/issuer")).token_policies, ["pki_int"]);
    });

    it("leave nothing to do, and certificates are issued", async () => {
      await assertNothingToDo();
      await issueAgain();
    });
  });

  describe("Vault's data volume wiped", () => {
    let rootBefore: string;
    let refusal: string;

    before(async () => {
      ({ rootCaPem: rootBefore } = await stackOutputs());
      const { uid } = (await kubectl("-n", "vault", "get", "pvc", "data-vault-0")).metadata;
      await inLab(["kubectl", "-n", "vault", "delete", "pvc", "data-vault-0", "--wait=false"]);
      await inLab(["kubectl", "-n", "vault", "delete", "pod", "vault-0"]);
      await eventually("a new data volume", 120, async () => {
        const claim = await kubectl("-n", "vault", "get", "pvc", "data-vault-0");
        return claim.metadata.uid !== uid && claim.status.phase === "Bound";
      });
      const result = await tryInLab(["pulumi", "up", ...unattended]);
      assert.notEqual(result.status, 0);
      refusal = result.stdout + result.stderr;
    });

    it("is told plainly: what was lost, and the command that builds it again", () => {
      assert.match(refusal, /is not initialised although the stack holds its keys/);
      assert.match(refusal, /Lost with it are the issuing CA's key/);
      assert.match(refusal, /pulumi up --replace '\*\*::vault-init-keys'/);
    });

    it("is built again by that command, under the same root", async () => {
      await inLab(["pulumi", "up", ...unattended, "--replace", "**::vault-init-keys"]);
      forgetStackOutputs();
      assert.equal((await stackOutputs()).rootCaPem, rootBefore);
      assert.equal((await vaultRead("status")).sealed, false);
    });

    it("leaves nothing to do, and certificates are issued", async () => {
      await assertNothingToDo();
      await issueAgain();
    });
  });
});
