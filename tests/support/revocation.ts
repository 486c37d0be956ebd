import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { inLab } from "./lab";

const execute = promisify(execFile);

/** Runs openssl on this machine and gives all that it says; rejects when it fails. */
export async function openssl(...args: string[]): Promise<string> {
  const { stdout, stderr } = await execute("openssl", args);
  return stdout + stderr;
}

/** Where a certificate says that something of its issuer is. */
export interface IssuerUrls {
  certificate: string[];
  crl: string[];
  deltaCrl: string[];
  ocsp: string[];
}

/** The addresses in a certificate, as openssl reads them. */
export async function urlsIn(certificateFile: string): Promise<IssuerUrls> {
  const extensions = "authorityInfoAccess,crlDistributionPoints,freshestCRL";
  const text = await openssl("x509", "-noout", "-in", certificateFile, "-ext", extensions);
  const urls = (title: string, kind = "") =>
    text
      .split(/\n(?=\S)/)
      .filter((section) => section.startsWith(title))
      .flatMap((section) => [...section.matchAll(new RegExp(`${kind}URI:(\\S+)`, "g"))])
      .map(([, url]) => url!);
  return {
    certificate: urls("Authority Information Access", "CA Issuers - "),
    crl: urls("X509v3 CRL Distribution Points"),
    deltaCrl: urls("X509v3 Freshest CRL"),
    ocsp: urls("Authority Information Access", "OCSP - "),
  };
}

/** Fetches from a client in the lab's network into a file; gives the type of what was fetched. */
export async function fetchTo(file: string, url: string, ...options: string[]): Promise<string> {
  const curl = ["curl", "-fsS", "--max-time", "10", "--output", file, "--write-out", "%{content_type}"];
  return inLab([...curl, ...options, url]);
}

/** A CRL that this CA has signed and that is valid now. */
export interface CheckedCrl {
  hoursLeft: number;
  isDelta: boolean;
  /** Upper-case hexadecimal, as openssl writes them. */
  serials: string[];
}

/** @throws Error when the file holds no CRL, or one that the CA has not signed. */
export async function checkedCrl(file: string, issuerFile: string): Promise<CheckedCrl> {
  const text = await openssl("crl", "-inform", "DER", "-in", file, "-CAfile", issuerFile, "-text", "-noout");
  const time = (name: string) => Date.parse(new RegExp(`${name} Update: (.*)`).exec(text)?.[1] ?? "");
  if (!/verify OK/.test(text) || !(time("Last") <= Date.now() + 5000)) {
    throw new Error(`not a CRL of this CA that has begun:\n${text}`);
  }
  return {
    hoursLeft: (time("Next") - Date.now()) / 3600_000,
    isDelta: text.includes("Delta CRL Indicator"),
    serials: [...text.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(([, serial]) => serial!),
  };
}

/** Files of a chain, for a question about its first certificate. */
export interface OcspQuestion {
  certificate: string;
  issuer: string;
  /** CAs below the root. */
  untrusted: string;
  root: string;
  url: string;
}

/** Asks an OCSP responder by POST from a client in the lab's network; gives what openssl says of the verified answer. */
export async function askOcsp({ certificate, issuer, untrusted, root, url }: OcspQuestion): Promise<string> {
  const script =
    'exec openssl ocsp -no_nonce -issuer "$1" -cert "$2" -verify_other "$3" -CAfile "$4" -url "$0" 2>&1';
  const answer = await inLab(["sh", "-c", script, url, issuer, certificate, untrusted, root]);
  if (!/^Response verify OK$/m.test(answer)) {
    throw new Error(`an answer that is not signed as it should be:\n${answer}`);
  }
  return answer;
}
