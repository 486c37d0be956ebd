import type { Owner, Root, RootFile } from "./trust-roots";
import { addStep, deleteStep } from "./trust-nss";
import { asUser, shellLine, type Step } from "./trust-steps";
import { removeFromJavaStep, removeStep, systemStores, writeStep } from "./trust-system";

/** How one system or program is made to trust a root, and not to any more. */
export interface Instructions {
  /** `macOS`, `Java`. */
  system: string;
  install: string[];
  remove: string[];
  /** What else a person should know. */
  note?: string;
}

/** Exact commands for a root whose certificate is in `NAME.crt` of the directory that they are run in. */
export function instructionsFor(owner: Owner, root: Root): Instructions[] {
  const name = owner.nameOf(root);
  const file = `${name}.crt`;
  return [
    ...systemStores.map((store) => ({
      system: store.system,
      install: [asPerson(writeStep(store, name, { ...root, file })), sudo(...store.refresh)],
      remove: [
        asPerson(removeStep(store, name)),
        ...(store.javaKeystore
          ? [`[ ! -e ${store.javaKeystore} ] || ${asPerson(removeFromJavaStep(store.javaKeystore, name))}`]
          : []),
        sudo(...store.refreshAfterRemoval),
      ],
    })),
    ...desktopInstructions(file, root),
    ...browserInstructions(name, { ...root, file }),
    ...programInstructions(name, file),
    ...phoneInstructions(file, root),
  ];
}

function desktopInstructions(file: string, { thumbprint }: Root): Instructions[] {
  const keychain = "/Library/Keychains/System.keychain";
  return [
    {
      system: "macOS",
      install: [sudo("security", "add-trusted-cert", "-d", "-r", "trustRoot", "-k", keychain, file)],
      remove: [
        sudo("security", "remove-trusted-cert", "-d", file),
        sudo("security", "delete-certificate", "-Z", thumbprint.toUpperCase(), keychain),
      ],
      note: "Safari, Chrome, curl and Go take it from there",
    },
    {
      system: "Windows",
      install: [`certutil -addstore -f Root ${file}`],
      remove: [`certutil -delstore Root ${thumbprint}`],
      note: "in an administrator's prompt; Edge, Chrome and .NET take it from there",
    },
  ];
}

function browserInstructions(name: string, root: RootFile): Instructions[] {
  const database = "$HOME/.pki/nssdb";
  const line = (step: Step) => asPerson(step).replace(`'sql:${database}'`, `"sql:${database}"`);
  return [
    {
      system: "Chromium and Chrome on Linux",
      install: [
        `mkdir -p ${database} && [ -e ${database}/cert9.db ] || certutil -N -d "sql:${database}" --empty-password`,
        line(addStep(database, name, root)),
      ],
      remove: [line(deleteStep(database, name))],
      note: "certutil is in libnss3-tools (Debian), nss-tools (Fedora), nss (Arch)",
    },
    {
      system: "Firefox",
      install: [
        `for db in ~/.mozilla/firefox/*/cert9.db; do certutil -A -d "sql:$(dirname "$db")" -t C,, -n ${name} -a -i ${root.file}; done`,
      ],
      remove: [
        `for db in ~/.mozilla/firefox/*/cert9.db; do certutil -D -d "sql:$(dirname "$db")" -n ${name}; done`,
      ],
      note:
        "on macOS and Windows it takes the system's: security.enterprise_roots.enabled in about:config; by hand: Settings → " +
        "Privacy & Security → Certificates → View Certificates → Authorities → Import, and tick “identify websites”",
    },
  ];
}

function programInstructions(name: string, file: string): Instructions[] {
  return [
    {
      system: "Node.js",
      install: [`export NODE_EXTRA_CA_CERTS="$PWD/${file}"`],
      remove: ["unset NODE_EXTRA_CA_CERTS"],
      note: "or NODE_OPTIONS=--use-system-ca from 22.15 on, which takes the system's",
    },
    {
      system: "Java",
      install: [`keytool -importcert -noprompt -cacerts -storepass changeit -alias ${name} -file ${file}`],
      remove: [`keytool -delete -cacerts -storepass changeit -alias ${name}`],
      note: "Debian's and Fedora's packages of Java take the system's",
    },
  ];
}

function phoneInstructions(file: string, { subject }: Root): Instructions[] {
  return [
    {
      system: "iOS, iPadOS",
      install: [
        `send ${file} to the device`,
        "Settings → General → VPN & Device Management: install the profile",
        `Settings → General → About → Certificate Trust Settings: switch on ${subject}`,
      ],
      remove: ["Settings → General → VPN & Device Management: remove the profile"],
    },
    {
      system: "Android",
      install: [
        `send ${file} to the device`,
        "Settings → Security & privacy → More → Encryption & credentials → Install a certificate → CA certificate",
      ],
      remove: [
        "Settings → Security & privacy → More → Encryption & credentials → User credentials: remove it",
      ],
      note: "Chrome trusts it, other apps only where they say so",
    },
  ];
}

function asPerson(step: Step): string {
  return shellLine(asUser(step, false));
}

function sudo(...command: string[]): string {
  return shellLine(["sudo", ...command]);
}

/** Instructions as text for a terminal. */
export function printInstructions(instructions: Instructions[]): string {
  return instructions
    .map(({ system, install, remove, note }) =>
      [
        `${system}${note ? ` (${note})` : ""}`,
        ...install.map((line) => `  ${line}`),
        "  to take it away:",
        ...remove.map((line) => `  ${line}`),
        "",
      ].join("\n"),
    )
    .join("\n");
}
