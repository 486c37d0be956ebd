import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";

const checkout = path.join(__dirname, "..");
const source = path.join(checkout, "components");

/** Files that go into the package as they are: where they are in the checkout, where in the package. */
const copied: Record<string, string> = {
  "components/PulumiPlugin.yaml": "PulumiPlugin.yaml",
  "components/README.md": "README.md",
  "docs/reference/components.md": "docs/components.md",
  "CHANGELOG.md": "CHANGELOG.md",
  LICENSE: "LICENSE",
};

/**
 * Lays out the npm package of the components: JavaScript and types, with what Pulumi needs to serve it to other
 * languages. It is packed from a folder of its own, because the program runs the components from their TypeScript.
 *
 * @param folder Emptied first.
 */
export function layOutPackage(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const compiler = createRequire(__filename).resolve("typescript/bin/tsc");
  const project = path.join(source, "tsconfig.build.json");
  execFileSync(process.execPath, [compiler, "--project", project, "--outDir", folder], { stdio: "inherit" });
  for (const [from, to] of Object.entries(copied)) {
    cpSync(path.join(checkout, from), path.join(folder, to));
  }
  write(folder, "package.json", json(manifest()));
  // Pulumi infers the schema from TypeScript that it finds by this name, and from nothing in JavaScript.
  write(folder, "src/index.ts", 'export * from "../index";\n');
  write(
    folder,
    "tsconfig.json",
    json({
      compilerOptions: { module: "nodenext", strict: true, skipLibCheck: true },
      files: ["src/index.ts"],
    }),
  );
}

/** The workspace's package.json as it is published: of JavaScript, and not private. */
function manifest(): Record<string, unknown> {
  const text = readFileSync(path.join(source, "package.json"), "utf8");
  const ofWorkspace = JSON.parse(text) as Record<string, unknown>;
  delete ofWorkspace.private;
  return { ...ofWorkspace, main: "index.js", types: "index.d.ts" };
}

function write(folder: string, name: string, content: string): void {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (require.main === module) {
  layOutPackage(path.resolve(process.argv[2] ?? path.join(checkout, "dist", "package")));
}
