import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { inLab, stackOutputs, tryInLab, type CommandResult } from "./lab";

/** What `npm run doctor -- --json` says. */
export interface Diagnosis {
  ok: boolean;
  broken?: string;
  checks: { id: string; outcome: string; found: string; fix?: string }[];
}

/** A machine that trusts the root, as far as programs look where OpenSSL does. */
export class TrustingMachine {
  private constructor(private readonly directory: string) {}

  static async make(): Promise<TrustingMachine> {
    const directory = mkdtempSync(path.join(tmpdir(), "trust-"));
    const { rootCaPem } = await stackOutputs();
    writeFileSync(path.join(directory, "roots.pem"), rootCaPem);
    return new TrustingMachine(directory);
  }

  get environment(): Record<string, string> {
    return { SSL_CERT_FILE: path.join(this.directory, "roots.pem") };
  }

  /** What the doctor says here. */
  async diagnosis(): Promise<Diagnosis> {
    const { stdout, stderr } = await command("doctor", ["--json"], this.environment);
    try {
      return JSON.parse(stdout) as Diagnosis;
    } catch {
      throw new Error(`the doctor says: ${stdout}${stderr}`);
    }
  }

  /** The first broken link, and the command that is to put it right. */
  async firstBroken(): Promise<{ id?: string; fix: string }> {
    const { broken, checks } = await this.diagnosis();
    return { id: broken, fix: checks.find(({ id }) => id === broken)?.fix ?? "" };
  }

  forget(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Runs one of the commands of package.json in the lab, as its owner does. */
export async function command(
  name: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<CommandResult> {
  return tryInLab(["npm", "run", "-s", name, "--", ...args], { env });
}

/** Runs what the doctor has said. */
export async function follow(fix: string): Promise<void> {
  const unattended = fix.replace(/^pulumi up/, "pulumi up --yes --skip-preview --non-interactive");
  await inLab(["sh", "-c", unattended]);
}
