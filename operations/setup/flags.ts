import { parseArgs } from "node:util";
import { listSettings, secretSettings, settingNames } from "../../settings/table";

/** What the command line says. */
export interface SetupFlags {
  stack?: string;
  context?: string;
  /** Files with the parts of the owner's CA. */
  caFiles: string[];
  caPassphraseFile?: string;
  secretsProvider?: string;
  yes: boolean;
  help: boolean;
  /** Answers by setting, as Pulumi keeps them: text, or the JSON of a list. */
  settings: Record<string, string>;
}

/** Settings that are given by flags of their own names; secrets are not, because others can read arguments. */
const flagSettings = settingNames.filter((name) => !(secretSettings as readonly string[]).includes(name));

const ownFlags = {
  stack: { type: "string", short: "s" },
  context: { type: "string" },
  "ca-file": { type: "string", multiple: true },
  "ca-passphrase-file": { type: "string" },
  "secrets-provider": { type: "string" },
  yes: { type: "boolean", short: "y" },
  help: { type: "boolean", short: "h" },
} as const;

export const usage = `npm run setup -- [FLAGS]

Asks what a stack needs, offers what it finds in the cluster, and writes the stack's settings, secrets encrypted. What is
given by a flag is not asked. Without a terminal, or with --yes, nothing is asked: what is missing is named.

  --stack NAME               the stack to make or to change
  --context NAME             context of the kubeconfig
  --ca-file FILE             intermediate certificate, its key, root certificate; once a file, or all in one
  --ca-passphrase-file FILE  passphrase of that key; or the environment variable CA_PASSPHRASE
  --secrets-provider NAME    how Pulumi encrypts secrets of a new stack
  --yes                      takes what is offered
  --SETTING VALUE            any setting of Pulumi.yaml that is no secret, lists with commas: --domains a.local,b.local
`;

/** @throws Error naming a flag that there is not. */
export function readFlags(args: string[]): SetupFlags {
  const settingFlags = Object.fromEntries(flagSettings.map((name) => [name, { type: "string" as const }]));
  const { values } = parseArgs({ args, options: { ...settingFlags, ...ownFlags } });
  const given = values as Record<string, string | undefined>;
  return {
    stack: values.stack,
    context: values.context,
    caFiles: values["ca-file"] ?? [],
    caPassphraseFile: values["ca-passphrase-file"],
    secretsProvider: values["secrets-provider"],
    yes: values.yes ?? false,
    help: values.help ?? false,
    settings: Object.fromEntries(
      flagSettings.flatMap((name) => {
        const text = given[name];
        return text === undefined ? [] : [[name, asSetting(name, text)]];
      }),
    ),
  };
}

export function isList(name: string): boolean {
  return name in listSettings;
}

/** What a person writes, as Pulumi keeps it. */
export function asSetting(name: string, text: string): string {
  if (!isList(name)) {
    return text.trim();
  }
  const items = text.split(",").map((item) => item.trim());
  return JSON.stringify(items.filter(Boolean));
}

/** What Pulumi keeps, as a person writes it. */
export function asText(name: string, setting: string): string {
  return isList(name) ? (JSON.parse(setting) as string[]).join(", ") : setting;
}
