import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as yaml from "js-yaml";
import { secretSettings } from "../settings/table";
import { inferSchema } from "./schema";

const checkout = path.join(__dirname, "..");

interface Declaration {
  type: string;
  items?: { type: string };
  default?: unknown;
  description?: string;
}

/** Writes the pages of the reference that are made from the code: components.md and settings.md. */
export function writePages(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "settings.md"), settingsPage());
  const typedoc = path.join(checkout, "node_modules", "typedoc", "bin", "typedoc");
  execFileSync(
    process.execPath,
    [typedoc, "--logLevel", "Warn", "--treatWarningsAsErrors", "--out", folder],
    {
      cwd: checkout,
      stdio: "inherit",
    },
  );
}

/** One row for each setting of Pulumi.yaml, in its order. */
function settingsPage(): string {
  const { config } = yaml.load(readFileSync(path.join(checkout, "Pulumi.yaml"), "utf8")) as {
    config: Record<string, Declaration>;
  };
  const ownSettings = Object.entries(config).filter(([name]) => !name.includes(":"));
  const rows = ownSettings.map(([name, declared]) => [
    `\`${name}\``,
    secretSettings.some((secret) => secret === name) ? `${typeOf(declared)}, secret` : typeOf(declared),
    declared.default === undefined ? "none, required" : `\`${JSON.stringify(declared.default)}\``,
    asCell(declared.description ?? ""),
  ]);
  return [
    "# Settings",
    "",
    "Generated from [Pulumi.yaml](../../Pulumi.yaml) by `npm run reference`. Set one with `pulumi config set NAME VALUE`, an entry",
    "of a list with `pulumi config set --path 'NAME[0]' VALUE`.",
    "",
    ...table(["setting", "type", "default", "what it is"], rows),
    "",
  ].join("\n");
}

function typeOf({ type, items }: Declaration): string {
  return items ? `${type} of ${items.type}` : type;
}

function table(titles: string[], rows: string[][]): string[] {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)];
}

/** A vertical bar would end the cell. */
function asCell(text: string): string {
  return text.trim().replace(/\s+/g, " ").replaceAll("|", "\\|");
}

if (require.main === module) {
  const folder = path.join(checkout, "docs", "reference");
  writePages(folder);
  writeFileSync(path.join(folder, "schema.json"), `${JSON.stringify(inferSchema(), null, 2)}\n`);
}
