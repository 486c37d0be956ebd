import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { withBuildLock } from "../../lab/build-lock";
import { archiveDebianRoot } from "../../lab/debian-root";
import { inputHash } from "../../lab/input-hash";
import { buildLog, paths } from "../../lab/paths";
import { removeUnused } from "../../lab/remove-unused";
import { runCommand } from "../../lab/run-command";

// dbus-x11 is there because debootstrap itself chooses nothing where a package wants one of several.
const debian = { release: "bookworm", packages: ["chromium", "libnss3-tools", "dbus-x11"] };

/**
 * Chromium in a Debian of its own. The lab's cache keeps that; this machine installs nothing. Command lines are for a
 * mount namespace of their own, where the Debian, which is only read, gets its surroundings for as long as one lasts.
 */
export class Chromium {
  private constructor(
    /** Where the Debian is. */
    readonly root: string,
    /** Programs of the Debian's for commands outside it. */
    private readonly programs: string,
  ) {}

  /**
   * The first time on a machine the Debian is fetched, which takes minutes.
   *
   * @param directory Of the test's, which removes it.
   */
  static async create(directory: string): Promise<Chromium> {
    const root = await cachedRoot();
    const programs = path.join(directory, "bin");
    mkdirSync(programs);
    // This machine need not have what changes databases of certificates.
    const certutil = `#!/bin/sh\nexec chroot ${root} /usr/bin/certutil "$@"\n`;
    writeFileSync(path.join(programs, "certutil"), certutil, { mode: 0o755 });
    return new Chromium(root, programs);
  }

  /** A command beside the Debian, which finds its certutil. */
  beside(...command: string[]): string[] {
    const mounts = [
      `mkdir -p "$0${tmpdir()}"`,
      'touch "$0/etc/hosts"',
      'mount --bind "$0" "$0"',
      'mount -o remount,bind,ro "$0"',
      `mount --bind ${tmpdir()} "$0${tmpdir()}"`,
      'mount --bind /proc "$0/proc"',
      'mount --rbind /dev "$0/dev"',
      'mount --bind /etc/hosts "$0/etc/hosts"',
    ];
    const script = [...mounts, `PATH=${this.programs}:$PATH`, 'exec "$@"'].join("\n");
    return ["sh", "-ec", script, this.root, ...command];
  }

  /** A command of the Debian's. */
  inside(...command: string[]): string[] {
    return this.beside("chroot", this.root, "env", "PATH=/usr/bin:/bin", ...command);
  }

  /** Opens a page, prints what has become of its HTML, and writes a picture of it (PNG) to a file of the test's. */
  visit(url: string, picture: string): string[] {
    return this.inside(
      ...["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
      // Pages that would have more from the Internet are not to wait for it.
      `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${new URL(url).hostname}`,
      ...["--window-size=1280,800", "--virtual-time-budget=10000", "--dump-dom"],
      ...[`--screenshot=${picture}`, url],
    );
  }
}

/** Made once for all checkouts of this machine. */
async function cachedRoot(): Promise<string> {
  const root = path.join(paths.browsers, `chromium-${inputHash(debian)}`);
  const progress = (text: string) => console.log(`      ${text}`);
  if (!existsSync(root)) {
    // Debians are made where builds are.
    await withBuildLock(progress, async () => {
      if (existsSync(root)) return;
      progress("fetching a Debian with Chromium, minutes the first time");
      await fetchDebian(root);
    });
  }
  removeUnused(paths.browsers, [root]);
  return root;
}

async function fetchDebian(root: string): Promise<void> {
  const log = buildLog("chromium");
  const unfinished = `${root}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await archiveDebianRoot(debian, `${unfinished}.tar`, log);
  await runCommand("tar", ["--extract", "--file", `${unfinished}.tar`, "--directory", unfinished], { log });
  rmSync(`${unfinished}.tar`);
  renameSync(unfinished, root);
}
