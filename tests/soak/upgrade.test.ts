import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { EarlierProgram, earlierRevision } from "../support/earlier-program";
import { forgetStackOutputs, inLab, kubectl, stackOutputs } from "../support/lab";
import { assertTrustedPage, vaultAnswer } from "../support/origin-stack";
import { StackRun, unattended } from "../support/stack";

/** One thing that an `up` does, of what the engine tells of it. */
interface UpStep {
  op: string;
  urn: string;
}

const components =
  "GeneratedCa|ListenerCa|ListenerCertificate|VaultServer|VaultInit|VaultToken|ImportedCa|IntermediateCa" +
  "|KubernetesAuth|CertManager|VaultClusterIssuer";

/** Vault and all that is in it, the CAs, and the issuer with what it needs; URNs by provider and by component. */
const kept = new RegExp(`[:$](vault:|pulumi:providers:vault::)|:index:(${components})\\$`);

/** Runs the program, and gives the steps of the run: one event a line, secrets blinded. */
async function stepsOfUp(run: StackRun): Promise<UpStep[]> {
  // Other lines are of what the run starts.
  const events = (await run.up("--json"))
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  return events.flatMap(({ resourcePreEvent }) =>
    resourcePreEvent ? [{ op: resourcePreEvent.metadata.op, urn: resourcePreEvent.metadata.urn }] : [],
  );
}

/** What would be another one if it was made again. */
async function identities(): Promise<Record<string, unknown>> {
  const uid = async (...what: string[]) => (await kubectl(...what)).metadata.uid;
  const mounts = (await vaultAnswer("read", "sys/mounts")).data;
  const serial = (pem: string) => new X509Certificate(pem).serialNumber;
  const authority = async (mount: string) =>
    serial((await vaultAnswer("read", `${mount}/issuer/default`)).data.certificate);
  const { items } = await kubectl("-n", "vault", "get", "pvc");
  return {
    vault: JSON.parse(await inLab(["vault", "status", "-format=json"])).cluster_id,
    statefulSet: await uid("-n", "vault", "get", "statefulset", "vault"),
    volumes: items.map(({ metadata }: any) => metadata.uid).sort(),
    mounts: ["pki/", "pki_int/"].map((mount) => [mounts[mount].uuid, mounts[mount].accessor]),
    authorities: [await authority("pki"), await authority("pki_int")],
    root: serial((await stackOutputs()).rootCaPem),
    issuer: await uid("get", "clusterissuer", "vault-issuer"),
  };
}

/** Root token and unseal keys: for comparing only, which must not print them. */
async function keys(): Promise<string> {
  const { rootToken, unsealKeys } = await stackOutputs();
  return JSON.stringify([rootToken, unsealKeys]);
}

const revision = earlierRevision();

describe(`a stack that the program of ${revision} has made`, function () {
  this.timeout(3_600_000);
  let earlier: EarlierProgram | undefined;
  let run: StackRun;
  let identitiesBefore: Record<string, unknown>;
  let keysBefore: string;

  before(async () => {
    earlier = EarlierProgram.at(revision);
    console.log(`      ${earlier.description}`);
    await earlier.up();
    await assertTrustedPage();
    identitiesBefore = await identities();
    keysBefore = await keys();
    run = await StackRun.with({});
  });

  after(async () => {
    await inLab(["pulumi", "destroy", ...unattended]);
    await inLab(["pulumi", "up", ...unattended]);
    forgetStackOutputs();
    run?.forget();
    earlier?.remove();
  });

  it("is taken on by one run that replaces and deletes nothing of Vault, the CAs and the issuer", async () => {
    const steps = await stepsOfUp(run);
    assert.ok(steps.filter(({ urn }) => kept.test(urn)).length > 20, "the run tells of all of them");
    const ended = steps.filter(({ op }) => /replace|delete/.test(op));
    ended.forEach(({ op, urn }) => console.log(`      ${op} ${urn}`));
    assert.deepEqual(
      ended.filter(({ urn }) => kept.test(urn)),
      [],
    );
  });

  it("has the same Vault, volumes, mounts, CAs, keys and issuer after it, and the page is trusted", async () => {
    forgetStackOutputs();
    assert.deepEqual(await identities(), identitiesBefore);
    assert.ok((await keys()) === keysBefore, "the root token or the unseal keys are others");
    await assertTrustedPage();
  });

  it("stays as it is in a second run", async () => {
    await run.up("--expect-no-changes");
  });
});
