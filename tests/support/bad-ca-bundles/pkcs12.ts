import { makeAuthority, pkcs12File } from "../openssl-ca";
import type { BadBundle, BadBundleRow } from "./row";

const passphrase = "correct horse battery staple";
const root = () => makeAuthority({ name: "Root" });
const intermediate = () => makeAuthority({ name: "Intermediate", issuer: root() });

function file(says: RegExp, given: string | undefined, ...options: string[]): BadBundle {
  const bytes = pkcs12File(intermediate(), [root()], passphrase, ...options);
  return { pem: bytes.toString("base64"), says, passphrase: given };
}

const wrong =
  /^caBundle: the passphrase does not open the PKCS#12 file, or the file is damaged: set caPassphrase/;
const missing =
  /^caBundle: the PKCS#12 file is encrypted and there is no passphrase: "pulumi config set --secret caPassphrase"$/;

/** PKCS#12 files that cannot be opened, or hold no usable CA. */
export const badPkcs12: BadBundleRow[] = [
  ["a PKCS#12 file without a passphrase", () => file(missing, undefined)],
  ["a PKCS#12 file with another passphrase", () => file(wrong, "correct horse")],
  ["a PKCS#12 file of the older kind with another passphrase", () => file(wrong, "correct horse", "-legacy")],
  ["a PKCS#12 file without a MAC and with another passphrase", () => file(wrong, "horse", "-nomac")],
  [
    "a PKCS#12 file that ends early",
    () => {
      const whole = file(
        /^caBundle: the PKCS#12 file cannot be read, it is damaged or of an unusual form/,
        passphrase,
      );
      return { ...whole, pem: whole.pem.slice(0, 400) };
    },
  ],
  [
    "a PKCS#12 file without its root",
    () => ({
      pem: pkcs12File(intermediate(), [], passphrase).toString("base64"),
      passphrase,
      says: /^caBundle: there is no root certificate: add the self-signed certificate of/,
    }),
  ],
  [
    "a PKCS#12 file of the root alone",
    () => ({
      pem: pkcs12File(root(), [], passphrase).toString("base64"),
      passphrase,
      says: /^caBundle: there is no intermediate certificate, only the root/,
      about: [root()],
    }),
  ],
];
