import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { sealStatus } from "../../../components/internal/vault-client";
import { project } from "../../../operations/stack-settings";
import { FakeCluster } from "../../support/fake-cluster";
import { FakeVault } from "../../support/fake-vault";
import { defaultConfig } from "../../support/operations";

describe("npm run forward", function () {
  this.timeout(60_000);

  it("keeps Vault within reach until it is interrupted, and ends well then", async () => {
    const [cluster, vault] = await Promise.all([FakeCluster.start(), FakeVault.start()]);
    const directory = mkdtempSync(path.join(tmpdir(), "forward-"));
    const file = (name: string, content: object) => {
      writeFileSync(path.join(directory, name), JSON.stringify(content));
      return `cat ${path.join(directory, name)}`;
    };
    cluster.forwards["vault/vault-0"] = Number(new URL(vault.endpoint.address).port);
    cluster.objects["/api/v1/namespaces/vault/pods"] = {
      items: [{ metadata: { name: "vault-0" }, status: { phase: "Running" } }],
    };
    const config = {
      ...defaultConfig(),
      [`${project}:vaultLoadBalancerIp`]: { value: "", secret: false },
      "kubernetes:kubeconfig": { value: cluster.kubeconfig, secret: false },
    };
    // A stack's name of its own, and with it a port of its own.
    const cli = `#!/bin/sh
case "$1 $2" in
"stack --show-name") echo unit-${process.pid} ;;
"config --json") ${file("config.json", config)} ;;
"stack output") ${file("outputs.json", { rootCaPem: vault.caPem })} ;;
*) exit 1 ;;
esac
`;
    writeFileSync(path.join(directory, "pulumi"), cli, { mode: 0o755 });
    const child = spawn(process.execPath, ["--import", "tsx", "operations/forward.ts"], {
      cwd: path.join(__dirname, "../../.."),
      env: { ...process.env, PATH: `${directory}:${process.env.PATH}` },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    try {
      let said = "";
      await new Promise<void>((resolve, reject) => {
        child.stdout.on("data", (text) => {
          said += text;
          if (said.includes("\n")) resolve();
        });
        void ended.then((status) => reject(new Error(`it ended with ${String(status)}`)));
      });
      const address = /https:\/\/127\.0\.0\.1:2\d{4}/.exec(said)?.[0] ?? assert.fail(said);
      const endpoint = { address, caPem: vault.caPem };
      assert.equal((await sealStatus(endpoint)).initialized, false);
      child.kill("SIGINT");
      assert.equal(await ended, 0);
      await assert.rejects(sealStatus(endpoint), /ECONNREFUSED/);
    } finally {
      child.kill("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
      await Promise.all([cluster.stop(), vault.stop()]);
    }
  });
});
