import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Chromium } from "../support/chromium";
import { stackOutputs } from "../support/lab";
import { PrivateTrustStore } from "../support/private-trust-store";

const checkout = path.join(__dirname, "..", "..");
/** Pictures of the pages stay here, for people to look at. */
const artefacts = path.join(checkout, "tests/artefacts");
const podinfo = "https://podinfo.wsp.local";
const pngSignature = "89504e470d0a1a0a";

interface Page {
  name: string;
  url: string;
  shows: RegExp;
}

describe("npm run trust and Chromium", function () {
  this.timeout(1_800_000);
  const directory = mkdtempSync(path.join(tmpdir(), "trust-browser-"));
  let store: PrivateTrustStore;
  let chromium: Chromium;
  let database: string;
  let pages: Page[];
  const warnings = new Map<string, Buffer>();

  const trust = (...args: string[]) =>
    store.run(chromium.beside("npm", "--prefix", checkout, "run", "-s", "trust", "--", ...args));
  const certutil = (...args: string[]) =>
    store.run(chromium.inside("certutil", ...args, "-d", `sql:${database}`));

  /** What has become of a page's HTML, and the picture of it, which is kept. */
  const visit = async (url: string, picture: string): Promise<{ html: string; png: Buffer }> => {
    const file = path.join(directory, picture);
    const html = await store.run(chromium.visit(url, file));
    copyFileSync(file, path.join(artefacts, picture));
    const png = readFileSync(file);
    assert.equal(png.subarray(0, 8).toString("hex"), pngSignature, picture);
    return { html, png };
  };

  const eachPageIsWarnedOf = async (when: string) => {
    for (const { name, url, shows } of pages) {
      const { html, png } = await visit(url, `${name}-${when}.png`);
      assert.match(html, /ERR_CERT_AUTHORITY_INVALID/, url);
      assert.doesNotMatch(html, shows, url);
      warnings.set(name, png);
    }
  };

  before(async () => {
    chromium = await Chromium.create(directory);
    store = PrivateTrustStore.create();
    database = path.join(store.home, ".pki/nssdb");
    mkdirSync(database, { recursive: true });
    await certutil("-N", "--empty-password");

    rmSync(artefacts, { recursive: true, force: true });
    mkdirSync(artefacts);
    const { vaultAddress } = await stackOutputs();
    pages = [
      // What draws podinfo's first page comes from the Internet, which the lab does not reach; this is what it draws.
      { name: "podinfo", url: `${podinfo}/api/info`, shows: /"message": "greetings from podinfo/ },
      // The lab's Vault is built without the files of its web UI, and says so in their place.
      { name: "vault-ui", url: `${vaultAddress}/ui/`, shows: /Vault UI is not available in this binary/ },
    ];
  });

  after(() => {
    store?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  it("has Chromium warn of the page and of Vault's UI without the root", async () => {
    await eachPageIsWarnedOf("before");
  });

  it("has it open both with only the root imported", async () => {
    assert.match(await trust("install"), new RegExp(`is in ${database}`));
    const imported = (await certutil("-L")).match(/^.* +[a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]* *$/gm);
    assert.equal(imported?.length, 1, imported?.join("\n"));
    for (const { name, url, shows } of pages) {
      const { html, png } = await visit(url, `${name}.png`);
      assert.match(html, shows, url);
      assert.doesNotMatch(html, /ERR_|Your connection is not private/, url);
      assert.notDeepEqual(png, warnings.get(name), `${name}: the picture is of the warning`);
    }
  });

  it("has it open podinfo's first page", async () => {
    // All white without its scripts: a picture that is not kept.
    const html = await store.run(chromium.visit(podinfo, path.join(directory, "first-page.png")));
    assert.match(html, /<title>my-podinfo-[^<]+<\/title>/);
  });

  it("has it warn again after remove", async () => {
    assert.match(await trust("remove"), new RegExp(`is gone from ${database}`));
    await eachPageIsWarnedOf("after");
    assert.doesNotMatch(await certutil("-L"), /cert-manager-vault/);
  });

  it("has left nothing mounted", () => {
    assert.ok(!existsSync(path.join(chromium.root, "proc/self")));
  });
});
