import * as path from "node:path";
import { inLab } from "../../tests/support/lab";

/** How the source's procedure is run in the lab, with the charts that the lab's stack has. */
export async function sourceCommand(): Promise<{ command: string[]; environment: string[] }> {
  const chart = async (name: string): Promise<string> =>
    (await inLab(["pulumi", "config", "get", `${name}Chart`])).trim();
  const [vault, certManager, podinfo] = await Promise.all([
    chart("vault"),
    chart("certManager"),
    chart("podinfo"),
  ]);
  return {
    command: ["timeout", "1800", "bash", path.join(__dirname, "source.sh")],
    environment: [
      "env",
      `VAULT_CHART=${vault}`,
      `CERT_MANAGER_CHART=${certManager}`,
      `PODINFO_CHART=${podinfo}`,
    ],
  };
}

/** Takes away what the procedure has made, all of it. */
export async function removeSource(): Promise<void> {
  await inLab(["bash", path.join(__dirname, "remove-source.sh")]);
}
