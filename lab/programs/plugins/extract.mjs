// Writes surface.json: what the installed npm SDKs call their types, functions and properties. The plugins give their
// Terraform resources these names (mapping.go), so that the SDKs find them.
//
//   node extract.mjs NODE_MODULES PACKAGE...      (PACKAGE as in @pulumi/vault)
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const [nodeModules, ...packages] = process.argv.slice(2);

const matches = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();

function section(text, from, to) {
  const start = text.indexOf(from);
  return start < 0 ? "" : text.slice(start, text.indexOf(to, start));
}

function surfaceOf(directory, provider) {
  const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const surface = { version, config: [], resources: {}, functions: {} };
  const files = readdirSync(directory, { recursive: true }).filter((file) => file.endsWith(".js"));
  for (const file of files.sort()) {
    const text = readFileSync(join(directory, file), "utf8");
    const properties = matches(text, /resourceInputs\["(\w+)"\]/g);
    for (const type of matches(text, /\b__pulumiType = '([^']+)'/g)) {
      if (type === provider) surface.config = properties;
      else surface.resources[type] = properties;
    }
    for (const token of matches(text, /runtime\.invoke\("([^"]+)"/g)) {
      surface.functions[token] = matches(section(text, `runtime.invoke("${token}"`, "}, opts"), /"(\w+)": args/g);
    }
  }
  return surface;
}

const surfaces = Object.fromEntries(
  packages.map((name) => [basename(name), surfaceOf(join(nodeModules, name), basename(name))]),
);
writeFileSync("surface.json", JSON.stringify(surfaces, null, 1) + "\n");
