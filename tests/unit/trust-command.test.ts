import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { instructionsFor, printInstructions } from "../../operations/trust-commands";
import { findDatabases, planDatabase } from "../../operations/trust-nss";
import { dateFaults, describeRoot, Owner, readRoots, type RootFile } from "../../operations/trust-roots";
import { asUser, runSteps, shellLine, type Run } from "../../operations/trust-steps";
import {
  checkSystemStore,
  findSystemStore,
  planSystemStore,
  systemStores,
  type SystemStore,
} from "../../operations/trust-system";
import { daysFromNow, makeAuthority, pemBlock } from "../support/openssl-ca";

const root = makeAuthority({ name: "Root" });
const former = makeAuthority({ name: "Former Root" });
const intermediate = makeAuthority({ name: "Intermediate", issuer: root });
const owner = new Owner("lab");

function rootFile({ certificatePem, certificateFile }: typeof root): RootFile {
  return { ...readRoots(certificatePem).roots[0]!, file: certificateFile };
}

describe("The roots to trust", () => {
  it("are read one by one, each once, whatever stands around them", () => {
    const text = `the lab's:\r\n${root.certificatePem}\n${former.certificatePem}${root.certificatePem}`;
    const { roots, faults } = readRoots(text);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      roots.map(({ subject }) => subject),
      ["CN=Root, O=Home Lab", "CN=Former Root, O=Home Lab"],
    );
    const digest = ["dgst", "-sha256", "-r"];
    const der = execFileSync("openssl", ["x509", "-in", root.certificateFile, "-outform", "der"]);
    assert.ok(
      execFileSync("openssl", digest, { input: der, encoding: "utf8" }).startsWith(roots[0]!.fingerprint),
    );
  });

  const leaf = makeAuthority({ name: "leaf", basicConstraints: "critical, CA:false" });
  const rows: [what: string, text: string, fault: RegExp][] = [
    [
      "an intermediate",
      intermediate.certificatePem,
      /"CN=Intermediate, .*" was issued by "CN=Root, .*": give the root/,
    ],
    [
      "a certificate of a server",
      leaf.certificatePem,
      /"CN=leaf, .*" is not a CA: give the root certificate/,
    ],
    [
      "a root with its key",
      root.certificatePem + root.keyPem,
      /^block 2 is a key: give root certificates alone$/,
    ],
    [
      "a damaged one",
      root.certificatePem.replace(/^M.{20}/m, "MIIB"),
      /^PEM block 1 \(CERTIFICATE\) is damaged: .*: copy/,
    ],
    [
      "other bytes",
      pemBlock("CERTIFICATE", Buffer.alloc(99)),
      /^block 1 cannot be read, it is damaged: copy it again/,
    ],
    ["no PEM", "root", /^there is no root certificate in PEM text$/],
    ["nothing", "", /^there is no root certificate in PEM text$/],
  ];
  for (const [what, text, fault] of rows) {
    it(`are refused as ${what}`, () => {
      const { faults } = readRoots(text);
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.match(faults[0]!, fault);
    });
  }

  it("are refused when another has the root's name but not its signature", () => {
    const other = makeAuthority({ name: "Root", copy: 2 });
    const issued = makeAuthority({ name: "Root", issuer: other });
    assert.match(readRoots(issued.certificatePem).faults[0]!, /was issued by "CN=Root, O=Home Lab"/);
  });

  it("are of no use before they begin and after they end", () => {
    const roots = [rootFile(root)];
    assert.deepEqual(dateFaults(roots, new Date()), []);
    assert.match(
      dateFaults(roots, daysFromNow(4000))[0]!,
      /ended at 20.*: nothing below it is trusted any more/,
    );
    assert.match(dateFaults(roots, daysFromNow(-2))[0]!, /begins at 20.*: wait, or set this machine's clock/);
  });

  it("are described by what a person compares", () => {
    const text = describeRoot(rootFile(root), new Date());
    const fingerprint = execFileSync(
      "openssl",
      ["x509", "-in", root.certificateFile, "-noout", "-fingerprint", "-sha256"],
      {
        encoding: "utf8",
      },
    );
    assert.ok(text.includes(fingerprint.split("=")[1]!.trim()), text);
    assert.match(text, /^CN=Root, O=Home Lab\n/);
    assert.match(text, /, 3649 days left$/);
  });

  it("bear the name of their stack in every store, and of no other", () => {
    const name = owner.nameOf({ fingerprint: "0123456789abcdef0123" });
    assert.equal(name, "cert-manager-vault-lab-0123456789abcdef");
    assert.ok(owner.owns(name));
    for (const other of [
      new Owner("lab-2").nameOf(rootFile(root)),
      `${name}0`,
      "mkcert",
      "cert-manager-vault-lab-",
    ]) {
      assert.ok(!owner.owns(other), other);
    }
    assert.match(new Owner("A b/../c").nameOf(rootFile(root)), /^cert-manager-vault-a_b____c-[0-9a-f]{16}$/);
  });
});

