import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { load } from "js-yaml";
import { withBuildLock } from "./build-lock";
import type { Programs } from "./build-programs";
import { inputHash } from "./input-hash";
import { paths } from "./paths";
import { removeUnused } from "./remove-unused";
import type { Progress } from "./steps";

/** Absolute paths of the charts' directories. */
export interface Charts {
  certManager: string;
  approverPolicy: string;
  trustManager: string;
  podinfo: string;
}

/**
 * Puts the charts that came with the programs' modules where they keep their names as long as they keep their contents:
 * a chart's path is part of the Pulumi state, and a rebuilt program is no reason to upgrade its release.
 */
export async function buildCharts(programs: Programs, progress: Progress): Promise<Charts> {
  return withBuildLock(progress, async () => {
    const charts = {
      // Upstream writes the version when it packs a release; in the source it is v0.0.0.
      certManager: buildChart(chartOf(programs["cert-manager"]), "v1.21.1"),
      approverPolicy: buildChart(chartOf(programs["approver-policy"]), "v0.27.0"),
      trustManager: buildChart(chartOf(programs["trust-manager"]), "v0.24.0"),
      podinfo: buildChart(chartOf(programs.podinfo)),
    };
    removeUnused(paths.charts, Object.values(charts));
    return charts;
  });
}

function chartOf(binary: string): string {
  return path.resolve(path.dirname(binary), "..", "chart");
}

function buildChart(source: string, release?: string): string {
  const metadata = readFileSync(path.join(source, "Chart.yaml"), "utf8");
  const { name, version } = load(metadata) as { name: string; version: string };
  const hash = inputHash({ release }, [source]);
  const target = path.join(paths.charts, `${name}-${release ?? version}-${hash}`);
  if (existsSync(target)) return target;

  const output = path.join(paths.buildTemporary, "chart");
  rmSync(output, { recursive: true, force: true });
  cpSync(source, output, { recursive: true });
  if (release) {
    const released = metadata.replace(/^(version|appVersion):.*$/gm, `$1: ${release}`);
    writeFileSync(path.join(output, "Chart.yaml"), released);
    releaseImage(path.join(output, "values.yaml"), release);
  }
  mkdirSync(paths.charts, { recursive: true });
  renameSync(output, target);
  return target;
}

/** Some charts have their image's tag in a value that upstream writes when it packs a release, instead of in the version. */
function releaseImage(file: string, release: string): void {
  const text = readFileSync(file, "utf8");
  const { image } = load(text) as { image?: { _defaultReference?: string } };
  if (image?._defaultReference !== undefined) {
    writeFileSync(
      file,
      text.replace(`_defaultReference: ${image._defaultReference}`, `_defaultReference: :${release}`),
    );
  }
}
