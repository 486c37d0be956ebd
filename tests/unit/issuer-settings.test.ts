import assert from "node:assert/strict";
import fc from "fast-check";
import { isListOfObjects, ObjectReader } from "../../settings/object-reader";
import { kinds } from "../../components/internal/validate";
import { bundleOf, readWith } from "../support/settings";
import { makeAuthority } from "../support/openssl-ca";

const clients = { name: "clients", domains: ["clients.homelab.local"] };
const team = { name: "team", domains: ["team.example.org"], kind: "Issuer", namespace: "team" };

describe("The issuers beside the first one", () => {
  it("have a name and domains, and all else by default", () => {
    const { settings, faults } = readWith({ issuers: [clients], issuingCaRoleMaxTtl: "48h" });
    assert.deepEqual(faults, []);
    assert.deepEqual(settings!.issuers, [
      {
        name: "clients",
        kind: "ClusterIssuer",
        namespace: "",
        mount: "pki_int",
        namespaces: [],
        role: "clients",
        domains: ["clients.homelab.local"],
        maxTtl: "48h",
        usage: "server",
        keyType: "any",
        keyBits: 0,
      },
    ]);
  });

  it("have what they are given, in their order", () => {
    const given = [
      { ...team, role: "team-role", maxTtl: "8760h", usage: "both", keyType: "rsa", keyBits: 3072 },
      { ...clients, usage: "client", keyType: "ec", keyBits: 384, mount: "lab/clients" },
      { name: "signers", domains: ["homelab.local"], keyType: "ed25519", maxTtl: "1h" },
    ];
    const { settings, faults } = readWith({ issuers: given });
    assert.deepEqual(faults, []);
    given.forEach((one, index) => {
      const read = settings!.issuers[index]!;
      assert.deepEqual({ ...read, ...one }, read);
    });
  });

  const rows: [what: string, entries: Record<string, unknown>[], places: string[], pattern: RegExp][] = [
    ["no name", [{ domains: ["a.local"] }], ["[0].name"], /is not set: give a name of up to 63/],
    ["a name with a dot", [{ ...clients, name: "a.b" }], ["[0].name"], /"a\.b" will not do: give a name/],
    ["a name that is a number", [{ ...clients, name: 7 }], ["[0].name"], /7 will not do: give a name/],
    [
      "the first issuer's name",
      [{ ...clients, name: "vault-issuer" }],
      ["[0].name"],
      /vault-issuer is clusterIssuerName already: give each/,
    ],
    [
      "a name twice, also in another namespace",
      [clients, { ...team, name: "clients", role: "other" }],
      ["[1].name"],
      /clients is the name of issuers\[0\]: give each issuer a name of its own/,
    ],
    ["an unknown kind", [{ ...clients, kind: "issuer" }], ["[0].kind"], /give one of ClusterIssuer, Issuer$/],
    [
      "an Issuer without a namespace",
      [{ ...clients, kind: "Issuer" }],
      ["[0].namespace"],
      /is not set, and an Issuer is in one: give the namespace/,
    ],
    [
      "a ClusterIssuer with one",
      [{ ...clients, namespace: "team" }],
      ["[0].namespace"],
      /team, but a ClusterIssuer is in no namespace: take it out/,
    ],
    ["no namespace's name", [{ ...team, namespace: "A" }], ["[0].namespace"], /give a Kubernetes namespace/],
    ...["vault", "cert-manager", "podinfo"].map((namespace): (typeof rows)[number] => [
      `the program's own namespace ${namespace}`,
      [{ ...team, namespace }],
      ["[0].namespace"],
      /which the program makes for itself: give another/,
    ]),
    [
      "no mount's path",
      [{ ...clients, mount: "/pki_a" }],
      ["[0].mount"],
      /"\/pki_a" will not do: give a path/,
    ],
    [
      "a mount of Vault's own",
      [{ ...clients, mount: "identity" }],
      ["[0].mount"],
      /will not do: give a path/,
    ],
    ...["pki", "pki/clients"].map((mount): (typeof rows)[number] => [
      `the parent's mount, or one inside it: ${mount}`,
      [{ ...clients, mount }],
      ["[0].mount"],
      /^issuers\[0\]\.mount: pki\S* and parentCaMountPath \(pki\) are the same or one inside the other, .*: give a path apart/,
    ]),
    [
      "a mount inside the first issuer's",
      [{ ...clients, mount: "pki_int/clients" }],
      ["[0].mount"],
      /and issuingCaMountPath \(pki_int\) are the same or one inside the other/,
    ],
    [
      "a mount around another issuer's",
      [
        { ...clients, mount: "lab/clients" },
        { ...team, mount: "lab" },
      ],
      ["[1].mount"],
      /lab and issuers\[0\]\.mount \(lab\/clients\) are the same or one inside the other/,
    ],
    [
      "a mount whose CA would have too long a name",
      [{ ...clients, mount: "pki_with_a_path_of_more_than_30_letters" }],
      ["[0].mount"],
      /would be called homelab\.local Vault Intermediate pki_with_.*longer than the 64 characters/,
    ],
    ["no role's name", [{ ...clients, role: "a/b" }], ["[0].role"], /give a name of letters/],
    [
      "the first issuer's role",
      [{ ...clients, role: "home-lab-dot-local" }],
      ["[0].role"],
      /home-lab-dot-local is pkiRoleName already, the first issuer's: give each/,
    ],
    [
      "a role twice, once by a name",
      [clients, { ...team, role: "clients" }],
      ["[1].role"],
      /clients is the role of issuers\[0\]: give each issuer a role/,
    ],
    [
      "a role twice on a mount of its own",
      [
        { ...clients, mount: "pki_a", role: "servers" },
        { ...team, mount: "pki_a", role: "servers" },
      ],
      ["[1].role"],
      /servers is the role of issuers\[0\]: give each issuer a role/,
    ],
    [
      "no domains",
      [{ name: "clients" }],
      ["[0].domains"],
      /is not set: give a list of texts, each a DNS name/,
    ],
    [
      "one domain in no list",
      [{ ...clients, domains: "a.local" }],
      ["[0].domains"],
      /"a\.local" will not do: give a list/,
    ],
    [
      "an empty list of them",
      [{ ...clients, domains: [] }],
      ["[0].domains"],
      /is empty, .*: list one domain/,
    ],
    [
      "several bad ones, each by its place",
      [clients, { ...team, domains: ["A.local", "a.local", "*.b", 7, null] }],
      ["[1].domains[0]", "[1].domains[2]", "[1].domains[3]", "[1].domains[4]"],
      /will not do: give a DNS name in lower case/,
    ],
    [
      "a life that is none",
      [{ ...clients, maxTtl: "1 day" }],
      ["[0].maxTtl"],
      /give a whole number and one of/,
    ],
    [
      "a life below cert-manager's least",
      [{ ...clients, maxTtl: "59m" }],
      ["[0].maxTtl"],
      /59m is less than cert-manager asks for: give 1h or more/,
    ],
    [
      "a life beyond the issuing CA's",
      [{ ...clients, maxTtl: "8761h" }],
      ["[0].maxTtl"],
      /8761h is longer than issuingCaMaxTtl \(8760h\), .*: lower it, or raise/,
    ],
    [
      "an unknown usage",
      [{ ...clients, usage: "mail" }],
      ["[0].usage"],
      /"mail" .* give one of server, client, both$/,
    ],
    [
      "an unknown key type",
      [{ ...clients, keyType: "ecdsa" }],
      ["[0].keyType"],
      /give one of any, rsa, ec, ed25519$/,
    ],
    [
      "a size that is none",
      [{ ...clients, keyBits: "256" }],
      ["[0].keyBits"],
      /"256" will not do: give a whole number/,
    ],
    [
      "a size of any key",
      [{ ...clients, keyBits: 256 }],
      ["[0].keyBits"],
      /256, but keys of type any have no size to choose: take it out/,
    ],
    [
      "a size of an Ed25519 key",
      [{ ...clients, keyType: "ed25519", keyBits: 256 }],
      ["[0].keyBits"],
      /keys of type ed25519 have no size/,
    ],
    [
      "an RSA size of an EC key",
      [{ ...clients, keyType: "ec", keyBits: 2048 }],
      ["[0].keyBits"],
      /2048 is no size of an ec key: give one of 256, 384, 521/,
    ],
    [
      "an EC size of an RSA key",
      [{ ...clients, keyType: "rsa", keyBits: 256 }],
      ["[0].keyBits"],
      /256 is no size of an rsa key: give one of 2048/,
    ],
    [
      "a field that there is not",
      [{ ...clients, path: "pki2", ttl: "1h" }],
      ["[0].path", "[0].ttl"],
      /is not a field: take it out, or give one of name, kind,/,
    ],
  ];

  for (const [what, issuers, places, pattern] of rows) {
    it(`are refused with ${what}`, () => {
      const { settings, faults } = readWith({ issuers });
      assert.equal(settings, undefined);
      assert.deepEqual(
        faults.map((fault) => fault.slice(0, fault.indexOf(": "))),
        places.map((place) => `issuers${place}`),
        faults.join("\n"),
      );
      faults.forEach((fault) => assert.match(fault, pattern));
    });
  }

  it("may share a mount, and have roles of the same name on different ones", () => {
    const { settings, faults } = readWith({
      issuers: [
        { ...clients, mount: "pki_a", role: "home-lab-dot-local" },
        { ...team, mount: "pki_a", role: "servers" },
        { ...clients, name: "others", mount: "pki_b", role: "servers" },
        { ...clients, name: "first", mount: "pki_int", role: "servers" },
      ],
    });
    assert.deepEqual(faults, []);
    assert.deepEqual(
      settings!.issuers.map(({ mount }) => mount),
      ["pki_a", "pki_a", "pki_b", "pki_int"],
    );
  });

  it("sign with the first issuer's CA unless told otherwise, wherever that is", () => {
    const { settings, faults } = readWith({ issuingCaMountPath: "lab/issuing", issuers: [clients] });
    assert.deepEqual(faults, []);
    assert.equal(settings!.issuers[0]!.mount, "lab/issuing");
  });

  it("are refused with everything that is wrong with any of them, and with other settings, at once", () => {
    const { faults } = readWith({
      podinfoHost: "www.example.org",
      issuers: [
        { ...clients, name: undefined, maxTtl: "8761h", extra: 1 },
        { ...team, domains: ["ok.local", "NO.local"], namespace: "vault", keyType: "ec", keyBits: 1 },
        { ...clients, usage: "", role: "team" },
      ],
    });
    const named = faults.map((fault) => fault.slice(0, fault.indexOf(": "))).sort();
    assert.deepEqual(named, [
      "issuers[0].extra",
      "issuers[0].maxTtl",
      "issuers[0].name",
      "issuers[1].domains[1]",
      "issuers[1].keyBits",
      "issuers[1].namespace",
      "issuers[2].role",
      "issuers[2].usage",
      "podinfoHost",
    ]);
  });

  it("are refused with domains that the name constraints of a CA exclude, each by its place", () => {
    const root = makeAuthority({ name: "Root" });
    const nameConstraints =
      "critical, permitted;DNS:homelab.local, permitted;DNS:wsp.local, permitted;DNS:podinfo";
    const constrained = makeAuthority({ name: "Intermediate", issuer: root, nameConstraints });
    const issuers = [clients, { ...team, domains: ["a.wsp.local", "b.example.org"] }];
    const { faults } = readWith({ caBundle: bundleOf(constrained, root), issuers });
    const ofIssuers = faults.filter((fault) => fault.startsWith("issuers"));
    assert.equal(ofIssuers.length, 1, faults.join("\n"));
    assert.match(
      ofIssuers[0]!,
      /^issuers\[1\]\.domains\[1\]: the name constraints of .* exclude b\.example\.org/,
    );
  });

  it("have a life that is judged as issuingCaRoleMaxTtl where they have none of their own", () => {
    const { faults } = readWith({ issuers: [clients], issuingCaRoleMaxTtl: "59m" });
    assert.equal(faults.length, 1, faults.join("\n"));
    assert.match(faults[0]!, /^issuingCaRoleMaxTtl: /);
  });
});

