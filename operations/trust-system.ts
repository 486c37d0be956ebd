import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import type { Owner, RootFile } from "./trust-roots";
import type { Step } from "./trust-steps";

/** A Linux system's trust store: a directory of certificates, and what makes bundles from it. */
export interface SystemStore {
  system: string;
  directory: string;
  /** Makes the bundles. */
  refresh: string[];
  /** The same after certificates were taken out of the directory. */
  refreshAfterRemoval: string[];
  /** The bundle that curl and OpenSSL read in the end. */
  bundle: string;
  /** Keystore of the system's Java that the system adds to, but never takes from. */
  javaKeystore?: string;
}

export const systemStores: readonly SystemStore[] = [
  {
    system: "Fedora, RHEL",
    directory: "/etc/pki/ca-trust/source/anchors",
    refresh: ["update-ca-trust", "extract"],
    refreshAfterRemoval: ["update-ca-trust", "extract"],
    bundle: "/etc/pki/tls/certs/ca-bundle.crt",
  },
  {
    system: "Debian, Ubuntu, Alpine",
    directory: "/usr/local/share/ca-certificates",
    refresh: ["update-ca-certificates"],
    refreshAfterRemoval: ["update-ca-certificates", "--fresh"],
    bundle: "/etc/ssl/certs/ca-certificates.crt",
    javaKeystore: "/etc/ssl/certs/java/cacerts",
  },
  {
    system: "Arch",
    directory: "/etc/ca-certificates/trust-source/anchors",
    refresh: ["update-ca-trust"],
    refreshAfterRemoval: ["update-ca-trust"],
    bundle: "/etc/ssl/certs/ca-certificates.crt",
  },
  {
    system: "openSUSE",
    directory: "/etc/pki/trust/anchors",
    refresh: ["update-ca-certificates"],
    refreshAfterRemoval: ["update-ca-certificates", "--fresh"],
    bundle: "/etc/ssl/ca-bundle.pem",
  },
];

/** The store of this machine, by the directory that its system comes with. */
export function findSystemStore(root = "/"): SystemStore | undefined {
  const store = systemStores.find(({ directory }) => existsSync(path.join(root, directory)));
  return (
    store && {
      ...store,
      directory: path.join(root, store.directory),
      bundle: path.join(root, store.bundle),
      javaKeystore: store.javaKeystore && path.join(root, store.javaKeystore),
    }
  );
}

/** Puts a certificate into the store. */
export function writeStep(store: SystemStore, name: string, { file: source, subject }: RootFile): Step {
  const file = path.join(store.directory, `${name}.crt`);
  return {
    says: `"${subject}" is in ${file}`,
    command: ["install", "-m", "0644", source, file],
    privileged: true,
  };
}

/** Takes a certificate out of the store. */
export function removeStep(store: SystemStore, name: string): Step {
  const file = path.join(store.directory, `${name}.crt`);
  return { says: `${file} is gone`, command: ["rm", "-f", file], privileged: true };
}

/** Takes a certificate out of the keystore of the system's Java. */
export function removeFromJavaStep(keystore: string, name: string): Step {
  return {
    says: `${name} is gone from ${keystore}`,
    command: [
      ...["keytool", "-delete", "-keystore", keystore, "-storepass", "changeit"],
      ...["-alias", `debian:${name}.pem`],
    ],
    privileged: true,
  };
}

/** What makes the store trust these roots of the owner and no others of theirs; nothing when it does already. */
export function planSystemStore(store: SystemStore, owner: Owner, roots: RootFile[]): Step[] {
  const present = installedNames(store, owner);
  const wanted = new Map(roots.map((root) => [owner.nameOf(root), root]));
  const former = present.filter((name) => !wanted.has(name));
  const missing = [...wanted].filter(([name, { pem }]) => certificateIn(store, name) !== pem);
  const bundle = existsSync(store.bundle) ? readFileSync(store.bundle, "utf8") : "";
  // A run that was interrupted before the bundles were made has left the files right.
  const notTaken = roots.some((root) => !isInBundle(bundle, root.pem));
  const refresh = former.length > 0 ? store.refreshAfterRemoval : store.refresh;
  const files = [
    ...missing.map(([name, root]) => writeStep(store, name, root)),
    ...former.map((name) => removeStep(store, name)),
  ];
  const formerInJava = namesInJava(store, owner).filter((name) => !wanted.has(name));
  return [
    ...files,
    // First, in case that the system comes to do so itself one day: it is an error to delete what is gone.
    ...formerInJava.map((name) => removeFromJavaStep(store.javaKeystore!, name)),
    ...(files.length > 0 || notTaken
      ? [{ says: `${store.bundle} is made anew`, command: refresh, privileged: true }]
      : []),
  ];
}

/** What is not as planned after the steps, in words. */
export function checkSystemStore(store: SystemStore, roots: RootFile[]): string[] {
  const bundle = existsSync(store.bundle) ? readFileSync(store.bundle, "utf8") : "";
  return roots
    .filter(({ pem }) => !isInBundle(bundle, pem))
    .map(
      ({ subject }) =>
        `"${subject}" did not get into ${store.bundle}: look at what ${store.refresh[0]} prints`,
    );
}

/** Names of the owner's certificates in the store, also of those that are no longer wanted. */
export function installedNames(store: SystemStore, owner: Owner): string[] {
  return readdirSync(store.directory)
    .filter((file) => file.endsWith(".crt"))
    .map((file) => file.slice(0, -".crt".length))
    .filter((name) => owner.owns(name))
    .sort();
}

/** Names of the owner's certificates in the keystore of the system's Java, where they stand in clear. */
function namesInJava({ javaKeystore }: SystemStore, owner: Owner): string[] {
  const content = javaKeystore && existsSync(javaKeystore) ? readFileSync(javaKeystore, "latin1") : "";
  const names = [...content.matchAll(/debian:([A-Za-z0-9_-]+)\.pem/g)].map(([, name]) => name!);
  return [...new Set(names)].filter((name) => owner.owns(name));
}

function certificateIn(store: SystemStore, name: string): string {
  const file = path.join(store.directory, `${name}.crt`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Bundles have lines and comments of their own; what is between a certificate's lines is the same. */
function isInBundle(bundle: string, pem: string): boolean {
  const body = pem.replace(/-----[^-]+-----|\s/g, "");
  return body !== "" && bundle.replace(/\s/g, "").includes(body);
}
