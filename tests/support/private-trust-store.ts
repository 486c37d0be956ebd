import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { inLab, tryInLab, type CommandResult } from "./lab";

/** Variables by which this machine's owner may have told programs what to trust. */
const overrides = [
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS"],
  ...["NODE_USE_SYSTEM_CA", "SUDO_USER"],
];

const places = {
  certificates: "/etc/ssl/certs",
  own: "/usr/local/share/ca-certificates",
  // What other packages of this machine do after a change, such as Java's, is theirs.
  hooks: "/etc/ca-certificates/update.d",
};

/**
 * A copy of this machine's trust store, which commands in the lab see in place of it: the lab's /etc is the machine's.
 * Whatever they do to it ends there.
 */
export class PrivateTrustStore {
  private constructor(private readonly directory: string) {}

  static create(): PrivateTrustStore {
    const directory = mkdtempSync(path.join(tmpdir(), "trust-store-"));
    cpSync(places.certificates, path.join(directory, "certificates"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    cpSync(places.own, path.join(directory, "own"), { recursive: true, verbatimSymlinks: true });
    for (const name of ["hooks", "home"]) {
      mkdirSync(path.join(directory, name));
    }
    return new PrivateTrustStore(directory);
  }

  /** The user's home directory, where browsers have their databases. */
  get home(): string {
    return path.join(this.directory, "home");
  }

  /** Runs a command in the lab that trusts what the copy holds; does not throw when it fails. */
  async attempt(command: string[], environment: Record<string, string> = {}): Promise<CommandResult> {
    return tryInLab(this.inside(command, environment));
  }

  async run(command: string[], environment: Record<string, string> = {}): Promise<string> {
    return inLab(this.inside(command, environment));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private inside(command: string[], environment: Record<string, string>): string[] {
    const binds = Object.entries(places).map(
      ([name, place]) => `[ ! -d ${place} ] || mount --bind "$0/${name}" ${place}`,
    );
    const script = [...binds, 'exec "$@"'].join("\n");
    const settings = Object.entries({ HOME: this.home, ...environment }).map(
      ([name, value]) => `${name}=${value}`,
    );
    const env = ["env", ...overrides.flatMap((name) => ["-u", name]), ...settings];
    // Private: no mount of it is seen outside, and all go when the command ends.
    return [
      "unshare",
      "--mount",
      "--propagation",
      "private",
      "sh",
      "-ec",
      script,
      this.directory,
      ...env,
      ...command,
    ];
  }
}