describe("The reader of objects", () => {
  const read = (fields: Record<string, unknown>) => {
    const faults: string[] = [];
    const reader = new ObjectReader("things[3]", fields, (place, what) => faults.push(`${place}: ${what}`));
    const thing = {
      name: reader.text("name", kinds.objectName),
      hosts: reader.texts("hosts", kinds.dnsName),
      word: reader.choice("word", ["one", "two"]),
      size: reader.numberOrNone("size"),
      note: reader.textOr("note", kinds.duration, "1h"),
      more: reader.textsOr("more", kinds.dnsName, []),
    };
    reader.refuseUnknown();
    return { thing, faults };
  };

  it("takes whatever is right as it is, and faults whatever is not by its place, and never throws", () => {
    const some = fc.option(fc.jsonValue(), { nil: undefined });
    const name = fc.oneof(some, fc.constant("a"), fc.constant("podinfo.b"));
    const hosts = fc.oneof(some, fc.array(fc.oneof(fc.constant("a.local"), fc.jsonValue())));
    const word = fc.oneof(some, fc.constantFrom("one", "two"));
    const size = fc.oneof(some, fc.nat());
    const note = fc.oneof(some, fc.constant("5m"));
    const other = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 });
    fc.assert(
      fc.property(fc.record({ name, hosts, word, size, note, more: hosts }), other, (known, unknown) => {
        const fields = JSON.parse(JSON.stringify({ ...unknown, ...known })) as Record<string, unknown>;
        const { thing, faults } = read(fields);
        for (const fault of faults) {
          assert.match(
            fault,
            /^things\[3\]\.[^]*: [^]+: (give|take) [^]+|^things\[3\]\.[^]* is not a field: /,
          );
        }
        for (const [field, value] of Object.entries(thing)) {
          const faulted = faults.some((fault) => new RegExp(`^things\\[3\\]\\.${field}[:[]`).test(fault));
          assert.equal(value === undefined, faulted, `${field} of ${JSON.stringify(fields)}`);
          if (value !== undefined && Object.hasOwn(fields, field)) {
            assert.deepEqual(value, fields[field]);
          }
        }
        const strange = Object.keys(fields).filter((field) => !Object.hasOwn(thing, field));
        for (const field of strange) {
          assert.ok(faults.some((fault) => fault.startsWith(`things[3].${field}: is not a field`)));
        }
      }),
    );
  });

  it("does not repeat what is long, which may be a key", () => {
    const { faults } = read({ name: `secret4711 ${"x".repeat(100)}`, hosts: [] });
    assert.deepEqual(faults.length, 1);
    assert.ok(!faults[0]!.includes("4711"));
  });

  it("knows a list of objects from all else", () => {
    assert.ok(isListOfObjects([]) && isListOfObjects([{}, { a: 1 }]));
    for (const other of [null, {}, "", 1, [1], [null], [[]], [{}, ""]]) {
      assert.equal(isListOfObjects(other), false, JSON.stringify(other));
    }
  });
});
