import { caFaults, isCertificate, isSignedBy, readCertificate, type CaCertificate } from "./certificate";
import { chooseAmongCrossSigned } from "./cross-signed";
import type { PemBlock } from "./pem";

export interface CaChain {
  intermediate?: CaCertificate;
  root?: CaCertificate;
  faults: string[];
  notes: string[];
}

/** Finds the intermediate and the root among the blocks of a bundle and checks that they are a chain Vault can use. */
export function readCaChain(blocks: PemBlock[], now: Date): CaChain {
  const { certificates, faults, notes } = readCertificates(blocks);
  const root = findRoot(certificates, faults);
  const intermediate = findIntermediate(
    certificates.filter((certificate) => certificate !== root && !certificate.selfSigned),
    root,
    faults,
  );
  if (root) {
    faults.push(...caFaults(root, "root", now), ...rootPathFaults(root, 2));
  }
  if (intermediate) {
    faults.push(...caFaults(intermediate, "intermediate", now), ...intermediatePathFaults(intermediate));
  }
  if (intermediate && root) {
    faults.push(...chainFaults(intermediate, root));
  }
  return { intermediate, root, faults, notes };
}

/** Finds the root among the blocks of a bundle that holds nothing below it, and checks that Vault can sign with it. */
export function readLoneRoot(blocks: PemBlock[], now: Date): Pick<CaChain, "root" | "faults" | "notes"> {
  const { certificates, faults, notes } = readCertificates(blocks);
  const root = findRoot(certificates, faults);
  const further = certificates.filter((certificate) => certificate !== root && !certificate.selfSigned);
  if (root && further.length > 0) {
    const titles = further.map(({ title }) => title).join(", ");
    faults.push(
      `there is more than the root ${root.title}: ${titles}. With caOrigin import-root Vault's CA is signed by the root ` +
        "itself: give only the root and its key, or caOrigin import and the intermediate's key",
    );
  }
  if (root) {
    faults.push(...caFaults(root, "root", now), ...rootPathFaults(root, 1));
  }
  return { root, faults, notes };
}

/** The certificates of a bundle, each once, and of CAs that are cross-signed one. */
function readCertificates(blocks: PemBlock[]): {
  certificates: CaCertificate[];
  faults: string[];
  notes: string[];
} {
  const faults: string[] = [];
  const notes: string[] = [];
  const different: CaCertificate[] = [];
  blocks.filter(isCertificate).forEach((block, index) => {
    const { certificate, fault } = readCertificate(block, index + 1);
    if (fault !== undefined) {
      faults.push(fault);
    } else if (different.some((known) => known.fingerprint === certificate?.fingerprint)) {
      notes.push(`the certificate ${certificate?.title} is there more than once; once is used`);
    } else if (certificate) {
      different.push(certificate);
    }
  });
  const chosen = chooseAmongCrossSigned(different);
  return {
    certificates: chosen.certificates,
    faults: [...faults, ...chosen.faults],
    notes: [...notes, ...chosen.notes],
  };
}

function findRoot(certificates: CaCertificate[], faults: string[]): CaCertificate | undefined {
  const [root, ...further] = certificates.filter((certificate) => certificate.selfSigned);
  if (further.length > 0) {
    const titles = [root!, ...further].map(({ title }) => title).join(", ");
    faults.push(
      `there are several self-signed certificates, ${titles}: give only the root of the intermediate`,
    );
    return undefined;
  }
  if (root || certificates.length === 0) {
    return root;
  }
  const namedByItself = certificates.find(({ subject, issuer }) => subject === issuer);
  if (namedByItself) {
    faults.push(
      `the root ${namedByItself.title} names itself as its issuer but is not signed with its own key: ` +
        "copy it again from where it was made",
    );
    return namedByItself;
  }
  const top = certificates.find((candidate) =>
    certificates.some((other) => other !== candidate && other.issuer === candidate.subject),
  );
  if (top) {
    faults.push(
      `the root ${top.title} is not self-signed, it was issued by "${top.issuer}": ` +
        "give the self-signed certificate at the top, and an intermediate that it signed itself",
    );
    return top;
  }
  const issuers = [...new Set(certificates.map(({ issuer }) => `"${issuer}"`))].join(", ");
  faults.push(`there is no root certificate: add the self-signed certificate of ${issuers}`);
  return undefined;
}

function findIntermediate(
  candidates: CaCertificate[],
  root: CaCertificate | undefined,
  faults: string[],
): CaCertificate | undefined {
  if (candidates.length === 0) {
    faults.push(
      root
        ? `there is no intermediate certificate, only the root ${root.title}: add the intermediate that it signed`
        : "there is no intermediate certificate: add the one that the root signed",
    );
  }
  if (candidates.length > 1) {
    const titles = candidates.map(({ title }) => title).join(", ");
    faults.push(
      `there are several intermediate certificates, ${titles}: give the one that the key belongs to, signed by the root itself`,
    );
  }
  return candidates.length === 1 ? candidates[0] : undefined;
}

/** What is wrong between the two, by name or by signature. */
function chainFaults(intermediate: CaCertificate, root: CaCertificate): string[] {
  const faults: string[] = [];
  if (intermediate.issuer !== root.subject) {
    faults.push(
      `the intermediate ${intermediate.title} was issued by "${intermediate.issuer}", not by the root ${root.title}: ` +
        "give the root that signed it",
    );
  } else if (!isSignedBy(intermediate.x509, root.x509)) {
    faults.push(
      `the intermediate ${intermediate.title} bears the name of the root ${root.title} as its issuer ` +
        "but is not signed with that root's key: give the root that signed it, not a later one of the same name",
    );
  }
  return faults;
}

// Below the intermediate comes Vault's own issuing CA, so one more CA must be allowed there, and two below the root.
function intermediatePathFaults({ title, pathLength }: CaCertificate): string[] {
  if (pathLength !== 0) {
    return [];
  }
  return [
    `the intermediate ${title} has pathlen:0 and so cannot sign Vault's intermediate: ` +
      "remove pathlen:0 from basicConstraints in section [ v3_intermediate_ca ] of openssl.cnf, " +
      "and have the intermediate's request signed again by the root; its key can stay",
  ];
}

function rootPathFaults({ title, pathLength }: CaCertificate, below: 1 | 2): string[] {
  if (pathLength === undefined || pathLength >= below) {
    return [];
  }
  const again =
    "remove pathlen from basicConstraints in section [ v3_ca ] of openssl.cnf, make the root certificate again";
  return below === 1
    ? [`the root ${title} has pathlen:0 and so cannot sign Vault's CA: ${again} with the same key`]
    : [
        `the root ${title} has pathlen:${pathLength}, but two CAs stand below it, the intermediate and Vault's: ` +
          `${again} with the same key, and have the intermediate signed again`,
      ];
}
