import assert from "node:assert/strict";
import { eventually, forgetStackOutputs, inLab, stackOutputs, tryInLab } from "../support/lab";
import { StackRun } from "../support/stack";

const serverOnly = ["CertificateAuthority", "HelmReleases", "ListenerCertificate", "VaultServer"].flatMap(
  (component) => ["--target", `**${component}**`],
);

describe("a Vault that somebody else has initialised", () => {
  let run: StackRun;
  let keys: { unseal_keys_b64: string[]; root_token: string };

  beforeEach(async () => {
    run = await StackRun.with({ vaultKeyShares: 5, vaultKeyThreshold: 3 });
    await run.destroy();
    // Ends with an error of resources that hang on these and on others, which are not there.
    await run.attempt("up", "--yes", "--skip-preview", "--non-interactive", ...serverOnly);
    await eventually(
      "an answer of Vault",
      180,
      async () => (await tryInLab(["vault", "status"])).status === 2,
    );
    const shares = ["-key-shares=5", "-key-threshold=3"];
    keys = JSON.parse(await inLab(["vault", "operator", "init", ...shares, "-format=json"]));
    const { status, stdout, stderr } = await run.attempt(
      "up",
      "--yes",
      "--skip-preview",
      "--non-interactive",
    );
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /already initialised .* Two ways out/s);
  });

  afterEach(() => run.forget());

  it("is taken over with its keys and its root token", async () => {
    for (const [index, key] of keys.unseal_keys_b64.slice(1, 4).entries()) {
      await run.setSecret(`vaultExistingUnsealKeys[${index}]`, key);
    }
    await run.setSecret("vaultExistingRootToken", keys.root_token);
    await run.up();
    forgetStackOutputs();
    assert.equal((await stackOutputs()).rootToken, keys.root_token);
    await inLab(["kubectl", "-n", "vault", "delete", "pod", "vault-0", "--wait"]);
    await eventually(
      "an unsealed Vault",
      180,
      async () => (await tryInLab(["vault", "status"])).status === 0,
    );
    await run.up("--expect-no-changes");
  });

  it("is begun anew when its storage is reset by the commands that the error names", async () => {
    const ofVault = ["-l", "app.kubernetes.io/name=vault"];
    await inLab(["kubectl", "-n", "vault", "delete", "pvc", ...ofVault, "--wait=false"]);
    await inLab(["kubectl", "-n", "vault", "delete", "pods", ...ofVault]);
    await run.up();
    forgetStackOutputs();
    assert.notEqual((await stackOutputs()).rootToken, keys.root_token);
  });
});

after("the lab as it was", async function () {
  const run = await StackRun.with({});
  await run.destroy();
  await run.up();
  run.forget();
});