describe("The trust store of a Linux system", () => {
  let machine: string;
  let store: SystemStore;

  /** Does what `update-ca-certificates` does, as far as it is looked at, and what the other commands do for real. */
  const run: Run = async (command) => {
    if (command[0]!.startsWith("update-ca")) {
      const files = readdirSync(store.directory).filter((file) => file.endsWith(".crt"));
      const texts = files.map((file) => readFileSync(path.join(store.directory, file), "utf8"));
      writeFileSync(store.bundle, `# bundle\n${texts.join("")}`);
    } else if (command[0] !== "keytool") {
      execFileSync(command[0]!, command.slice(1));
    }
    return { status: 0, stdout: "", stderr: "" };
  };
  const bring = async (...roots: RootFile[]) => {
    const steps = planSystemStore(store, owner, roots);
    const said: string[] = [];
    await runSteps(steps, { isRoot: true, run, say: (line) => said.push(line) });
    return { said, commands: steps.map(({ command }) => command.join(" ")) };
  };
  const files = () => readdirSync(store.directory).sort();
  const inBundle = () => readFileSync(store.bundle, "utf8");

  beforeEach(() => {
    machine = mkdtempSync(path.join(tmpdir(), "machine-"));
    mkdirSync(path.join(machine, "usr/local/share/ca-certificates"), { recursive: true });
    mkdirSync(path.join(machine, "etc/ssl/certs/java"), { recursive: true });
    store = findSystemStore(machine)!;
    writeFileSync(path.join(store.directory, "of-somebody-else.crt"), "somebody else's\n");
  });

  afterEach(() => rmSync(machine, { recursive: true }));

  it("is known by the directory that each system comes with", () => {
    for (const known of systemStores) {
      const other = mkdtempSync(path.join(tmpdir(), "machine-"));
      assert.equal(findSystemStore(other), undefined);
      mkdirSync(path.join(other, known.directory), { recursive: true });
      assert.equal(findSystemStore(other)?.system, known.system);
      rmSync(other, { recursive: true });
    }
  });

  it("gets the root in a file that all may read, and bundles made anew, and says so", async () => {
    const { said, commands } = await bring(rootFile(root));
    const name = owner.nameOf(rootFile(root));
    const file = path.join(store.directory, `${name}.crt`);
    assert.deepEqual(commands, [`install -m 0644 ${root.certificateFile} ${file}`, "update-ca-certificates"]);
    assert.deepEqual(said, [`"CN=Root, O=Home Lab" is in ${file}`, `${store.bundle} is made anew`]);
    assert.equal(readFileSync(file, "utf8"), root.certificatePem);
    assert.deepEqual(checkSystemStore(store, [rootFile(root)]), []);
  });

  it("is left alone when it trusts the roots already", async () => {
    await bring(rootFile(root));
    assert.deepEqual((await bring(rootFile(root))).commands, []);
  });

  it("is brought to an end when an interrupted run has written the file only", async () => {
    await bring(rootFile(root));
    writeFileSync(store.bundle, "");
    assert.deepEqual((await bring(rootFile(root))).commands, ["update-ca-certificates"]);
  });

  it("gets a file that was changed as it was again", async () => {
    await bring(rootFile(root));
    const file = path.join(store.directory, `${owner.nameOf(rootFile(root))}.crt`);
    writeFileSync(file, "changed");
    await bring(rootFile(root));
    assert.equal(readFileSync(file, "utf8"), root.certificatePem);
  });

  it("loses a former root of the stack with the next install, not while both are trusted", async () => {
    await bring(rootFile(former));
    await bring(rootFile(root), rootFile(former));
    assert.equal(files().length, 3);
    const { commands } = await bring(rootFile(root));
    assert.equal(commands.at(-1), "update-ca-certificates --fresh");
    assert.ok(inBundle().includes(root.certificatePem) && !inBundle().includes(former.certificatePem));
  });

  it("is as before after remove: no root of the stack, what others have put there untouched", async () => {
    await bring(rootFile(root), rootFile(former));
    const other = new Owner("lab-2");
    writeFileSync(path.join(store.directory, `${other.nameOf(rootFile(root))}.crt`), "of another stack\n");
    await bring();
    assert.deepEqual(files(), [`${other.nameOf(rootFile(root))}.crt`, "of-somebody-else.crt"]);
    assert.ok(!inBundle().includes(root.certificatePem) && !inBundle().includes(former.certificatePem));
    assert.deepEqual((await bring()).commands, []);
  });

  it("loses the root from the system's Java as well, which Debian forgets to do", async () => {
    const name = owner.nameOf(rootFile(former));
    const others = ["debian:isrg_root_x1.pem", `debian:${new Owner("lab-2").nameOf(rootFile(root))}.pem`];
    writeFileSync(
      store.javaKeystore!,
      ["\0\u00ff", `debian:${name}.pem`, ...others].join("\0\u0002"),
      "latin1",
    );
    const { commands } = await bring();
    assert.deepEqual(commands, [
      `keytool -delete -keystore ${store.javaKeystore} -storepass changeit -alias debian:${name}.pem`,
    ]);
  });

  it("that does not take a root is told of", () => {
    assert.match(
      checkSystemStore(store, [rootFile(root)])[0]!,
      /"CN=Root, .*" did not get into .*ca-certificates\.crt/,
    );
  });

  it("is changed by sudo for whom it does not belong to", () => {
    const [write, refresh] = planSystemStore(store, owner, [rootFile(root)]);
    assert.deepEqual(asUser(write!, false).slice(0, 2), ["sudo", "install"]);
    assert.deepEqual(asUser(refresh!, false), ["sudo", "update-ca-certificates"]);
    assert.deepEqual(asUser(refresh!, true), ["update-ca-certificates"]);
  });

  it("is left where a command fails, with its words", async () => {
    const steps = planSystemStore(store, owner, [rootFile(root)]);
    const failing: Run = async () => ({ status: 1, stdout: "", stderr: "sudo: a password is required\n" });
    const said: string[] = [];
    await assert.rejects(
      runSteps(steps, { isRoot: false, run: failing, say: (line) => said.push(line) }),
      /^Error: sudo install -m 0644 .* failed: sudo: a password is required$/,
    );
    assert.deepEqual(said, []);
  });
});

