import { type Authority, type AuthorityWish, daysFromNow, makeAuthority } from "../openssl-ca";
import { bundleOf } from "../settings";
import type { BadBundle, BadBundleRow } from "./row";

const makeRoot = (wish: Partial<AuthorityWish> = {}) => makeAuthority({ name: "Root", ...wish });
const makeIntermediate = (wish: Partial<AuthorityWish> = {}) =>
  makeAuthority({ name: "Intermediate", issuer: makeRoot(), ...wish });
const certificates = (...authorities: Authority[]) =>
  authorities.map(({ certificatePem }) => certificatePem).join("");

/** Certificates that are each right by themselves, or nearly, and no chain of an intermediate and its root. */
export const badChains: BadBundleRow[] = [
  [
    "another root than the one that signed",
    () => {
      const [intermediate, other] = [makeIntermediate(), makeRoot({ name: "Other Root" })];
      return {
        pem: bundleOf(intermediate, other),
        about: [intermediate, other],
        says: /was issued by "O=Home Lab, CN=Root", not by the root .*: give the root that signed it/,
      };
    },
  ],
  [
    "a root of the right name with another key",
    () => {
      const [intermediate, later] = [makeIntermediate(), makeRoot({ copy: 2 })];
      return {
        pem: bundleOf(intermediate, later),
        about: [intermediate, later],
        says: /bears the name of the root.*not signed with that root's key: give the root that signed it/,
      };
    },
  ],
  [
    "a root that another CA has issued",
    () => {
      const cross = makeAuthority({ name: "Cross", issuer: makeRoot() });
      return {
        pem: bundleOf(makeIntermediate({ issuer: cross }), cross),
        about: [cross],
        says: /is not self-signed, it was issued by "O=Home Lab, CN=Root": give the self-signed certificate/,
      };
    },
  ],
  [
    "a root that names itself as its issuer without having signed itself",
    () => {
      const impostor = makeRoot({ issuer: makeRoot() });
      return {
        pem: bundleOf(makeIntermediate({ issuer: impostor }), impostor),
        about: [impostor],
        says: /names itself as its issuer but is not signed with its own key: copy it again/,
      };
    },
  ],
  [
    "two roots",
    () => {
      const [root, other] = [makeRoot(), makeRoot({ name: "Other Root" })];
      return {
        pem: bundleOf(makeIntermediate(), root) + other.certificatePem,
        about: [root, other],
        says: /there are several self-signed certificates, .*: give only the root of the intermediate/,
      };
    },
  ],
  [
    "a chain of three",
    () => {
      const middle = makeIntermediate();
      const lower = makeAuthority({ name: "Lower", issuer: middle });
      return {
        pem: certificates(lower, middle, makeRoot()) + lower.keyPem,
        about: [lower, middle],
        says: /there are several intermediate certificates, .*: give the one that the key belongs to/,
      };
    },
  ],
  [
    "a chain of three without its middle",
    () => {
      const lower = makeAuthority({ name: "Lower", issuer: makeIntermediate() });
      return {
        pem: bundleOf(lower, makeRoot()),
        about: [lower, makeRoot()],
        says: /was issued by "O=Home Lab, CN=Intermediate", not by the root .*: give the root that signed it/,
      };
    },
  ],
  [
    "two intermediates of one root",
    () => {
      const both = [makeIntermediate(), makeIntermediate({ copy: 2 })];
      return {
        pem: certificates(...both, makeRoot()) + both[0]!.keyPem,
        about: both,
        says: /there are several intermediate certificates, .*: give the one that the key belongs to/,
      };
    },
  ],
  [
    "an intermediate that two roots have signed, with both",
    () => {
      const [root, other] = [makeRoot(), makeRoot({ name: "Other Root" })];
      const one = makeIntermediate();
      const cross = makeIntermediate({ issuer: other, keyOf: one });
      return {
        pem: bundleOf(one, root) + certificates(cross, other),
        about: [one, cross],
        says: /is cross-signed, and so has two chains, of which cert-manager takes one only: give one of the roots/,
      };
    },
  ],
  [
    "an intermediate twice, signed by roots that are not there",
    () => {
      const one = makeIntermediate();
      const cross = makeIntermediate({ issuer: makeRoot({ name: "Other Root" }), keyOf: one });
      return {
        pem: certificates(one, cross) + one.keyPem,
        says: /^caBundle: there is no root certificate: add the self-signed certificate of "O=Home Lab, CN=Root", "O=Home Lab, CN=Other Root"$/,
      };
    },
  ],
  [
    "the root's certificate from another CA instead of its own",
    () => {
      const cross = makeRoot({ issuer: makeRoot({ name: "Older Root" }), keyOf: makeRoot() });
      return {
        pem: bundleOf(makeIntermediate(), cross),
        about: [cross],
        says: /is not self-signed, it was issued by "O=Home Lab, CN=Older Root": give the self-signed certificate/,
      };
    },
  ],
  ["no root", () => withoutRoot([makeIntermediate()])],
  ["the intermediate twice and no root", () => withoutRoot([makeIntermediate(), makeIntermediate()])],
  ["no intermediate", () => withoutIntermediate([makeRoot()])],
  ["the root twice and no intermediate", () => withoutIntermediate([makeRoot(), makeRoot()])],
  [
    "the root's certificate and key instead of an intermediate",
    () => ({ ...withoutIntermediate([]), pem: makeRoot().certificatePem + makeRoot().keyPem }),
  ],
  [
    "a server's certificate instead of the intermediate",
    () => {
      const wish = {
        basicConstraints: "CA:false",
        keyUsage: "digitalSignature",
        extendedKeyUsage: "serverAuth",
      };
      const server = makeIntermediate({ name: "podinfo.wsp.local", ...wish });
      return {
        pem: bundleOf(server, makeRoot()),
        about: [server],
        says: /^caBundle: the intermediate .* is not a CA: have it issued again/,
      };
    },
  ],
  [
    "an intermediate that ends before what it is to sign",
    () => ({
      pem: bundleOf(makeIntermediate({ notAfter: daysFromNow(100) }), makeRoot()),
      says: /^parentCaMaxTtl: 43800h is longer than the imported intermediate "O=Home Lab, CN=Intermediate" lives, which ends at .*: give at most 2399h, /,
    }),
  ],
  [
    "a root that ends before what is below it",
    () => {
      const root = makeRoot({ notAfter: daysFromNow(100) });
      return {
        pem: bundleOf(makeIntermediate({ issuer: root }), root),
        says: /^parentCaMaxTtl: 43800h is longer than the imported root "O=Home Lab, CN=Root" lives, which ends at .*: give at most 2399h, /,
      };
    },
  ],
];

function withoutRoot(given: Authority[]): BadBundle {
  return {
    pem: certificates(...given) + makeIntermediate().keyPem,
    says: /^caBundle: there is no root certificate: add the self-signed certificate of "O=Home Lab, CN=Root"$/,
  };
}

function withoutIntermediate(given: Authority[]): BadBundle {
  return {
    pem: certificates(...given) + makeIntermediate().keyPem,
    about: [makeRoot()],
    says: /^caBundle: there is no intermediate certificate, only the root .*: add the intermediate that it signed$/,
  };
}
