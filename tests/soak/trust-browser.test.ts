import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { archiveDebianRoot } from "../../lab/debian-root";
import { PrivateTrustStore } from "../support/private-trust-store";

const checkout = path.join(__dirname, "..", "..");

/**
 * Chromium of a Debian of its own, which this machine keeps nothing of. With CHROMIUM_ROOT, the directory of a Debian
 * that has the packages chromium and libnss3-tools, that one. dbus-x11 is there because debootstrap itself chooses
 * nothing where a package wants one of several.
 */
async function debianWithChromium(directory: string): Promise<string> {
  const given = process.env["CHROMIUM_ROOT"];
  if (given) {
    return given;
  }
  const root = path.join(directory, "debian");
  const archive = path.join(directory, "debian.tar");
  mkdirSync(root);
  await archiveDebianRoot(
    { release: "bookworm", packages: ["chromium", "libnss3-tools", "dbus-x11"] },
    archive,
    path.join(directory, "debootstrap.log"),
  );
  execFileSync("tar", ["--extract", "--file", archive, "--directory", root]);
  return root;
}

describe("npm run trust and Chromium", function () {
  this.timeout(1_800_000);
  const directory = mkdtempSync(path.join(tmpdir(), "trust-browser-"));
  let store: PrivateTrustStore;
  let root: string;
  let database: string;

  /** Runs a command in the lab with the Debian's surroundings in place, for as long as it lasts. */
  const run = (...command: string[]) => {
    const mounts = [
      `mount --bind ${tmpdir()} "$0/tmp"`,
      'mount --bind /proc "$0/proc"',
      'mount --rbind /dev "$0/dev"',
      'touch "$0/etc/hosts"',
      'mount --bind /etc/hosts "$0/etc/hosts"',
    ];
    const script = [...mounts, `PATH=${directory}/bin:$PATH`, 'exec "$@"'].join("\n");
    return store.run(["sh", "-ec", script, root, ...command]);
  };
  const inDebian = (...command: string[]) => run("chroot", root, "env", "PATH=/usr/bin:/bin", ...command);
  const trust = (...args: string[]) => run("npm", "--prefix", checkout, "run", "-s", "trust", "--", ...args);
  const page = () =>
    inDebian(
      ...["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
      ...["--virtual-time-budget=10000", "--dump-dom", "https://podinfo.wsp.local"],
    );

  before(async () => {
    root = await debianWithChromium(directory);
    store = PrivateTrustStore.create();
    database = path.join(store.home, ".pki/nssdb");
    mkdirSync(path.join(directory, "bin"));
    // The databases are changed by the Debian's certutil, which this machine need not have.
    writeFileSync(
      path.join(directory, "bin/certutil"),
      `#!/bin/sh\nexec chroot ${root} /usr/bin/certutil "$@"\n`,
      {
        mode: 0o755,
      },
    );
    mkdirSync(database, { recursive: true });
    await inDebian("certutil", "-N", "-d", `sql:${database}`, "--empty-password");
  });

  after(() => {
    store.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  it("has Chromium show the page, which it warned of before", async () => {
    assert.match(await page(), /ERR_CERT_AUTHORITY_INVALID/);
    assert.match(await trust("install"), new RegExp(`is in ${database}`));
    assert.match(await page(), /"message": "greetings from podinfo/);
  });

  it("has it warn again after remove", async () => {
    assert.match(await trust("remove"), new RegExp(`is gone from ${database}`));
    assert.match(await page(), /ERR_CERT_AUTHORITY_INVALID/);
    assert.doesNotMatch(await inDebian("certutil", "-L", "-d", `sql:${database}`), /cert-manager-vault/);
  });

  it("has left nothing mounted", () => {
    assert.ok(!existsSync(path.join(root, "proc/self")));
  });
});