describe("The browsers' databases", () => {
  const listing = (...lines: string[]) =>
    [
      "",
      "Certificate Nickname                Trust Attributes",
      "     SSL,S/MIME,JAR/XPI",
      "",
      ...lines,
      "",
    ].join("\n");
  const lists =
    (text: string): Run =>
    async (command) => {
      assert.deepEqual(command, ["certutil", "-L", "-d", "sql:/home/me/.pki/nssdb"]);
      return { status: 0, stdout: text, stderr: "" };
    };
  const plan = async (text: string, ...roots: RootFile[]) => {
    const steps = await planDatabase("/home/me/.pki/nssdb", owner, roots, lists(text));
    assert.ok(steps.every(({ privileged }) => !privileged));
    return steps.map(({ command }) => command.slice(1).join(" "));
  };
  const name = owner.nameOf(rootFile(root));

  it("are found where Chromium and Firefox have them", () => {
    const home = mkdtempSync(path.join(tmpdir(), "home-"));
    const there = [
      ".pki/nssdb",
      ".mozilla/firefox/a.default",
      "snap/firefox/common/.mozilla/firefox/b.default",
    ];
    for (const directory of [...there, ".mozilla/firefox/Crash Reports"]) {
      mkdirSync(path.join(home, directory), { recursive: true });
    }
    there.forEach((directory) => writeFileSync(path.join(home, directory, "cert9.db"), ""));
    assert.deepEqual(
      findDatabases(home),
      there.map((directory) => path.join(home, directory)),
    );
    rmSync(home, { recursive: true });
  });

  it("get the root as one that vouches for servers, and nothing else", async () => {
    assert.deepEqual(await plan(listing("Somebody else's CA   CT,C,C"), rootFile(root)), [
      `-A -d sql:/home/me/.pki/nssdb -t C,, -n ${name} -a -i ${root.certificateFile}`,
    ]);
  });

  it("are left alone when they trust it already", async () => {
    assert.deepEqual(await plan(listing(`${name}     C,,  `), rootFile(root)), []);
    assert.equal(
      (await plan(listing(`${name}     ,,  `), rootFile(root))).length,
      1,
      "there but not trusted",
    );
  });

  it("lose every root of the stack, and no other", async () => {
    const formerName = owner.nameOf(rootFile(former));
    const lines = [
      `${name}  C,,`,
      `${formerName}  C,,`,
      "Root  C,,",
      `${new Owner("lab-2").nameOf(rootFile(root))}  C,,`,
    ];
    assert.deepEqual(await plan(listing(...lines)), [
      `-D -d sql:/home/me/.pki/nssdb -n ${name}`,
      `-D -d sql:/home/me/.pki/nssdb -n ${formerName}`,
    ]);
  });
});

