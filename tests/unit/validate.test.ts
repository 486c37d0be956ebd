import assert from "node:assert/strict";
import fc from "fast-check";
import {
  admits,
  isDnsName,
  isKubernetesLabel,
  isKubernetesName,
  isMountPath,
  isStorageSize,
  isUnsealKey,
  kinds,
  type Kind,
} from "../../components/internal/validate";

/** What is of a kind; what is not stands with the settings. */
const good: Record<keyof typeof kinds, string[]> = {
  ipv4AddressOrNone: ["", "192.168.1.242", "10.0.0.1", "255.255.255.255"],
  dnsName: [
    "podinfo",
    "podinfo.wsp.local",
    "a-b.c1.example.org",
    "xn--mnchen-3ya.de",
    `${"a".repeat(63)}.local`,
    "1.a",
  ],
  dnsNameOrNone: ["", "pki", "pki.homelab.local"],
  namespace: ["vault", "cert-manager", "1", "a".repeat(63)],
  objectName: ["vault-issuer", "a.b", "1.2"],
  objectNameOrNone: ["", "homelab-roots", "a.b"],
  label: ["trust=homelab", "example.org/trust=", "a.b-c/D-e_f=G.1", `${"a".repeat(63)}=1`],
  classNameOrNone: ["", "longhorn", "rook.ceph-block"],
  mountPath: ["pki", "pki_int", "ca/home-lab/v1.2", "_pki", "system"],
  vaultName: ["home-lab-dot-local", "a", "a.b_c", "A1"],
  commonName: ["homelab.local Vault Intermediate", "Ü", "a".repeat(64)],
  duration: ["1s", "90m", "24h", "365d"],
  storageSize: ["10Gi", "1.5Ti", "500M", "1Ki", "0.5Gi"],
  storageSizeOrNone: ["", "1Gi"],
  version: ["1.21.1", "1.21.1-rc1", "1.21.1-ent"],
  chartVersion: ["", "0.34.1", "v1.21.1", "1.0.0+build.1"],
  chart: ["vault", "./charts/vault", "oci://quay.io/jetstack/charts/cert-manager", "/tmp/vault-0.34.1.tgz"],
  repository: ["", "https://helm.releases.hashicorp.com", "http://127.0.0.1:8080/charts"],
  rootTokenUse: ["keep", "revoke"],
  vaultStorage: ["", "file", "raft"],
  certificatesOrNone: ["", "\n", "text\n-----BEGIN CERTIFICATE-----"],
  pgpKey: ["-----BEGIN PGP PUBLIC KEY BLOCK-----", "mDMEaSTBOxYJKwYBBAHaRw8BAQdA"],
  imageReference: [
    "haproxy:3.0.11",
    "docker.io/library/haproxy:3.0.11-alpine",
    "registry.local:5000/haproxy:3.0",
    `haproxy@sha256:${"0a".repeat(32)}`,
    `quay.io/a/haproxy:lts@sha256:${"0a".repeat(32)}`,
  ],
  image: ["hashicorp/vault", "vault", "registry.local:5000/hashicorp/vault", "quay.io/a/b/c_d"],
};

/** Short texts of the characters that matter to names. */
const nameLike = fc.stringMatching(/^[a-c0-9A.*_-]{0,12}$/);

describe("A kind of value", () => {
  for (const [name, texts] of Object.entries(good)) {
    it(`${name} holds what is good, and says what is wanted`, () => {
      const kind: Kind = kinds[name as keyof typeof kinds];
      assert.deepEqual(
        texts.filter((text) => !kind.holds(text)),
        [],
      );
      assert.match(kind.wanted, /^(a|an|the|keep) /);
    });
  }

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const kind of Object.values(kinds)) {
          assert.equal(typeof kind.holds(text), "boolean");
        }
      }),
    );
  });

  it("takes no line end at its end, where a pattern could overlook it", () => {
    const ofManyLines = ["pgpKey", "certificatesOrNone"];
    for (const [name, texts] of Object.entries(good).filter(([kind]) => !ofManyLines.includes(kind))) {
      for (const text of texts.filter(Boolean)) {
        assert.ok(!kinds[name as keyof typeof kinds].holds(`${text}\n`), `${name} ${text}`);
      }
    }
  });
});

