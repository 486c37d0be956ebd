import { createReadStream, existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import type { Layout } from "./cluster/layout";
import { paths } from "./paths";

/** Prints the log of that name, or the names there are. */
export async function printLog(layout: Layout, name: string | undefined): Promise<number> {
  const directories = [layout.logs, paths.buildLogs].filter((directory) => existsSync(directory));
  const names = directories.flatMap((directory) =>
    readdirSync(directory)
      .filter((file) => file.endsWith(".log"))
      .map((file) => path.basename(file, ".log")),
  );
  if (name === undefined) {
    process.stdout.write(names.map((known) => `${known}\n`).join(""));
    return 0;
  }
  // Only names that were listed: NAME is not a path.
  if (!names.includes(name))
    throw new Error(`there is no log "${name}"; there are: ${names.join(", ") || "none yet"}`);
  const file = directories
    .map((directory) => path.join(directory, `${name}.log`))
    .find((log) => existsSync(log));
  if (file) await pipeline(createReadStream(file), process.stdout, { end: false });
  return 0;
}
