import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { eventually, inLab, kubectl, servedChain, vaultRead } from "../support/lab";

async function servedSerial(): Promise<string> {
  const [leaf] = await servedChain("192.168.1.241:443", "podinfo.wsp.local");
  return new X509Certificate(leaf!).serialNumber;
}

async function vaultPodIsReady(): Promise<boolean> {
  const pod = await kubectl("-n", "vault", "get", "pod", "vault-0");
  return pod.status.containerStatuses.every((container: any) => container.ready);
}

describe("when Vault's pod is deleted", function () {
  this.timeout(300_000);

  before(async () => {
    const { uid } = (await kubectl("-n", "vault", "get", "pod", "vault-0")).metadata;
    await inLab(["kubectl", "-n", "vault", "delete", "pod", "vault-0", "--wait"]);
    await eventually("a new pod of Vault", 60, async () => {
      const pod = await kubectl("-n", "vault", "get", "pod", "vault-0");
      return pod.metadata.uid !== uid;
    });
  });

  it("the new one is unsealed with nobody touching it", async () => {
    await eventually("a Ready pod of Vault", 120, vaultPodIsReady);
    assert.equal((await vaultRead("status")).sealed, false);
  });

  it("certificates are issued again: a lost one is replaced and served", async () => {
    const before = await servedSerial();
    await inLab(["kubectl", "-n", "podinfo", "delete", "secret", "podinfo-wsp-cert"]);
    await eventually("a new certificate on the page", 240, async () => {
      const chain = await servedChain("192.168.1.241:443", "podinfo.wsp.local");
      return chain.length === 3 && new X509Certificate(chain[0]!).serialNumber !== before;
    });
  });

  it("a run proves the page again and the one after that changes nothing", async () => {
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
    await inLab(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--expect-no-changes"]);
  });
});
