import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";

const goModule = "github.com/prometheus-operator/prometheus-operator@v0.85.0";
const sum = "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=";

/** CRDs of the Prometheus Operator, YAML, as it publishes them with its source. */
export async function operatorCrds(...plurals: string[]): Promise<string> {
  const cache = mkdtempSync(path.join(tmpdir(), "prometheus-operator-"));
  try {
    const { stdout } = await promisify(execFile)("go", ["mod", "download", "-json", goModule], {
      // Outside of any module.
      cwd: "/",
      env: { ...process.env, GOMODCACHE: cache, GOFLAGS: "-modcacherw", GOWORK: "off" },
    });
    const downloaded = JSON.parse(stdout) as { Dir: string; Sum: string };
    assert.equal(downloaded.Sum, sum, `${goModule} is what it was`);
    const folder = path.join(downloaded.Dir, "example/prometheus-operator-crd");
    return plurals
      .map((plural) => readFileSync(path.join(folder, `monitoring.coreos.com_${plural}.yaml`), "utf8"))
      .join("\n---\n");
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}
