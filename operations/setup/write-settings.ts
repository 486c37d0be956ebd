import type { PulumiCli } from "../pulumi-cli";

/** Settings to write, by their whole keys. */
export interface Changes {
  /** As Pulumi keeps them: text, or the JSON of a list. */
  plain: Record<string, string>;
  secret: Record<string, string>;
}

/**
 * Writes settings into a stack, which is made where there is none. Secrets go to pulumi's standard input; an empty one is
 * removed.
 *
 * @param lists Keys whose values are lists.
 */
export async function writeSettings(
  cli: PulumiCli,
  { plain, secret }: Changes,
  lists: string[],
  { exists, secretsProvider }: { exists: boolean; secretsProvider?: string },
): Promise<void> {
  const provider = secretsProvider ? ["--secrets-provider", secretsProvider] : [];
  await cli.run(
    exists ? ["stack", "select", cli.stack!] : ["stack", "select", "--create", cli.stack!, ...provider],
  );
  for (const [key, value] of Object.entries(secret)) {
    await (value === ""
      ? cli.run(["config", "rm", key, ...cli.which()])
      : cli.run(["config", "set", "--secret", key, ...cli.which()], value));
  }
  if (Object.keys(plain).length > 0) {
    // A list in whole: set item by item, it would keep what was behind the last one.
    const entries = Object.entries(plain).map(([key, value]) => [
      key,
      {
        value,
        secret: false,
        ...(lists.includes(key) ? { objectValue: JSON.parse(value) as string[] } : {}),
      },
    ]);
    await cli.run([
      "config",
      "set-all",
      ...cli.which(),
      "--json",
      JSON.stringify(Object.fromEntries(entries)),
    ]);
  }
}
