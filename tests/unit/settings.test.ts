import assert from "node:assert/strict";
import { durationSeconds } from "../../components/internal/duration";
import { kinds } from "../../components/internal/validate";
import { caOrigin } from "../../settings/ca-origin";
import { monitoringKind, objectLabel } from "../../settings/monitoring";
import { scheduleOrNone } from "../../settings/schedule";
import {
  booleanSettings,
  listSettings,
  numberSettings,
  secretSettings,
  settingNames,
  textSettings,
} from "../../settings/table";
import { urlOrNone } from "../../settings/owners-vault-rules";
import { vaultEndpointKind } from "../../settings/vault-endpoint";
import { bundleOf, goodBundle, projectFile, readWith } from "../support/settings";
import { daysFromNow, encryptedKey, makeAuthority } from "../support/openssl-ca";

/** Every kind, also those that need a library. */
const allKinds = {
  ...kinds,
  scheduleOrNone,
  caOrigin,
  monitoringKind,
  objectLabel,
  vaultEndpointKind,
  urlOrNone,
};

const long = (length: number) => "a".repeat(length);

/** What is not of a kind, by the kind's name. */
const badTexts: Record<keyof typeof allKinds, string[]> = {
  ipv4AddressOrNone: [
    "192.168.1",
    "192.168.1.256",
    "192.168.1.242/24",
    " 192.168.1.242",
    "fd00::1",
    "vault.local",
  ],
  urlOrNone: ["vault.local", "http://vault.local:8200", "https://vault.local/v1", "auto"],
  vaultEndpointKind: [
    ...["", "nodePort", "ingress", "LoadBalancer", "vault.local", "192.168.1.242", "http://vault.local:8200"],
    ...[
      "https://vault.local/v1",
      "https://vault.local?a=b",
      "https://user@vault.local",
      "https://Vault.local",
      "https://",
    ],
  ],
  dnsName: [
    ...[
      "",
      "Podinfo.local",
      "https://podinfo.local",
      "podinfo.local:443",
      "podinfo.local.",
      ".local",
      "*.local",
    ],
    ...[
      "-a.local",
      "a-.local",
      "a..local",
      "a b.local",
      "a_b.local",
      "192.168.1.1",
      "a.1",
      `${long(64)}.local`,
    ],
    Array(128).fill("a").join("."),
  ],
  dnsNameOrNone: [
    "Pki.local",
    "http://pki.local",
    "pki.local/v1",
    "pki.local:80",
    "*.local",
    "192.168.1.1",
    " ",
  ],
  namespace: ["", "Vault", "vault.prod", "-vault", "vault-", "a_b", long(64)],
  objectName: ["", "Issuer", "a_b", "a..b", "a/b", long(64)],
  classNameOrNone: ["Longhorn", "long horn", "a/b", long(64)],
  objectNameOrNone: ["Roots", "a_b", "a..b", long(64)],
  label: [
    "",
    "trust",
    "=homelab",
    "a=b=c",
    "a/b/c=d",
    "/a=b",
    "A_/a=b",
    "-a=b",
    `${long(64)}=b`,
    `a=${long(64)}`,
    "a=b c",
  ],
  mountPath: [
    "",
    "/pki",
    "pki/",
    "pki//int",
    "sys/pki",
    "auth",
    "identity/pki",
    "pki int",
    "../pki",
    "pki/..",
    "-pki",
  ],
  vaultName: ["", "a/b", "a b", "-a", "a.", "ä"],
  commonName: ["", " Vault", "Vault ", "a\nb", long(65)],
  duration: ["", "24", "24 h", "1h30m", "0h", "-1h", "1.5h", "1y", "1w", "h", "106752d", "999999999h"],
  storageSize: ["", "10", "10 Gi", "10GB", "0Gi", "-1Gi", "ten", "10gi"],
  storageSizeOrNone: ["10", "0Gi", "none", " "],
  version: ["", "latest", "v1.21.1", "1.21", "1.21.1+ent"],
  chartVersion: ["latest", "1.2", "^1.2.3", "1.2.x"],
  chart: ["", "my chart"],
  repository: [
    "ftp://charts.example.org",
    "charts.example.org",
    "https://",
    "https://a b",
    "oci://example.org",
  ],
  rootTokenUse: ["", "Keep", "delete"],
  scheduleOrNone: ["daily", "0 3 * *", "0 3 * * * *", "60 3 * * *", "@reboot"],
  caOrigin: ["", "Import", "root", "generate "],
  monitoringKind: ["", "true", "Operator", "prometheus"],
  objectLabel: [
    "",
    "release",
    "=prometheus",
    "release: prometheus",
    "a/b/c=d",
    "release=a b",
    `a=${long(64)}`,
  ],
  vaultStorage: ["Raft", "consul", " file"],
  pgpKey: ["", " \n"],
  certificatesOrNone: ["none", "ca.cert.pem", "signed.pem", "MIIB"],
  imageReference: [
    "",
    "haproxy",
    "registry.local:5000/haproxy",
    "haproxy:",
    "HAProxy:3.0",
    "haproxy:3.0:1",
    "haproxy@sha256:1",
    "https://example.org/haproxy:3.0",
    "haproxy 3.0",
  ],
  image: [
    "",
    "hashicorp/vault:1.21.1",
    "HashiCorp/vault",
    "https://example.org/vault",
    "/vault",
    "vault@sha256:1",
  ],
};

