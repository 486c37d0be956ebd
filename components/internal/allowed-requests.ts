/** The part of a CertificateRequestPolicy that says what a request may ask for. */
export interface AllowedRequests {
  /** Domains whose names may be asked for, with all below them; undefined for whatever the issuer gives. */
  domains: string[] | undefined;
  /** Namespaces that requests may come from; empty for every one. */
  namespaces: string[];
  /** Issuer that messages speak of. */
  issuerName: string;
}

/** A rule in CEL, where `self` is the name that is asked for and `cr` the request. */
interface Validation {
  rule: string;
  /** What is said of a request that does not keep to it. */
  message: string;
}

/** All that cert-manager knows: https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.KeyUsage */
const usages = [
  ...["signing", "digital signature", "content commitment", "key encipherment", "key agreement"],
  ...["data encipherment", "cert sign", "crl sign", "encipher only", "decipher only", "any"],
  ...["server auth", "client auth", "code signing", "email protection", "s/mime", "ipsec end system"],
  ...["ipsec tunnel", "ipsec user", "timestamping", "ocsp signing", "microsoft sgc", "netscape sgc"],
];

const whatever = { values: ["*"] };

/** What Vault's role leaves out of a certificate, or sets itself, is no reason to deny a request. */
const subject = {
  organizations: whatever,
  organizationalUnits: whatever,
  countries: whatever,
  localities: whatever,
  provinces: whatever,
  streetAddresses: whatever,
  postalCodes: whatever,
  serialNumber: { value: "*" },
};

/**
 * In the words of https://cert-manager.io/docs/policy/approval/approver-policy/#allowed. The namespaces are no selector
 * of the policy: a request that no policy selects is not denied, but stays without an answer.
 */
export function allowedRequests({ domains, namespaces, issuerName }: AllowedRequests): object {
  const validations: Validation[] = [
    ...(domains ? [nameRule(domains, issuerName)] : []),
    ...(namespaces.length > 0 ? [namespaceRule(namespaces, issuerName)] : []),
  ];
  const bound = validations.length > 0;
  const names = bound ? { validations } : whatever;
  return {
    commonName: bound ? { validations } : { value: "*" },
    dnsNames: names,
    ...(domains ? {} : { ipAddresses: names, uris: names, emailAddresses: names, isCA: true }),
    usages,
    subject,
  };
}

/** The same names that Vault's role admits. */
function nameRule(domains: string[], issuerName: string): Validation {
  return {
    rule: `${list(domains)}.exists(domain, self == domain || self.endsWith('.' + domain))`,
    message: `not a name of the issuer ${issuerName}, which has ${domains.join(", ")} and all below`,
  };
}

function namespaceRule(namespaces: string[], issuerName: string): Validation {
  return {
    rule: `cr.namespace in ${list(namespaces)}`,
    message: `the issuer ${issuerName} is not for this namespace, but for ${namespaces.join(", ")}`,
  };
}

/** In CEL; neither DNS names nor namespaces have a quotation mark or a backslash in them. */
function list(texts: string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(", ")}]`;
}
