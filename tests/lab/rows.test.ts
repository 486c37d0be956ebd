import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { inLab, kubectl, servedChain, stackOutputs, tryInLab, vaultRead } from "../support/lab";
import { verifyWithOnlyTheRoot } from "../support/verify-chain";

const vaultAddress = "192.168.1.242:8200";
const ingressAddress = "192.168.1.241";
const pkiHost = "pki.homelab.local";
const roleName = "home-lab-dot-local";

function hours(value: number): number {
  return value * 3600;
}

function commonName(pem: string): string {
  return /CN=([^\n]*)/.exec(new X509Certificate(pem).subject)?.[1] ?? "";
}

describe("the home lab", () => {
  let outputs: any;

  before(async () => {
    outputs = await stackOutputs();
  });

  describe("Vault", () => {
    it("is installed by Helm and serves its API on the LoadBalancer address", async () => {
      const releases = JSON.parse(await inLab(["helm", "list", "-n", "vault", "-o", "json"]));
      assert.deepEqual(
        releases.map((release: any) => [release.name, release.status, release.chart]),
        [["vault", "deployed", "vault-0.34.1"]],
      );
      const service = await kubectl("-n", "vault", "get", "service", "vault-ui");
      assert.equal(service.spec.type, "LoadBalancer");
      assert.equal(service.status.loadBalancer.ingress[0].ip, "192.168.1.242");
      assert.equal(service.spec.ports[0].port, 8200);
      assert.equal(outputs.vaultAddress, `https://${vaultAddress}`);
    });

    it("shows a listener certificate of the owner's CA, for all the names it is called by", async () => {
      const chain = await servedChain(vaultAddress, "vault.vault");
      await verifyWithOnlyTheRoot(chain[0]!, chain.slice(1), outputs.rootCaPem);
      const leaf = new X509Certificate(chain[0]!);
      for (const name of ["vault", "vault.vault", "vault.vault.svc", "vault.vault.svc.cluster.local"]) {
        assert.ok(leaf.checkHost(name), `${leaf.subjectAltName} covers ${name}`);
      }
      for (const address of ["127.0.0.1", "192.168.1.242"]) {
        assert.ok(leaf.checkIP(address), `${leaf.subjectAltName} covers ${address}`);
      }
    });

    it("keeps data and audit log on volumes of the wanted storage class", async () => {
      const claims = await kubectl("-n", "vault", "get", "pvc");
      assert.deepEqual(
        claims.items
          .map((claim: any) => [claim.metadata.name, claim.spec.storageClassName, claim.status.phase])
          .sort(),
        [
          ["audit-vault-0", "longhorn", "Bound"],
          ["data-vault-0", "longhorn", "Bound"],
        ],
      );
    });

    it("can be asked from inside its own pod without flags", async () => {
      const status = await inLab([
        "kubectl",
        "-n",
        "vault",
        "exec",
        "vault-0",
        "-c",
        "vault",
        "--",
        "vault",
        "status",
      ]);
      assert.match(status, /Sealed\s+false/);
      assert.match(status, /Storage Type\s+file/);
    });

    it("is initialised with one share and unsealed, and the keys are secret outputs", async () => {
      const status = await vaultRead("status");
      assert.deepEqual([status.sealed, status.n, status.t], [false, 1, 1]);
      assert.equal(outputs.unsealKeys.length, 1);
      const hidden = JSON.parse(await inLab(["pulumi", "stack", "output", "--json"]));
      assert.equal(hidden.rootToken, "[secret]");
      assert.equal(hidden.unsealKeys, "[secret]");
    });

    it("keeps its listener's certificate and key in Secrets that the program made", async () => {
      const secrets = await kubectl("-n", "vault", "get", "secret", "tls-ca", "vault-ui-tls");
      const [ca, listener] = secrets.items;
      assert.deepEqual(Object.keys(ca.data), ["tls.crt"]);
      assert.deepEqual(Object.keys(listener.data).sort(), ["tls.crt", "tls.key"]);
    });
  });

  describe("the mount of the imported CA", () => {
    it("holds the owner's intermediate with its key, and the root", async () => {
      const issuers = await vaultRead("list", "pki/issuers");
      const details = await Promise.all(issuers.map((id: string) => vaultRead("read", `pki/issuer/${id}`)));
      const keyed = details
        .filter((issuer) => issuer.data.key_id)
        .map((issuer) => commonName(issuer.data.certificate));
      const keyless = details
        .filter((issuer) => !issuer.data.key_id)
        .map((issuer) => issuer.data.certificate.trim());
      assert.equal(keyed.length, 1);
      assert.deepEqual(keyless, [outputs.rootCaPem.trim()]);
    });

    it("has the maximum lease, role, policy and URLs", async () => {
      const mount = (await vaultRead("read", "sys/mounts/pki/tune")).data;
      assert.equal(mount.max_lease_ttl, hours(43800));
      const role = (await vaultRead("read", `pki/roles/${roleName}`)).data;
      assert.equal(role.max_ttl, hours(336));
      assert.ok(role.allowed_domains.includes("homelab.local") && role.allow_subdomains);
      const policy = (await vaultRead("read", "sys/policies/acl/pki")).data.policy;
      assert.ok(policy.includes(`"pki/sign/${roleName}"`) && !policy.includes("*"));
      const urls = (await vaultRead("read", "pki/config/urls")).data;
      assert.deepEqual(urls.issuing_certificates, [`http://${pkiHost}/v1/pki/issuer/{{issuer_id}}/der`]);
      assert.deepEqual(urls.crl_distribution_points, [
        `http://${pkiHost}/v1/pki/issuer/{{issuer_id}}/crl/der`,
      ]);
    });
  });

  describe("the mount of the issuing CA", () => {
    it("holds the WHOLE chain: Vault's intermediate, the owner's intermediate and the root", async () => {
      const issuer = (await vaultRead("read", "pki_int/issuer/default")).data;
      assert.equal(issuer.issuer_name, "home-lab-dot-local-int");
      assert.equal(issuer.ca_chain.length, 3);
      assert.equal(commonName(issuer.ca_chain[0]), "homelab.local Vault Intermediate");
      assert.equal(issuer.ca_chain[2].trim(), outputs.rootCaPem.trim());
      await verifyWithOnlyTheRoot(issuer.ca_chain[0], [issuer.ca_chain[1]], outputs.rootCaPem);
    });

    it("lives for the time that was asked for", async () => {
      const issuer = (await vaultRead("read", "pki_int/issuer/default")).data;
      const certificate = new X509Certificate(issuer.certificate);
      const life = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 3600_000;
      assert.ok(life > 8759 && life < 8761, `${life} h`);
      assert.equal((await vaultRead("read", "sys/mounts/pki_int/tune")).data.max_lease_ttl, hours(8760));
    });

    it("has the role, policy and URLs, and the policy names the sign path exactly", async () => {
      const role = (await vaultRead("read", `pki_int/roles/${roleName}`)).data;
      assert.equal(role.max_ttl, hours(24));
      assert.equal(role.require_cn, false);
      const policy = (await vaultRead("read", "sys/policies/acl/pki_int")).data.policy;
      assert.ok(policy.includes(`"pki_int/sign/${roleName}"`) && !policy.includes("*"));
      const urls = (await vaultRead("read", "pki_int/config/urls")).data;
      assert.deepEqual(urls.issuing_certificates, [`http://${pkiHost}/v1/pki_int/issuer/{{issuer_id}}/der`]);
      assert.deepEqual(urls.crl_distribution_points, [
        `http://${pkiHost}/v1/pki_int/issuer/{{issuer_id}}/crl/der`,
      ]);
    });

    it("serves its certificate and CRL at Vault's own address as well", async () => {
      const script = 'curl -fsS --cacert "$VAULT_CACERT" "$0" | openssl crl -inform DER -noout -issuer';
      const url = `https://${vaultAddress}/v1/pki_int/crl`;
      assert.match(await inLab(["sh", "-c", script, url]), /Vault Intermediate/);
    });
  });

  describe("cert-manager", () => {
    it("may log in to Vault as one ServiceAccount only, for ten minutes, for one audience", async () => {
      const config = (await vaultRead("read", "auth/kubernetes/config")).data;
      assert.equal(config.kubernetes_host, "https://kubernetes.default.svc");
      const role = (await vaultRead("read", "auth/kubernetes/role/issuer")).data;
      assert.deepEqual(role.bound_service_account_names, ["issuer"]);
      assert.deepEqual(role.bound_service_account_namespaces, ["cert-manager"]);
      assert.equal(role.audience, "vault://vault-issuer");
      assert.deepEqual(role.token_policies, ["pki_int"]);
      assert.equal(role.token_ttl, 600);
    });

    it("has no long-lived token: no ServiceAccount token Secret exists", async () => {
      const secrets = await kubectl("get", "secrets", "-A");
      const tokens = secrets.items.filter(
        (secret: any) => secret.type === "kubernetes.io/service-account-token",
      );
      assert.deepEqual(tokens, []);
    });

    it("has a ClusterIssuer that is Ready and a canary Certificate that was issued", async () => {
      const issuer = await kubectl("get", "clusterissuer", "vault-issuer");
      const ready = issuer.status.conditions.find((condition: any) => condition.type === "Ready");
      assert.equal(ready.status, "True");
      assert.equal(issuer.spec.vault.server, "https://vault.vault:8200");
      assert.equal(issuer.spec.vault.path, `pki_int/sign/${roleName}`);
      await inLab(["kubectl", "-n", "cert-manager", "wait", "--for=condition=Ready", "certificate", "--all"]);
    });

    it("does not get a certificate for a host outside the role, and says which", async () => {
      const request = {
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: { name: "outside", namespace: "default" },
        spec: {
          secretName: "outside",
          dnsNames: ["www.example.org"],
          issuerRef: { name: "vault-issuer", kind: "ClusterIssuer" },
        },
      };
      await inLab(["kubectl", "apply", "-f", "-"], { input: JSON.stringify(request) });
      try {
        await inLab([
          "kubectl",
          "wait",
          "--for=condition=Issuing=False",
          "--timeout=60s",
          "certificate/outside",
        ]);
        const requests = await kubectl("get", "certificaterequests");
        const messages = requests.items.flatMap((item: any) =>
          item.status.conditions.map((c: any) => c.message),
        );
        assert.ok(
          messages.some((message: string) => /www\.example\.org not allowed by this role/.test(message)),
        );
      } finally {
        await inLab(["kubectl", "delete", "certificate", "outside"]);
      }
    });
  });

  describe("the page", () => {
    it("is fetched by a client that trusts only the root", async () => {
      const script =
        'printf "%s" "$ROOT" | curl -fsS --cacert /dev/stdin --capath /dev/null https://podinfo.wsp.local';
      const page = JSON.parse(await inLab(["sh", "-c", script], { env: { ROOT: outputs.rootCaPem } }));
      assert.match(page.message, /podinfo/);
      assert.equal(outputs.url, "https://podinfo.wsp.local");
    });

    it("is refused by a client that does not trust the root", async () => {
      const result = await tryInLab(["curl", "-sS", "https://podinfo.wsp.local"]);
      assert.equal(result.status, 60, result.stderr);
    });

    it("serves leaf, Vault's intermediate and the owner's intermediate, for both hosts", async () => {
      const chain = await servedChain(`${ingressAddress}:443`, "podinfo.wsp.local");
      assert.equal(chain.length, 3);
      await verifyWithOnlyTheRoot(chain[0]!, chain.slice(1), outputs.rootCaPem);
      const leaf = new X509Certificate(chain[0]!);
      assert.equal(commonName(chain[0]!), "podinfo.wsp.local");
      assert.ok(leaf.checkHost("podinfo.wsp.local") && leaf.checkHost("podinfo"));
      assert.equal(commonName(chain[1]!), "homelab.local Vault Intermediate");
    });

    it("is described by the outputs: issuer, certificate and DNS lines", async () => {
      assert.equal(outputs.issuer, "vault-issuer");
      assert.equal(outputs.certificate.chainSubjects.length, 4);
      assert.equal(outputs.certificate.chainSubjects[0], "CN=podinfo.wsp.local");
      assert.ok(Date.parse(outputs.certificate.notAfter) > Date.now());
      assert.deepEqual(outputs.dnsEntries.dnsmasq.split("\n").sort(), [
        "address=/pki.homelab.local/192.168.1.241",
        "address=/podinfo.wsp.local/192.168.1.241",
        "address=/podinfo/192.168.1.241",
      ]);
      assert.match(
        outputs.dnsEntries.hosts,
        /^192\.168\.1\.241 (?=.*\bpodinfo\.wsp\.local\b)(?=.*\bpodinfo\b)/,
      );
    });

    it("keeps its certificate in the Secret that the Ingress names", async () => {
      const secret = await kubectl("-n", "podinfo", "get", "secret", "podinfo-wsp-cert");
      assert.equal(secret.type, "kubernetes.io/tls");
      const ca = Buffer.from(secret.data["ca.crt"], "base64").toString();
      assert.equal(ca.trim(), outputs.rootCaPem.trim(), "ca.crt is the root, not an intermediate");
    });
  });
});
