import assert from "node:assert/strict";
import { signPolicy } from "../../components/internal/hcl";
import { generateRootToken } from "../support/break-glass";
import {
  forgetStackOutputs,
  inLab,
  kubectl,
  stackOutputs,
  tryInLab,
  type CommandResult,
} from "../support/lab";
import { StackRun } from "../support/stack";

/** Runs the vault command with a token; what it reads from its standard input is for secrets. */
async function vaultAs(token: string, args: string[], input?: string): Promise<CommandResult> {
  return tryInLab(["vault", ...args], { env: { VAULT_TOKEN: token }, input });
}

async function assertRefused(token: string, ...args: string[]): Promise<void> {
  const { status, stderr } = await vaultAs(token, args);
  assert.notEqual(status, 0, `vault ${args.join(" ")} is refused`);
  assert.match(stderr, /Code: 403/, `vault ${args.join(" ")}`);
}

async function lookup(token: string): Promise<any> {
  const { status, stdout } = await vaultAs(token, ["token", "lookup", "-format=json"]);
  assert.equal(status, 0, "Vault knows the token");
  return JSON.parse(stdout).data;
}

describe("with vaultRootToken revoke", function () {
  this.timeout(300_000);
  let rootToken: string;
  let unsealKey: string;
  let run: StackRun;
  let own: string;

  before(async () => {
    ({
      rootToken,
      unsealKeys: [unsealKey],
    } = await stackOutputs());
    const brief = await StackRun.with({
      vaultRootToken: "revoke",
      issuers: [
        { name: "brief", domains: ["brief.homelab.local"] },
        { name: "apart", domains: ["apart.homelab.local"], mount: "pki_apart" },
      ],
    });
    await brief.up();
    brief.forget();
    forgetStackOutputs();
    own = (await stackOutputs()).vaultToken;
    run = await StackRun.with({ vaultRootToken: "revoke" });
  });

  after(() => run.forget());

  it("the root token is refused by Vault, and is no output any more", async () => {
    await assertRefused(rootToken, "token", "lookup");
    assert.equal((await stackOutputs()).rootToken, undefined);
  });

  it("Pulumi has an orphan token of its own, for 32 days, with one policy", async () => {
    const { orphan, policies, creation_ttl, renewable } = await lookup(own);
    assert.deepEqual(
      { orphan, policies, creation_ttl, renewable },
      { orphan: true, policies: ["cert-manager-vault"], creation_ttl: 32 * 86400, renewable: true },
    );
  });

  it("that token cannot widen itself, nor reach what is not the program's", async () => {
    const wide = 'policy=path "*" { capabilities = ["sudo"] }';
    await assertRefused(own, "write", "sys/policies/acl/cert-manager-vault", wide);
    await assertRefused(own, "write", "sys/policies/acl/pki_int", wide);
    await assertRefused(own, "write", "sys/policies/acl/other", wide);
    await assertRefused(own, "write", "auth/token/create", "policies=default");
    await assertRefused(own, "write", "auth/token/roles/cert-manager-vault", "allowed_policies=root");
    const login = ["bound_service_account_names=x", "bound_service_account_namespaces=y"];
    await assertRefused(own, "write", "auth/kubernetes/role/issuer", ...login, "token_policies=other");
    await assertRefused(own, "write", "auth/kubernetes/role/issuer", ...login, "policies=other");
    await assertRefused(own, "secrets", "enable", "kv");
    await assertRefused(own, "auth", "enable", "userpass");
    await assertRefused(own, "write", "pki_int/issue/home-lab-dot-local", "common_name=a.homelab.local");
    await assertRefused(own, "operator", "seal");
  });

  it("that token can put back what it made", async () => {
    const text = signPolicy("pki_int/sign/home-lab-dot-local");
    assert.equal((await vaultAs(own, ["policy", "write", "pki_int", "-"], text)).status, 0);
  });

  it("issuers are removed with that token, all of them, with the issuing CA that one has of its own", async () => {
    const mounts = async () => {
      const { status, stdout } = await vaultAs(own, ["read", "-format=json", "sys/mounts"]);
      assert.equal(status, 0);
      return Object.keys(JSON.parse(stdout).data);
    };
    for (const role of ["pki_int/roles/brief", "pki_apart/roles/apart"]) {
      assert.equal((await vaultAs(own, ["read", role])).status, 0, `${role} is there`);
    }
    assert.ok((await mounts()).includes("pki_apart/"));
    await run.up();
    for (const path of [
      "pki_int/roles/brief",
      ...["brief", "apart"].flatMap((name) => [
        `sys/policies/acl/issuer-${name}`,
        `auth/kubernetes/role/issuer-${name}`,
      ]),
    ]) {
      assert.match((await vaultAs(own, ["read", path])).stderr, /No value found/, path);
    }
    assert.ok(!(await mounts()).includes("pki_apart/"));
    const gone = ["clusterissuer/brief", "clusterissuer/apart"];
    await inLab(["kubectl", "wait", "--for=delete", ...gone, "--timeout=30s"]);
    assert.equal((await lookup(own)).orphan, true, "the token is the same");
  });

  it("one more issuer takes a root token, which the run says before it has made anything of it", async () => {
    const more = await StackRun.with({
      vaultRootToken: "revoke",
      issuers: [{ name: "more", domains: ["more.homelab.local"] }],
    });
    const { status, stdout, stderr } = await more.attempt(
      "up",
      "--yes",
      "--skip-preview",
      "--non-interactive",
    );
    more.forget();
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /one more issuer, which takes the root token.*vaultExistingRootToken/s);
    assert.equal((await tryInLab(["kubectl", "get", "clusterissuer", "more"])).status, 1);
    // Pulumi notes what components are given also in a run that fails.
    await run.up();
  });

  it("a second run changes nothing, and renews the token", async () => {
    const before = await lookup(own);
    await run.up("--expect-no-changes");
    await run.pulumi("preview", "--refresh", "--expect-no-changes", "--non-interactive");
    const after = await lookup(own);
    assert.ok(Date.parse(after.expire_time) > Date.parse(before.expire_time));
  });

  it("a changed rotateToken makes another token and revokes the one before, another issuing CA is made with it, and nothing is refused", async () => {
    const read = ["read", "-field=certificate", "pki_int/issuer/default"];
    const before = (await vaultAs(own, read)).stdout;
    const settings = { vaultRootToken: "revoke", rotateToken: 1, issuingCaGeneration: 2 };
    const rotated = await StackRun.with(settings);
    try {
      await rotated.up("--refresh");
      forgetStackOutputs();
      const { vaultToken } = await stackOutputs();
      assert.notEqual(vaultToken, own);
      await assertRefused(own, "token", "lookup");
      assert.equal((await lookup(vaultToken)).orphan, true);
      own = vaultToken;
      assert.notEqual((await vaultAs(own, read)).stdout, before);
      await rotated.up("--expect-no-changes");
    } finally {
      rotated.forget();
    }
  });

  it("certificates are issued all the same", async () => {
    const names = ["-n", "cert-manager", "secret", "vault-issuer-canary"];
    const uid = (await kubectl("get", ...names)).metadata.uid;
    await inLab(["kubectl", "delete", ...names]);
    await inLab(["sh", "-c", `until kubectl get ${names.join(" ")} >/dev/null 2>&1; do sleep 1; done`]);
    assert.notEqual((await kubectl("get", ...names)).metadata.uid, uid);
  });

  it("keep is refused while there is no root token, with the way to get one", async () => {
    const kept = await StackRun.with({ vaultRootToken: "keep" });
    const { status, stdout, stderr } = await kept.attempt(
      "up",
      "--yes",
      "--skip-preview",
      "--non-interactive",
    );
    kept.forget();
    assert.notEqual(status, 0);
    assert.match(
      stdout + stderr,
      /root token is not accepted any more.*Break glass.*vaultExistingRootToken/s,
    );
    assert.equal((await lookup(own)).orphan, true, "nothing is broken by it");
  });

  it("the break-glass way ends with a root token, and keep works with it", async () => {
    const newRoot = await generateRootToken([unsealKey]);

    const kept = await StackRun.with({ vaultRootToken: "keep" });
    try {
      await kept.setSecret("vaultExistingRootToken", newRoot);
      await kept.up();
      forgetStackOutputs();
      assert.equal((await stackOutputs()).rootToken, newRoot);
      await assertRefused(own, "token", "lookup");
    } finally {
      kept.forget();
    }
    // The setting was for one run.
    const up = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"];
    await inLab(up);
    await inLab([...up, "--expect-no-changes"]);
  });
});