describe("A DNS name", () => {
  // The two checks of Vault's enforce_hostnames, which is on unless a role turns it off.
  const vaultsPattern =
    /^(\*\.)?(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])\.)*([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])\.?$/;

  it("is one that Vault takes for a host name and Kubernetes for an Ingress's host", () => {
    fc.assert(
      fc.property(nameLike, (text) => {
        if (isDnsName(text)) {
          assert.match(text, vaultsPattern);
          assert.ok(isKubernetesName(text));
          assert.ok(!text.includes("*") && !text.endsWith("."));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("has at most 63 characters a label and 253 in all", () => {
    const label = "a".repeat(63);
    assert.ok(isDnsName([label, label, label, "a".repeat(61)].join(".")));
    assert.ok(!isDnsName([label, label, label, "a".repeat(62)].join(".")));
    assert.ok(!isDnsName(`${label}a`));
  });
});

describe("A Kubernetes name", () => {
  it("is what the API server's own patterns take", () => {
    fc.assert(
      fc.property(nameLike, (text) => {
        assert.equal(isKubernetesLabel(text), /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text));
        const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
        assert.equal(isKubernetesName(text), subdomain.test(text));
      }),
      { numRuns: 500 },
    );
  });
});

describe("A role of Vault", () => {
  /** The rule of a role with allow_bare_domains and allow_subdomains, label by label from the end. */
  function isAtOrBelow(host: string, domain: string): boolean {
    const [names, ends] = [host.split(".").reverse(), domain.split(".").reverse()];
    return ends.every((end, index) => names[index] === end);
  }

  it("admits a domain and all below it, and nothing that only ends like it", () => {
    const label = fc.constantFrom("a", "b", "ab", "local");
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 3 }), name, (domains, host) => {
        assert.equal(
          admits(domains, host),
          domains.some((domain) => isAtOrBelow(host, domain)),
        );
      }),
      { numRuns: 500 },
    );
    assert.ok(!admits(["wsp.local"], "notwsp.local"));
    assert.ok(!admits(["podinfo.wsp.local"], "wsp.local"));
    assert.ok(!admits([], "wsp.local"));
  });

  it("compares a domain itself without regard to case, and what is below as it is", () => {
    assert.ok(admits(["wsp.local"], "WSP.local"));
    assert.ok(!admits(["wsp.local"], "podinfo.WSP.local"));
  });
});

describe("A mount path", () => {
  it("is never one of Vault's own, nor below one", () => {
    for (const own of ["sys", "auth", "identity", "cubbyhole", "audit"]) {
      assert.ok(!isMountPath(own) && !isMountPath(`${own}/pki`));
      assert.ok(isMountPath(`pki/${own}`) && isMountPath(`${own}tem`));
    }
  });

  it("has parts that name something, without a way up", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-b/._-]{0,10}$/), (text) => {
        const parts = text.split("/");
        if (isMountPath(text)) {
          assert.ok(parts.every((part) => part !== "" && !part.startsWith(".") && !part.startsWith("-")));
        }
      }),
    );
  });
});

describe("A size of storage", () => {
  it("is a Kubernetes quantity of more than nothing", () => {
    const quantity = /^([0-9]+|[0-9]+\.[0-9]*|\.[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|)$/;
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9.]{0,4}[KMGTPEkmi]{0,2}$/), (text) => {
        if (isStorageSize(text)) {
          assert.match(text, quantity);
          assert.ok(parseFloat(text) > 0);
        }
      }),
      { numRuns: 500 },
    );
    assert.ok(!isStorageSize("0Gi") && !isStorageSize("0.000Gi"));
  });
});

describe("An unseal key", () => {
  it("is a share as Vault writes it, hexadecimal or base64, of 32 or 33 bytes", () => {
    const bytes = fc
      .integer({ min: 32, max: 33 })
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    fc.assert(
      fc.property(bytes, (share) => {
        const buffer = Buffer.from(share);
        assert.ok(isUnsealKey(buffer.toString("hex")) && isUnsealKey(buffer.toString("base64")));
        assert.ok(
          !isUnsealKey(`${buffer.toString("base64")}\n`) && !isUnsealKey(` ${buffer.toString("hex")}`),
        );
      }),
    );
    for (const text of ["", "hvs.CAESI", "abc", "a".repeat(39), "ü".repeat(44)]) {
      assert.ok(!isUnsealKey(text), text);
    }
  });
});