const badNumbers = (least: number, greatest: number) => [
  least - 1,
  greatest + 1,
  1.5,
  "one",
  "",
  "1,2",
  true,
  [1],
];
const badBooleans = ["yes", "True", "", 1, "null"];
const badLists = ["homelab.local", { a: "homelab.local" }, [1], [null], "[", "null", 7];

/** Every setting with every value that will not do. */
const badValues: [name: string, values: unknown[]][] = [
  ...Object.entries(textSettings).map(([name, kind]): [string, unknown[]] => [name, badTexts[nameOf(kind)]]),
  ...Object.entries(listSettings).map(([name, kind]): [string, unknown[]] => [
    name,
    [...badLists, ...badTexts[nameOf(kind)].map((text) => ["good.homelab.local", text])],
  ]),
  ...Object.entries(numberSettings).map(([name, [least, greatest]]): [string, unknown[]] => [
    name,
    badNumbers(least, greatest),
  ]),
  ...booleanSettings.map((name): [string, unknown[]] => [name, badBooleans]),
  // What is wrong inside of an object stands with the issuers.
  ["issuers", ["clients", { name: "clients" }, ["clients"], [null], [[]], "[", 7]],
];

describe("The settings", () => {
  it("as Pulumi.yaml has them, with a good CA, are right and without a note", () => {
    const { settings, faults, notes } = readWith({});
    assert.deepEqual(faults, []);
    assert.deepEqual(notes, []);
    assert.equal(settings?.canaryDnsName, "canary.homelab.local");
    assert.match(settings.rootCertificatePem, /^-----BEGIN CERTIFICATE-----\n/);
    for (const [name, declared] of Object.entries(projectFile.config)) {
      if (!secretSettings.some((secret) => secret === name)) {
        assert.deepEqual(settings[name as keyof typeof settings], declared.default, name);
      }
    }
  });

  for (const [name, values] of badValues) {
    it(`refuse ${name} where its value is not of its kind`, () => {
      for (const value of values) {
        const { settings, readable, faults } = readWith({ [name]: value });
        assert.ok(
          settings === undefined && !(readable as Record<string, unknown>)[name],
          JSON.stringify(value),
        );
        assertNamed(faults, name, /will not do: give (a|an|the|true|keep) /);
      }
    });

    it(`refuse a run without ${name}`, () => {
      assertNamed(readWith({ [name]: undefined }).faults, name, /is not set: "pulumi config set/);
    });
  }

  it("are faulted all in one report, each by its name", () => {
    const bad = Object.fromEntries(badValues.map(([name, values]) => [name, values.at(-1)]));
    const { settings, faults } = readWith({
      ...bad,
      caBundle: "not PEM",
      vaultExistingUnsealKeys: "not a list",
      vaultExistingRootToken: "with white space",
      vaultToken: "with white space",
      podinfoHots: "a typing error",
    });
    assert.equal(settings, undefined);
    const wanted = [...settingNames.filter((name) => name !== "caPassphrase"), "podinfoHots"];
    const named = new Set(faults.map((fault) => /^[A-Za-z]+(?=: )/.exec(fault)?.[0]));
    assert.deepEqual([...named].sort(), wanted.sort());
  });

  it("that are unknown are refused, with the way to take them out", () => {
    assert.deepEqual(readWith({ podinfoHots: "x", vault: { a: 1 } }).faults, [
      'podinfoHots: is not a setting: see Pulumi.yaml for those there are, or "pulumi config rm podinfoHots"',
      'vault: is not a setting: see Pulumi.yaml for those there are, or "pulumi config rm vault"',
    ]);
  });

  it("give the passphrase and the bundle on as secrets", async () => {
    const { settings } = readWith({});
    for (const name of secretSettings) {
      const output = settings![name] as unknown as { isSecret: Promise<boolean> };
      assert.ok(await output.isSecret, name);
    }
  });
});

describe("Secret settings", () => {
  const key = Buffer.alloc(33, 7).toString("base64");
  const values = {
    caBundle: goodBundle,
    caPassphrase: () => "a passphrase in clear 4711",
    vaultExistingUnsealKeys: () => [key],
    vaultExistingRootToken: () => "hvs.inclear4711",
    vaultToken: () => "hvs.inclear4712",
  };

  for (const name of secretSettings) {
    it(`refuse ${name} in clear, without repeating it`, () => {
      const value = values[name]();
      const { settings, faults } = readWith({ [name]: value }, { inClear: [name] });
      assert.equal(settings, undefined);
      assertNamed(faults, name, /is stored in clear: give it encrypted, with "pulumi config set --secret/);
      assert.ok(!faults.join("\n").includes(String(value)), "the value is not repeated");
    });
  }

  it("may be empty in clear, as Pulumi.yaml has them", () => {
    const { faults } = readWith({}, { inClear: secretSettings.filter((name) => name !== "caBundle") });
    assert.deepEqual(faults, []);
  });

  it("ask for caBundle", () => {
    for (const caBundle of [undefined, ""]) {
      assertNamed(
        readWith({ caBundle }).faults,
        "caBundle",
        /is not set: "pulumi config set --secret caBundle </,
      );
    }
  });

  it("open an encrypted key", () => {
    const root = makeAuthority({ name: "Root" });
    const made = makeAuthority({ name: "Intermediate", issuer: root });
    const caBundle = made.certificatePem + encryptedKey(made, "right") + root.certificatePem;
    assert.deepEqual(readWith({ caBundle, caPassphrase: "right" }).faults, []);
    assertNamed(readWith({ caBundle, caPassphrase: "wrong" }).faults, "caBundle", /set caPassphrase to/);
    assertNamed(readWith({ caBundle }).faults, "caBundle", /"pulumi config set --secret caPassphrase"/);
  });

  it("say what was put right in the bundle", () => {
    const caBundle = goodBundle()
      .split(/(?<=-----END [A-Z ]+-----\n)/)
      .reverse()
      .join("");
    const { faults, notes } = readWith({ caBundle, caPassphrase: "unused" });
    assert.deepEqual(faults, []);
    assert.deepEqual(notes, [
      "caBundle: the parts were put in order: intermediate certificate, its key, root certificate",
      "caBundle: the key is not encrypted; caPassphrase is not used",
    ]);
  });
});

describe("The keys of an existing Vault", () => {
  const key = (byte: number) => Buffer.alloc(33, byte).toString("base64");
  const read = (vaultExistingUnsealKeys: unknown, vaultExistingRootToken: unknown, more = {}) =>
    readWith({ vaultExistingUnsealKeys, vaultExistingRootToken, ...more });

  it("are taken, base64 or hexadecimal, as many as it takes to unseal", () => {
    const hexadecimal = Buffer.alloc(33, 9).toString("hex");
    const two = { vaultKeyShares: 3, vaultKeyThreshold: 2 };
    const { settings, faults } = read([key(1), hexadecimal], "hvs.token", two);
    assert.deepEqual(faults, []);
    assert.ok(settings);
  });

  for (const [what, keys, token, name, pattern] of [
    [
      "fewer than the threshold",
      [key(1)],
      "hvs.token",
      "vaultExistingUnsealKeys",
      /holds 1 of the 2 keys that vaultKeyThreshold asks for: give/,
    ],
    [
      "the same one twice",
      [key(1), key(1)],
      "hvs.token",
      "vaultExistingUnsealKeys",
      /holds the same key twice: give different/,
    ],
    [
      "something else",
      [key(1), "secret 4711"],
      "hvs.token",
      "vaultExistingUnsealKeys",
      /holds something that is no unseal key: give them as/,
    ],
    [
      "no list",
      "secret 4711",
      "hvs.token",
      "vaultExistingUnsealKeys",
      /its value will not do: give a list of texts/,
    ],
    [
      "a list of numbers",
      [4711],
      "hvs.token",
      "vaultExistingUnsealKeys",
      /its value will not do: give a list of texts/,
    ],
    [
      "a token with a line end",
      [key(1), key(2)],
      "hvs.4711\n",
      "vaultExistingRootToken",
      /holds white space: give the token alone/,
    ],
    [
      "no token",
      [key(1), key(2)],
      "",
      "vaultExistingRootToken",
      /is not set, but vaultExistingUnsealKeys is: give the root token as well/,
    ],
  ] as const) {
    it(`are refused as ${what}, without repeating them`, () => {
      const { settings, faults } = read(keys, token, { vaultKeyShares: 3, vaultKeyThreshold: 2 });
      assert.equal(settings, undefined);
      assertNamed(faults, name, pattern);
      assert.ok(![key(1), "4711"].some((secret) => faults.join("\n").includes(secret)));
    });
  }
});

describe("Values that are not a list", () => {
  it("are not repeated when they are long, because one of them may be a private key", () => {
    const text = `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${"secret4711".repeat(20)}`;
    const { settings, faults } = readWith({ vaultPgpKeys: text });
    assert.equal(settings, undefined);
    assertNamed(faults, "vaultPgpKeys", /its value will not do: give a list of texts/);
    assert.ok(!faults.join("\n").includes("4711"));
  });
});

describe("Between settings, the run refuses", () => {
  const rows: [what: string, changes: Record<string, unknown>, name: string, pattern: RegExp][] = [
    [
      "a threshold above the shares",
      { vaultKeyShares: 3, vaultKeyThreshold: 4 },
      "vaultKeyThreshold",
      /4 of 3 keys could never .*: give at most vaultKeyShares \(3\)/,
    ],
    [
      "a threshold of one of several",
      { vaultKeyShares: 3, vaultKeyThreshold: 1 },
      "vaultKeyThreshold",
      /refuses a threshold of 1 with 3 shares: give 2 or more, or 1 share/,
    ],
    [
      "a certificate longer than the issuing CA",
      { issuingCaRoleMaxTtl: "8761h" },
      "issuingCaRoleMaxTtl",
      /8761h, .*, is longer than issuingCaMaxTtl \(8760h\), .*: lower .* or raise/,
    ],
    [
      "an issuing CA longer than the parent",
      { issuingCaMaxTtl: "43801h" },
      "issuingCaMaxTtl",
      /43801h, .*, is longer than parentCaMaxTtl \(43800h\), .*: lower .* or raise/,
    ],
    [
      "a certificate of the parent longer than the parent",
      { parentCaRoleMaxTtl: "1826d" },
      "parentCaRoleMaxTtl",
      /1826d, .*, is longer than parentCaMaxTtl \(43800h\)/,
    ],
    [
      "a certificate shorter than cert-manager asks for",
      { issuingCaRoleMaxTtl: "59m" },
      "issuingCaRoleMaxTtl",
      /59m is less than cert-manager asks for: give 1h or more/,
    ],
    [
      "a parent longer than the imported intermediate",
      { parentCaMaxTtl: "3651d" },
      "parentCaMaxTtl",
      /3651d is longer than the imported intermediate "O=Home Lab, CN=Intermediate" lives, .*: give at most [0-9]+h/,
    ],
    [
      "a token of Pulumi's that could end within a run",
      { vaultTokenPeriod: "59m" },
      "vaultTokenPeriod",
      /59m could end before the next run, or within this one: give 1h or more/,
    ],
    ["no domain at all", { domains: [] }, "domains", /is empty, .*: list one domain or more/],
    [
      "a host that no role admits",
      { podinfoHost: "www.example.org" },
      "podinfoHost",
      /no role of Vault would admit www\.example\.org, .*: add its domain to domains, or choose another host/,
    ],
    [
      "a host whose end only looks like a domain",
      { podinfoHost: "notwsp.local" },
      "podinfoHost",
      /no role of Vault would admit notwsp\.local/,
    ],
    [
      "an alias that no role admits",
      { podinfoAliases: ["podinfo", "example.org"] },
      "podinfoAliases",
      /no role of Vault would admit example\.org/,
    ],
    [
      "an alias that is there twice",
      { podinfoAliases: ["podinfo", "podinfo"] },
      "podinfoAliases",
      /podinfo is given twice: list each host once/,
    ],
    [
      "the host as an alias",
      { podinfoAliases: ["podinfo.wsp.local"] },
      "podinfoAliases",
      /podinfo\.wsp\.local is given twice: .*podinfoHost not at all/,
    ],
    [
      "a host too long for a common name",
      { podinfoHost: `${long(60)}.wsp.local` },
      "podinfoHost",
      /is longer than the 64 characters of a common name: choose a shorter/,
    ],
    [
      "two in one namespace",
      { podinfoNamespace: "vault" },
      "podinfoNamespace",
      /vault is vaultNamespace already: give each a namespace of its own/,
    ],
    [
      "cert-manager in Vault's namespace",
      { certManagerNamespace: "vault" },
      "certManagerNamespace",
      /vault is vaultNamespace already/,
    ],
    [
      "the cluster's own namespace",
      { vaultNamespace: "kube-system" },
      "vaultNamespace",
      /kube-system is the cluster's own: give a namespace that the program is to make/,
    ],
    [
      "the default namespace",
      { podinfoNamespace: "default" },
      "podinfoNamespace",
      /default is the cluster's own/,
    ],
    [
      "a ConfigMap of the cluster's own for the roots",
      { trustBundle: "kube-root-ca.crt" },
      "trustBundle",
      /kube-root-ca\.crt is a ConfigMap of the cluster's own, .*: choose another name/,
    ],
    [
      "two values of one label",
      { trustNamespaceLabels: ["trust=homelab", "trust=other"] },
      "trustNamespaceLabels",
      /trust is given twice, .*: list it once/,
    ],
    [
      "the same mount path twice",
      { issuingCaMountPath: "pki" },
      "issuingCaMountPath",
      /are the same or one inside the other, .*: give two paths apart/,
    ],
    [
      "a mount path inside the other",
      { issuingCaMountPath: "pki/int" },
      "issuingCaMountPath",
      /pki\/int and parentCaMountPath \(pki\) are the same or one inside/,
    ],
    [
      "a mount path around the other",
      { parentCaMountPath: "pki_int/root" },
      "issuingCaMountPath",
      /are the same or one inside the other/,
    ],
  ];

  for (const [what, changes, name, pattern] of rows) {
    it(what, () => {
      const { settings, faults } = readWith(changes);
      assert.equal(settings, undefined);
      assertNamed(faults, name, pattern);
      assert.equal(faults.length, 1, faults.join("\n"));
    });
  }

  it("nothing that is just within bounds", () => {
    const changes = {
      vaultKeyShares: 255,
      vaultKeyThreshold: 255,
      issuingCaRoleMaxTtl: "365d",
      issuingCaMaxTtl: "8760h",
      parentCaRoleMaxTtl: "43800h",
      podinfoHost: `${long(54)}.wsp.local`,
      podinfoAliases: ["homelab.local", "a.b.podinfo"],
      issuingCaMountPath: "pki2",
      vaultStorageClass: "",
    };
    assert.deepEqual(readWith(changes).faults, []);
  });

  it("a parent that outlives the imported certificates, to the second", () => {
    const root = makeAuthority({ name: "Root" });
    const ends = daysFromNow(2000);
    const caBundle = bundleOf(makeAuthority({ name: "Intermediate", issuer: root, notAfter: ends }), root);
    const before = (seconds: number) => new Date(ends.getTime() - seconds * 1000);
    const life = durationSeconds("43800h");
    assert.deepEqual(readWith({ caBundle }, { now: before(life) }).faults, []);
    assertNamed(
      readWith({ caBundle }, { now: before(life - 1) }).faults,
      "parentCaMaxTtl",
      /give at most 43799h/,
    );
    assertNamed(readWith({ caBundle }, { now: before(90) }).faults, "parentCaMaxTtl", /give at most 90s/);
  });
});

function nameOf(kind: unknown): keyof typeof allKinds {
  const found = Object.entries(allKinds).find(([, known]) => known === kind);
  assert.ok(found, "every kind of a setting has bad values here");
  return found[0] as keyof typeof allKinds;
}

function assertNamed(faults: string[], name: string, pattern: RegExp): void {
  const ofName = faults.filter((fault) => fault.startsWith(`${name}: `));
  assert.ok(
    ofName.some((fault) => pattern.test(fault)),
    `nothing says ${name}: ${String(pattern)}:\n${faults.join("\n")}`,
  );
}
