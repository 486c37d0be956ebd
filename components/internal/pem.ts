/** One PEM block, put into the form that every reader accepts: LF, 64 columns, no text around it. */
export interface PemBlock {
  /** What stands after BEGIN: `CERTIFICATE`, `ENCRYPTED PRIVATE KEY`. */
  label: string;
  pem: string;
  /** Whether the traditional header `Proc-Type: 4,ENCRYPTED` is there. */
  encryptedHeader: boolean;
}

/**
 * All PEM blocks of a text. Byte order marks, Windows line ends, indentation and text around the blocks, such as
 * `openssl x509 -text` writes, do no harm.
 */
export function readPemBlocks(text: string): { blocks: PemBlock[]; faults: string[] } {
  const blocks: PemBlock[] = [];
  const faults: string[] = [];
  const lines = text.replaceAll("\uFEFF", "").replace(/\r\n?/g, "\n");
  lines
    .split("-----BEGIN ")
    .slice(1)
    .forEach((piece, index) => {
      const block = readBlock(piece);
      if (typeof block === "string") {
        faults.push(
          `PEM block ${index + 1} ${block}: copy the file again, from its BEGIN line to its END line`,
        );
      } else {
        blocks.push(block);
      }
    });
  if (blocks.length === 0 && faults.length === 0) {
    faults.push(describeForeignText(text));
  }
  return { blocks, faults };
}

/** The certificates in PEM text, in its order; what else is there is left out. */
export function certificateBlocks(text: string): string[] {
  return readPemBlocks(text)
    .blocks.filter(({ label }) => label === "CERTIFICATE")
    .map(({ pem }) => pem);
}

/** The same as one text. */
export function certificatesOf(text: string): string {
  return certificateBlocks(text).join("");
}

function readBlock(piece: string): PemBlock | string {
  const opening = /^([A-Z0-9 ]{1,64})-----/.exec(piece);
  if (!opening) {
    return "has a damaged BEGIN line";
  }
  const label = opening[1]!;
  const end = piece.indexOf(`-----END ${label}-----`);
  if (end < 0) {
    return `(${label}) has no END line`;
  }
  const lines = piece
    .slice(opening[0].length, end)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  // OpenSSL reads no block with other headers than those of encryption.
  const headers = lines.filter((line) => /^(Proc-Type|DEK-Info):/.test(line));
  const base64 = lines.filter((line) => !line.includes(":")).join("");
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    return `(${label}) is damaged: what is between its lines is not base64`;
  }
  return {
    label,
    encryptedHeader: headers.some((line) => /^Proc-Type:.*ENCRYPTED/.test(line)),
    pem: writeBlock(label, headers, base64),
  };
}

function writeBlock(label: string, headers: string[], base64: string): string {
  return [
    `-----BEGIN ${label}-----`,
    ...(headers.length > 0 ? [...headers, ""] : []),
    ...(base64.match(/.{1,64}/g) ?? []),
    `-----END ${label}-----`,
    "",
  ].join("\n");
}

function describeForeignText(text: string): string {
  const wanted = "the intermediate certificate, its key and the root certificate as PEM text (-----BEGIN …)";
  if (text.trim() === "") {
    return `is empty: give ${wanted}`;
  }
  if (text.replaceAll("\0", "").includes("-----BEGIN ")) {
    return `is UTF-16 text: save ${wanted} in UTF-8`;
  }
  // What is not UTF-8 arrives as U+FFFD.
  const what = /[\0\uFFFD]/.test(text) ? "is a binary file, such as DER or PKCS#12" : "holds no PEM block";
  return `${what}: give ${wanted}; "openssl x509 -inform der" and "openssl pkcs12 -in FILE" write PEM from other formats, and "base64 -w0 FILE" makes text of a PKCS#12 file`;
}
