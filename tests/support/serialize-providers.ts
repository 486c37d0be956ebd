import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";

const checkout = path.join(__dirname, "..", "..");

/**
 * Writes the text that Pulumi keeps of each dynamic provider to standard output, as JSON by the provider's name. Meant
 * for a process of its own with ts-node, whose output is what Pulumi serialises; other compilers give other text.
 */
async function main(): Promise<void> {
  const texts: Record<string, string> = {};
  const files = ["components/internal", "helm"].flatMap((folder) =>
    readdirSync(path.join(checkout, folder)).map((name) => path.join(checkout, folder, name)),
  );
  for (const file of files.filter((name) => name.endsWith("-resource.ts"))) {
    // By the loader that ts-node is in; import() would go past it.
    const exported = createRequire(__filename)(file) as Record<string, unknown>;
    for (const [name, provider] of Object.entries(exported).filter(([key]) => key.endsWith("Provider"))) {
      const { text } = await pulumi.runtime.serializeFunction(() => provider, { allowSecrets: true });
      texts[name] = text;
    }
  }
  process.stdout.write(JSON.stringify(texts));
}

void main();
