import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import * as path from "node:path";
import { command, follow, TrustingMachine } from "../support/commands";
import { FreshStack } from "../support/fresh-stack";
import { inLab, kubectl, vaultDo } from "../support/lab";
import { assertClean, secretNeedles } from "../support/secrets";

describe("the first ten minutes", function () {
  this.timeout(300_000);

  describe("npm run status", () => {
    it("shows on one screen that all is well, without a colour in a file", async () => {
      const { status, stdout, stderr } = await command("status", []);
      assert.equal(status, 0, stdout + stderr);
      for (const line of [
        /✓ vault-0 +active/,
        /✓ root +█+░* +\d+ d {2}Home Lab Root CA/,
        /✓ issuing CA +█+░* +\d+ d {2}homelab\.local Vault Intermediate/,
        /✓ vault-issuer +ready/,
        /✓ (\d+) of \1 ready, next renewal in /,
        /page +https:\/\/podinfo\.wsp\.local/,
        /✓ nothing needs attention/,
      ]) {
        assert.match(stdout, line);
      }
      assert.ok(stdout.split("\n").length <= 30, "one screen");
      // eslint-disable-next-line no-control-regex
      assert.doesNotMatch(stdout, /\u001b/);
    });

    it("tells a machine the same, and nobody a secret", async () => {
      const { stdout } = await command("status", ["--json"]);
      const report = JSON.parse(stdout);
      assert.equal(report.ok, true);
      assert.deepEqual(
        report.chain.map(({ role, ok }: any) => [role, ok]),
        ["root", "parentCa", "issuingCa", "listener", "page"].map((role) => [role, true]),
      );
      assertClean(await secretNeedles(), "npm run status", stdout);
    });
  });

  describe("npm run doctor", () => {
    let machine: TrustingMachine;

    before(async () => {
      machine = await TrustingMachine.make();
    });

    after(() => machine.forget());

    it("finds every link in order on a machine that trusts the root, and tells no secret", async () => {
      const { status, stdout, stderr } = await command("doctor", [], machine.environment);
      assert.equal(status, 0, stdout + stderr);
      assert.equal(stdout.match(/^✓ /gm)?.length, 18, stdout);
      assert.match(stdout, /Every link holds\./);
      assertClean(await secretNeedles(), "npm run doctor", stdout);
    });

    it("names this machine where it does not trust the root", async () => {
      const { status, stdout } = await command("doctor", []);
      assert.equal(status, 1);
      assert.match(stdout, /Broken: this machine trusts the root/);
      assert.match(stdout, /Fix: +pulumi stack output rootCaPem > root\.pem && /);
    });

    it("names a wrong entry of the hosts file", async () => {
      const hosts = await inLab(["cat", "/etc/hosts"]);
      const write = (text: string) => inLab(["sh", "-c", "cat >/etc/hosts"], { input: text });
      await write(hosts.replace(/^\S+( podinfo\.wsp\.local.*)$/m, "192.0.2.1$1"));
      try {
        const { id, fix } = await machine.firstBroken();
        assert.equal(id, "dns");
        assert.match(fix, /192\.168\.1\.241 podinfo\.wsp\.local podinfo/);
      } finally {
        await write(hosts);
      }
    });

    // Each lies before the one before it, so that it is the first again.
    describe("names what was broken, the earliest first, and its fixes put all of it right", () => {
      const rows: { what: string; id: string; breakIt: () => Promise<unknown>; fix: RegExp }[] = [
        {
          what: "a deleted ClusterIssuer",
          id: "issuer",
          breakIt: () => inLab(["kubectl", "delete", "clusterissuer", "vault-issuer"]),
          fix: /^pulumi up --refresh$/,
        },
        {
          what: "an emptied policy",
          id: "sign",
          breakIt: () =>
            vaultDo(["policy", "write", "pki_int", "-"], 'path "none" { capabilities = ["read"] }'),
          fix: /^pulumi up --refresh$/,
        },
        {
          what: "a deleted RoleBinding",
          id: "token-right",
          breakIt: () => inLab(["kubectl", "-n", "cert-manager", "delete", "rolebinding", "issuer-token"]),
          fix: /^pulumi up --refresh$/,
        },
        {
          what: "a controller that is scaled to nothing",
          id: "cert-manager",
          breakIt: () =>
            inLab(["kubectl", "-n", "cert-manager", "scale", "deployment", "cert-manager", "--replicas=0"]),
          fix: /^kubectl -n cert-manager scale deployment cert-manager --replicas=1$/,
        },
        {
          what: "a Vault that is scaled to nothing",
          id: "vault-address",
          breakIt: async () => {
            await inLab(["kubectl", "-n", "vault", "scale", "statefulset", "vault", "--replicas=0"]);
            await inLab(["kubectl", "-n", "vault", "wait", "--for=delete", "--timeout=60s", "pod/vault-0"]);
          },
          fix: /^kubectl -n vault scale statefulset vault --replicas=1$/,
        },
      ];

      for (const { what, id, breakIt, fix } of rows) {
        it(what, async () => {
          await breakIt();
          const first = await machine.firstBroken();
          assert.equal(first.id, id);
          assert.match(first.fix, fix);
        });
      }

      it("fix by fix, until every link holds", async () => {
        const followed: string[] = [];
        for (let tries = 0; tries < 12; tries += 1) {
          const { broken, checks } = await machine.diagnosis();
          if (!broken) {
            break;
          }
          const fix = checks.find(({ id }) => id === broken)!.fix!;
          if (!followed.includes(fix)) {
            followed.push(fix);
            await follow(fix);
          }
          // Pods take their time, and the sidecar unseals by itself.
          await new Promise((resolve) => setTimeout(resolve, 3000));
        }
        assert.equal((await machine.diagnosis()).broken, undefined, followed.join("\n"));
        const { metadata } = await kubectl("get", "clusterissuer", "vault-issuer");
        assert.equal(metadata.name, "vault-issuer");
      });
    });
  });

  describe("npm run setup", () => {
    let stack: FreshStack;

    before(async () => {
      stack = await FreshStack.create();
    });

    after(() => stack.remove());

    it("names all that is missing where nobody can be asked, and writes nothing", async () => {
      const { status, stderr } = await stack.run("npm", "run", "-s", "setup");
      assert.equal(status, 1);
      for (const name of ["domains", "vaultLoadBalancerIp", "caBundle"]) {
        assert.match(stderr, new RegExp(`^ {2}- ${name}: `, "m"));
      }
      assert.throws(() => statSync(path.join(stack.project, "Pulumi.homelab.yaml")));
    });

    it("writes a stack with the CA's key encrypted in it", async () => {
      const { status, stdout, stderr } = await stack.setUp();
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, /Next:\s+pulumi up\s*$/);
      assertClean(await secretNeedles(), "npm run setup", stdout + stderr);

      const written = readFileSync(path.join(stack.project, "Pulumi.fresh.yaml"), "utf8");
      assert.match(written, /cert-manager-vault:caBundle:\n {4}secure: /);
      assert.doesNotMatch(written, /PRIVATE KEY/);
      assert.match(written, /cert-manager-vault:podinfoHost: podinfo\.fresh\.example/);
    });

    it("is told by a preview of that stack what the cluster has already, and of nothing else", async () => {
      const { status, stdout, stderr } = await stack.preview();
      assert.notEqual(status, 0);
      const told = [...new Set((stdout + stderr).match(/^ *- \w+: the \S+ \S+/gm))].map((line) =>
        line.trim(),
      );
      assert.deepEqual(told, [
        "- vaultNamespace: the ClusterRoleBinding vault-server-binding",
        "- certManagerNamespace: the CRD certificates.cert-manager.io",
      ]);
    });
  });
});
