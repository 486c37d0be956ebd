import { existsSync, readFileSync } from "node:fs";
import { readPemBlocks } from "../../components/internal/pem";
import type { SetupFlags } from "./flags";
import type { Prompter } from "./prompter";

/** The owner's CA as it goes into the settings. Secret. */
export interface OwnersCa {
  bundle: string;
  passphrase?: string;
}

/**
 * Reads the owner's CA from the files that the flags name.
 *
 * @returns undefined when they name none.
 * @throws Error naming a file that is not there.
 */
export function caOfFlags(flags: SetupFlags, environment: NodeJS.ProcessEnv): OwnersCa | undefined {
  if (flags.caFiles.length === 0) {
    return undefined;
  }
  const passphrase = flags.caPassphraseFile
    ? firstLine(readFiles([flags.caPassphraseFile]))
    : environment.CA_PASSPHRASE;
  return { bundle: readFiles(flags.caFiles), ...(passphrase === undefined ? {} : { passphrase }) };
}

/**
 * Asks for the files, and for the passphrase where the key has one.
 *
 * @param present Whether the stack has a CA, which no answer keeps.
 */
export async function askForCa(prompter: Prompter, present: boolean): Promise<OwnersCa | undefined> {
  const answer = await prompter.text({
    message:
      "Files of your CA: intermediate, its key, root" +
      (present ? " (none: the stack keeps its CA)" : ", with commas"),
    fault: (text) => missingFile(filesIn(text)),
  });
  const files = filesIn(answer);
  if (files.length === 0) {
    return undefined;
  }
  const bundle = readFiles(files);
  return keyIsEncrypted(bundle)
    ? { bundle, passphrase: await prompter.secret("Passphrase of the key") }
    : { bundle };
}

export function keyIsEncrypted(pem: string): boolean {
  return readPemBlocks(pem).blocks.some(
    ({ label, encryptedHeader }) => encryptedHeader || label === "ENCRYPTED PRIVATE KEY",
  );
}

function filesIn(text: string): string[] {
  return text
    .split(",")
    .map((file) => file.trim())
    .filter(Boolean);
}

function missingFile(files: string[]): string | undefined {
  const missing = files.find((file) => !existsSync(file));
  return missing === undefined ? undefined : `${missing} is not there`;
}

function readFiles(files: string[]): string {
  const missing = missingFile(files);
  if (missing) {
    throw new Error(missing);
  }
  // A file need not end with a line end.
  return files.map((file) => `${readFileSync(file, "utf8").trimEnd()}\n`).join("");
}

function firstLine(text: string): string {
  return text.split(/\r?\n/)[0]!;
}
