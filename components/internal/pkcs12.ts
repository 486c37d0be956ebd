import * as forge from "node-forge";

/** What a PKCS#12 file holds, as PEM text in its order, the keys decrypted. Secret. */
export interface UnpackedPkcs12 {
  pem?: string;
  /** Why it could not be opened, with what to do; nothing of its content. */
  fault?: string;
}

const asPem = '"openssl pkcs12 -in FILE -noenc" writes PEM';
const damaged = `the PKCS#12 file cannot be read, it is damaged or of an unusual form: make it again, or give PEM, ${asPem}`;

/** Opens a PKCS#12 file that is given as base64; undefined for any other text. Never throws. */
export function unpackPkcs12(text: string, passphrase: string | undefined): UnpackedPkcs12 | undefined {
  const file = pkcs12File(text);
  if (!file) {
    return undefined;
  }
  try {
    const bags = open(file, passphrase ?? "").safeContents.flatMap(({ safeBags }) => safeBags);
    // The key belongs to the first certificate: the usual order of a bundle.
    const [first = "", ...further] = bags.map(certificatePem).filter(Boolean);
    return { pem: [first, ...bags.map(keyPem), ...further].join("") };
  } catch (error) {
    return { fault: whyClosed(error, passphrase) };
  }
}

/** The bytes of base64 that begin as a PFX does: a sequence with the version, 3. RFC 7292, section 4. */
function pkcs12File(text: string): Buffer | undefined {
  const base64 = text.replaceAll("\uFEFF", "").replace(/\s/g, "");
  if (!/^MI?[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    return undefined;
  }
  const bytes = Buffer.from(base64, "base64");
  const lengthBytes = bytes[1]! > 0x80 ? bytes[1]! & 0x7f : 0;
  const version = bytes.subarray(2 + lengthBytes, 5 + lengthBytes);
  return bytes[0] === 0x30 && version.equals(Buffer.from([2, 1, 3])) ? bytes : undefined;
}

function open(file: Buffer, passphrase: string): forge.pkcs12.Pkcs12Pfx {
  const pfx = forge.asn1.fromDer(file.toString("binary"));
  try {
    return forge.pkcs12.pkcs12FromAsn1(pfx, false, passphrase);
  } catch (error) {
    const inUtf8 = Buffer.from(passphrase, "utf8").toString("binary");
    if (inUtf8 === passphrase || isWrongMac(error)) {
      throw error;
    }
    // The MAC, which takes the passphrase as UTF-16, is right; newer encryption takes it as UTF-8, and the library
    // knows one form of it only. Without the MAC it asks for it once.
    const [version, content] = pfx.value as forge.asn1.Asn1[];
    const withoutMac = forge.asn1.create(pfx.tagClass, pfx.type, true, [version!, content!]);
    return forge.pkcs12.pkcs12FromAsn1(withoutMac, false, inUtf8);
  }
}

// What the library has no type for, such as keys on curves, it leaves as ASN.1.
function certificatePem({ type, cert, asn1 }: forge.pkcs12.Bag): string {
  if (type !== forge.pki.oids.certBag) {
    return "";
  }
  return block("CERTIFICATE", cert ? forge.pki.certificateToAsn1(cert) : asn1);
}

function keyPem({ type, key, asn1 }: forge.pkcs12.Bag): string {
  if (type !== forge.pki.oids.keyBag && type !== forge.pki.oids.pkcs8ShroudedKeyBag) {
    return "";
  }
  const rsa = key && forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key));
  return block("PRIVATE KEY", rsa ?? asn1);
}

function block(label: string, content: forge.asn1.Asn1): string {
  const base64 = forge.util.encode64(forge.asn1.toDer(content).getBytes());
  return [`-----BEGIN ${label}-----`, ...(base64.match(/.{1,64}/g) ?? []), `-----END ${label}-----`, ""].join(
    "\n",
  );
}

function isWrongMac(error: unknown): boolean {
  return error instanceof Error && /MAC could not be verified/.test(error.message);
}

function whyClosed(error: unknown, passphrase: string | undefined): string {
  const message = error instanceof Error ? error.message : "";
  if (isWrongMac(error) || /[Dd]ecrypt/.test(message)) {
    return passphrase
      ? "the passphrase does not open the PKCS#12 file, or the file is damaged: set caPassphrase to the file's own"
      : 'the PKCS#12 file is encrypted and there is no passphrase: "pulumi config set --secret caPassphrase"';
  }
  if (/[Uu]nsupported|not supported/.test(message)) {
    return `the PKCS#12 file is encrypted in a way that cannot be read here: give PEM, ${asPem}`;
  }
  return damaged;
}
