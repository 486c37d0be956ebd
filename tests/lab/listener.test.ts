import assert from "node:assert/strict";
import { eventually, inLab, kubectl, servedChain, stackOutputs } from "../support/lab";
import { canary, isReady, renew, servedSerial } from "../support/renewal";
import { StackRun } from "../support/stack";

const address = "192.168.1.242:8200";
const serverName = "vault.vault";

/** What a restart of Vault, or of a container of its pod, would change. */
async function vaultPod(): Promise<unknown> {
  const { metadata, status } = await kubectl("-n", "vault", "get", "pod", "vault-0");
  const restarts = status.containerStatuses.map(({ name, restartCount }: any) => [name, restartCount]);
  return { uid: metadata.uid, restarts };
}

async function secret(namespace: string, name: string): Promise<any> {
  return kubectl("-n", namespace, "get", "secret", name);
}

describe("the certificate of Vault's listener", function () {
  this.timeout(600_000);

  let run: StackRun;
  let earlier: { serial: string; pod: unknown; secretUid: string };

  before(async () => {
    earlier = {
      serial: await servedSerial(address, serverName),
      pod: await vaultPod(),
      secretUid: (await secret("vault", "vault-ui-tls")).metadata.uid,
    };
    // As many hours as it lives: its time to be renewed has come.
    run = await StackRun.with({ vaultListenerRenewalHours: 8760 });
    await run.up();
  });

  after(() => run.forget());

  it("is renewed before its end by a run, and served without a restart of Vault", async () => {
    await eventually("the new certificate on Vault's address", 150, async () => {
      return (await servedSerial(address, serverName)) !== earlier.serial;
    });
    assert.deepEqual(await vaultPod(), earlier.pod);
  });

  it("changes in its Secret, which is never gone while pods mount it", async () => {
    const { metadata, data } = await secret("vault", "vault-ui-tls");
    assert.equal(metadata.uid, earlier.secretUid);
    const [leaf] = await servedChain(address, serverName);
    assert.ok(Buffer.from(data["tls.crt"], "base64").toString().startsWith(leaf!.trim()));
  });

  it("is trusted by the CA that the ClusterIssuer is given, and certificates are issued through it", async () => {
    const issuer = await kubectl("get", "clusterissuer", "vault-issuer");
    const { name, key } = issuer.spec.vault.caBundleSecretRef;
    const bundle = Buffer.from((await secret("cert-manager", name)).data[key], "base64").toString();
    const { rootCaPem } = await stackOutputs();
    assert.ok(bundle.includes(rootCaPem.trim()));
    const script =
      'printf "%s" "$BUNDLE" | curl -fsS --cacert /dev/stdin --capath /dev/null "$0/v1/sys/health"';
    await inLab(["sh", "-c", script, `https://${address}`], { env: { BUNDLE: bundle } });
    await renew(canary);
    assert.ok(isReady((await kubectl("get", "clusterissuer", "vault-issuer")).status));
  });

  it("stays when its time has not come: the lab's own settings again change it no more", async () => {
    const serial = await servedSerial(address, serverName);
    const up = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"];
    await inLab(up);
    await inLab([...up, "--expect-no-changes"]);
    const { data } = await secret("vault", "vault-ui-tls");
    const [leaf] = await servedChain(address, serverName);
    assert.ok(Buffer.from(data["tls.crt"], "base64").toString().startsWith(leaf!.trim()));
    assert.equal(await servedSerial(address, serverName), serial);
  });
});
