import assert from "node:assert/strict";
import { eventually, inLab, kubectl, stackOutputs, vaultRead } from "../support/lab";
import { cutPower, killOnNode, startNode } from "../support/node";
import { beginRenewal, certificate, isReady, page, pageSerial, renew } from "../support/renewal";
import { signalUnsealer } from "../support/unsealer";

const up = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"];

const caMounts = ["pki", "pki_int"];

/** PEM of each CA's delta CRL; empty for one that is lost. */
async function deltaCrls(): Promise<string[]> {
  const answers = caMounts.map((mount) => vaultRead("read", `${mount}/issuer/default/crl/delta`));
  return (await Promise.all(answers)).map(({ data }) => data.crl);
}

async function vaultPod(): Promise<any> {
  return kubectl("-n", "vault", "get", "pod", "vault-0");
}

async function vaultPodIsReady(): Promise<boolean> {
  return (await vaultPod()).status.containerStatuses.every((container: any) => container.ready);
}

async function issuerIsReady(): Promise<boolean> {
  return isReady((await kubectl("get", "clusterissuer", "vault-issuer")).status);
}

async function fetchPage(): Promise<string> {
  const { rootCaPem } = await stackOutputs();
  const script =
    'printf "%s" "$ROOT" | curl -fsS --cacert /dev/stdin --capath /dev/null https://podinfo.wsp.local';
  return inLab(["sh", "-c", script], { env: { ROOT: rootCaPem } });
}

/** Renews the page's certificate, and waits until the page shows it. */
async function renewPage(seconds: number): Promise<void> {
  const before = await pageSerial();
  await renew(page, seconds);
  await eventually("the new certificate on the page", 60, async () => (await pageSerial()) !== before);
}

describe("when Vault's pod is deleted", function () {
  this.timeout(600_000);

  before(async () => {
    const { uid } = (await vaultPod()).metadata;
    await inLab(["kubectl", "-n", "vault", "delete", "pod", "vault-0", "--wait"]);
    await eventually("a new pod of Vault", 60, async () => (await vaultPod()).metadata.uid !== uid);
  });

  it("the new one is unsealed with nobody touching it", async () => {
    await eventually("a Ready pod of Vault", 120, vaultPodIsReady);
    assert.equal((await vaultRead("status")).sealed, false);
  });

  it("certificates are issued again: a lost one is replaced and served", async () => {
    const before = await pageSerial();
    await inLab(["kubectl", "-n", page.namespace, "delete", "secret", page.name]);
    await eventually("a new certificate on the page", 240, async () => (await pageSerial()) !== before);
    await fetchPage();
  });
});

describe("when the node's kubelet and containerd are killed and started again", function () {
  this.timeout(600_000);

  let earlier: any;

  before(async () => {
    earlier = await vaultPod();
    await killOnNode("kubelet", "containerd");
    await startNode();
  });

  it("Vault has served all the time: the same containers, unsealed", async () => {
    await eventually("a Ready pod of Vault", 60, vaultPodIsReady);
    const after = await vaultPod();
    const containers = (pod: any) => pod.status.containerStatuses.map((status: any) => status.containerID);
    assert.deepEqual(containers(after), containers(earlier));
    assert.equal((await vaultRead("status")).sealed, false);
  });

  it("a renewal succeeds", async () => {
    assert.ok(await issuerIsReady());
    await renewPage(60);
  });
});

describe("when the power fails", function () {
  this.timeout(600_000);

  let serial: string;

  before(async () => {
    // The renewals until now show as a change of the proof of the page, which is no fault.
    await inLab(up);
    serial = await pageSerial();
    await cutPower();
    await startNode();
  });

  it("Vault is unsealed with nobody touching it, and the ClusterIssuer is Ready again", async () => {
    // What the API server tells of pods may be from before; Vault's own answer is not.
    await eventually("an unsealed Vault", 180, async () => (await vaultRead("status")).sealed === false);
    await eventually("a Ready pod of Vault", 60, vaultPodIsReady);
    await eventually("a Ready ClusterIssuer", 180, issuerIsReady);
  });

  it("the page is served with the certificate that it had", async () => {
    await eventually("the page", 60, async () => (await fetchPage()).includes("podinfo"));
    assert.equal(await pageSerial(), serial);
  });

  it("nothing is left to do for a run but to bring back the delta CRLs, which Vault has lost, and nothing for the next", async () => {
    assert.deepEqual(await deltaCrls(), ["", ""], "Vault loses them still");
    const output = await inLab(up);
    for (const mount of caMounts) {
      assert.match(
        output,
        new RegExp(`the delta CRL of Vault's mount ${mount} was lost .*: it is made again`),
      );
    }
    for (const crl of await deltaCrls()) {
      assert.match(crl, /BEGIN X509 CRL/);
    }
    await inLab([...up, "--expect-no-changes"]);
  });

  it("a renewal succeeds", () => renewPage(180));
});

describe("when Vault is sealed in the middle of a renewal", function () {
  this.timeout(600_000);

  it("the request waits, and the renewal is finished with nobody touching it", async () => {
    const before = await pageSerial();
    await signalUnsealer("STOP");
    try {
      const { rootToken } = await stackOutputs();
      await inLab(["vault", "operator", "seal"], { env: { VAULT_TOKEN: rootToken } });
      await beginRenewal(page);
      await eventually("a request that waits for Vault", 60, async () => {
        const requests = await kubectl("-n", page.namespace, "get", "certificaterequests");
        return requests.items.some((request: any) =>
          request.status?.conditions?.some(
            ({ type, reason }: any) => type === "Ready" && reason === "Pending",
          ),
        );
      });
      // Long enough for cert-manager to have tried in vain.
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      assert.equal(await pageSerial(), before);
    } finally {
      await signalUnsealer("CONT");
    }
    await eventually("a new certificate on the page", 240, async () => (await pageSerial()) !== before);
  });
});

describe("when Vault has refused to sign", function () {
  this.timeout(600_000);

  const role = "pki_int/roles/home-lab-dot-local";

  before(async () => {
    const { rootToken } = await stackOutputs();
    await inLab(["vault", "delete", role], { env: { VAULT_TOKEN: rootToken } });
    await beginRenewal(page);
  });

  it("cert-manager has given up for an hour", async () => {
    await eventually("a failed issuance", 60, async () => {
      const { conditions } = (await certificate(page)).status;
      return conditions.some(({ type, reason }: any) => type === "Issuing" && reason === "Failed");
    });
  });

  it("a run puts the role back, and issues the certificate that had failed", async () => {
    const before = await pageSerial();
    const { revision } = (await certificate(page)).status;
    await inLab([...up, "--refresh"]);
    const { status } = await certificate(page);
    assert.equal(status.revision, revision + 1);
    assert.equal(status.lastFailureTime, undefined);
    await eventually("the new certificate on the page", 60, async () => (await pageSerial()) !== before);
  });

  it("further runs have nothing to do", async () => {
    await inLab(up);
    await inLab([...up, "--expect-no-changes"]);
  });
});
