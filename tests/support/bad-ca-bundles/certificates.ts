import { type AuthorityWish, makeAuthority } from "../openssl-ca";
import { bundleOf } from "../settings";
import type { BadBundleRow } from "./row";

type Wish = Partial<AuthorityWish>;

/** What makes a CA certificate unusable in either place. */
const inEitherPlace: [what: string, wish: Wish, says: RegExp][] = [
  [
    "that has expired",
    { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("2021-01-01T00:00:00Z") },
    /expired at 2021-01-01T00:00:00\.000Z: have it issued again for a longer time/,
  ],
  [
    "that is not valid yet",
    { notBefore: new Date("2099-01-01T00:00:00Z"), notAfter: new Date("2199-01-01T00:00:00Z") },
    /is not valid before 2099-01-01T00:00:00\.000Z: check this machine's clock, or have it issued again/,
  ],
  ["with CA:false", { basicConstraints: "critical, CA:false" }, /is not a CA: have it issued again.*CA:true/],
  ["without basicConstraints", { basicConstraints: undefined }, /is not a CA: have it issued again.*CA:true/],
  [
    "whose keyUsage has no keyCertSign",
    { keyUsage: "critical, digitalSignature, cRLSign" },
    /may not sign certificates \(keyUsage has no keyCertSign\): have it issued again.*keyUsage = keyCertSign/,
  ],
  [
    "whose keyUsage is that of a server",
    { keyUsage: "digitalSignature, keyEncipherment" },
    /may not sign certificates \(keyUsage has no keyCertSign\): have it issued again/,
  ],
  [
    "whose extendedKeyUsage is for clients only",
    { extendedKeyUsage: "clientAuth" },
    /other uses than TLS servers \(extendedKeyUsage has no serverAuth\): have it issued again/,
  ],
  [
    "whose extendedKeyUsage is for signing code and mail",
    { extendedKeyUsage: "critical, codeSigning, emailProtection" },
    /other uses than TLS servers \(extendedKeyUsage has no serverAuth\): have it issued again/,
  ],
  [
    "with a key on secp256k1",
    { key: "secp256k1" },
    /is of an unknown type \(ECDSA on secp256k1\): make a new key/,
  ],
  [
    "with the parameters of its curve written out",
    { key: "p-256 with explicit parameters" },
    /is of an unknown type \(ECDSA on a curve whose parameters are written out\): make a new key/,
  ],
  ["with an Ed448 key", { key: "ed448" }, /is of an unknown type \(ed448\): make a new key/],
  ["with an RSA-PSS key", { key: "rsa-pss" }, /is of an unknown type \(rsa-pss\): make a new key/],
  [
    "with a short RSA key",
    { key: "rsa-1024" },
    /is RSA with only 1024 bits: make a new key.*2048 bits or more/,
  ],
];

const ofIntermediates: typeof inEitherPlace = [
  [
    "with pathlen:0",
    { basicConstraints: "critical, CA:true, pathlen:0" },
    /has pathlen:0 and so cannot sign Vault's intermediate: remove pathlen:0 .*v3_intermediate_ca.*signed again by the root; its key can stay/,
  ],
  ["that is signed with SHA-1", { digest: "sha1" }, /is signed with SHA-1.*: have it signed with -sha256/],
];

const ofRoots: typeof inEitherPlace = [0, 1].map((length) => [
  `with pathlen:${length}`,
  { basicConstraints: `critical, CA:true, pathlen:${length}` },
  new RegExp(`has pathlen:${length}, but two CAs stand below it.*: remove pathlen.*v3_ca`),
]);

export const badCertificates: BadBundleRow[] = [
  [
    "an intermediate that is signed with MD5",
    () => {
      // There is no ECDSA with MD5.
      const root = makeAuthority({ name: "Root", key: "rsa-2048" });
      const intermediate = makeAuthority({ name: "Bad Intermediate", issuer: root, digest: "md5" });
      return {
        pem: bundleOf(intermediate, root),
        about: [intermediate],
        says: /^caBundle: the intermediate ".* is signed with MD5.*: have it signed with -sha256$/,
      };
    },
  ],
  ...[...inEitherPlace, ...ofIntermediates].map(([what, wish, says]): BadBundleRow => [
    `an intermediate ${what}`,
    () => {
      const root = makeAuthority({ name: "Root" });
      const intermediate = makeAuthority({ name: "Bad Intermediate", issuer: root, ...wish });
      return {
        pem: bundleOf(intermediate, root),
        about: [intermediate],
        says: new RegExp(`^caBundle: the intermediate ".*${says.source}`),
      };
    },
  ]),
  ...[...inEitherPlace, ...ofRoots].map(([what, wish, says]): BadBundleRow => [
    `a root ${what}`,
    () => {
      const root = makeAuthority({ name: "Bad Root", ...wish });
      return {
        pem: bundleOf(makeAuthority({ name: "Intermediate", issuer: root }), root),
        about: [root],
        says: new RegExp(`^caBundle: the root ".*${says.source}`),
      };
    },
  ]),
];