describe("The printed commands", () => {
  const instructions = instructionsFor(owner, rootFile(root));
  const name = owner.nameOf(rootFile(root));
  const { thumbprint } = rootFile(root);
  const of = (system: string) => instructions.find((one) => one.system === system)!;

  it("are there for every system, with those that take it away", () => {
    const systems = instructions.map(({ system }) => system).join(" | ");
    for (const wanted of [
      "Fedora",
      "Debian",
      "Arch",
      "macOS",
      "Windows",
      "Chromium",
      "Firefox",
      "Node.js",
      "Java",
      "iOS",
      "Android",
    ]) {
      assert.ok(systems.includes(wanted), wanted);
    }
    for (const { system, install, remove } of instructions) {
      assert.ok(install.length > 0 && remove.length > 0, system);
    }
    assert.ok(instructions.every(({ system }) => printInstructions(instructions).includes(system)));
  });

  it("are the exact ones", () => {
    const keychain = "/Library/Keychains/System.keychain";
    assert.deepEqual(of("macOS").install, [
      `sudo security add-trusted-cert -d -r trustRoot -k ${keychain} ${name}.crt`,
    ]);
    assert.deepEqual(of("macOS").remove, [
      `sudo security remove-trusted-cert -d ${name}.crt`,
      `sudo security delete-certificate -Z ${thumbprint.toUpperCase()} ${keychain}`,
    ]);
    assert.deepEqual(of("Windows").install, [`certutil -addstore -f Root ${name}.crt`]);
    assert.deepEqual(of("Windows").remove, [`certutil -delstore Root ${thumbprint}`]);
    const anchors = "/etc/pki/ca-trust/source/anchors";
    assert.deepEqual(of("Fedora, RHEL").install, [
      `sudo install -m 0644 ${name}.crt ${anchors}/${name}.crt`,
      "sudo update-ca-trust extract",
    ]);
    const keystore = "/etc/ssl/certs/java/cacerts";
    assert.deepEqual(of("Debian, Ubuntu, Alpine").remove, [
      `sudo rm -f /usr/local/share/ca-certificates/${name}.crt`,
      `[ ! -e ${keystore} ] || sudo keytool -delete -keystore ${keystore} -storepass changeit -alias debian:${name}.pem`,
      "sudo update-ca-certificates --fresh",
    ]);
    assert.equal(
      of("Chromium and Chrome on Linux").install[1],
      `certutil -A -d "sql:$HOME/.pki/nssdb" -t C,, -n ${name} -a -i ${name}.crt`,
    );
  });

  it("are what a POSIX shell takes, those for phones and Windows apart", () => {
    for (const { system, install, remove } of instructions) {
      if (!["Windows", "iOS, iPadOS", "Android"].includes(system)) {
        execFileSync("sh", ["-n"], { input: [...install, ...remove].join("\n") });
      }
    }
    assert.equal(shellLine(["a b", "it's", "plain-1.crt"]), `'a b' 'it'\\''s' plain-1.crt`);
  });

  it("name a file that --save writes", () => {
    const directory = mkdtempSync(path.join(tmpdir(), "print-"));
    const command = ["--import", "tsx", "operations/trust.ts", "print", "--save", directory, "--name", "lab"];
    const printed = execFileSync(process.execPath, [...command, "--file", root.certificateFile], {
      cwd: path.join(__dirname, "../.."),
      encoding: "utf8",
    });
    assert.ok(printed.includes(path.join(directory, `${name}.crt`)));
    assert.ok(existsSync(path.join(directory, `${name}.crt`)));
    assert.equal(readFileSync(path.join(directory, `${name}.crt`), "utf8"), root.certificatePem);
    rmSync(directory, { recursive: true });
  }).timeout(60_000);
});
