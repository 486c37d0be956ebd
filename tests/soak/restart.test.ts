import assert from "node:assert/strict";
import { eventually, inLab, kubectl, vaultRead } from "../support/lab";
import { cutPower, killOnNode, startNode } from "../support/node";
import { isReady, page, renew } from "../support/renewal";

const runs = 5;

const faults: Record<string, () => Promise<unknown>> = {
  "Vault's pod deleted": () => inLab(["kubectl", "-n", "vault", "delete", "pod", "vault-0", "--wait"]),
  "Vault's process killed": () =>
    inLab([
      ...["kubectl", "-n", "vault", "exec", "vault-0", "-c", "vault", "--"],
      ...["sh", "-c", "kill -9 $(pidof vault)"],
    ]),
  "kubelet and containerd killed": async () => {
    await killOnNode("kubelet", "containerd");
    await startNode();
  },
  "power cut": async () => {
    await cutPower();
    await startNode();
  },
};

/** Seconds from the fault to what the owner waits for. */
interface Recovery {
  unsealed: number;
  issuerReady: number;
  renewed: number;
}

async function recovery(inject: () => Promise<unknown>): Promise<Recovery> {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  await inject();
  await eventually("an unsealed Vault", 300, async () => (await vaultRead("status")).sealed === false);
  const unsealed = seconds();
  await eventually("a Ready ClusterIssuer", 400, async () =>
    isReady((await kubectl("get", "clusterissuer", "vault-issuer")).status),
  );
  const issuerReady = seconds();
  await renew(page, 400);
  return { unsealed, issuerReady, renewed: seconds() };
}

describe(`the recovery from a restart, ${runs} times each`, () => {
  const table: Record<string, Record<string, string>> = {};

  after(() => console.table(table));

  for (const [fault, inject] of Object.entries(faults)) {
    it(fault, async () => {
      const recoveries: Recovery[] = [];
      for (let run = 0; run < runs; run++) {
        recoveries.push(await recovery(inject));
      }
      const range = (key: keyof Recovery) => {
        const all = recoveries.map((one) => one[key]);
        return `${Math.min(...all)} to ${Math.max(...all)} s`;
      };
      table[fault] = {
        unsealed: range("unsealed"),
        "issuer Ready": range("issuerReady"),
        "renewal done": range("renewed"),
      };
      assert.equal(recoveries.length, runs);
    });
  }
});
