import type { ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";

const day = 24 * 3600;
const secondsOf: Record<string, number> = { "": 1, s: 1, m: 60, h: 3600, d: day };

const rolesOnly: ResourceValidationPolicy = {
  name: "no-wildcard-role",
  description: "A role of Vault's PKI signs for the domains that it lists, and for no pattern of names.",
  validateResource: ({ type, props }, report) => {
    if (type !== "vault:pkiSecret/secretBackendRole:SecretBackendRole") {
      return;
    }
    for (const flag of ["allowAnyName", "allowGlobDomains"]) {
      if (props[flag] === true) {
        report(`${flag} lets the role ${props.name} sign for names that nobody has listed`);
      }
    }
    const domains = (props.allowedDomains ?? []) as string[];
    const patterns = domains.filter((domain) => domain.includes("*") || !/[a-z0-9]/i.test(domain));
    if (patterns.length > 0) {
      report(`the role ${props.name} allows patterns: ${patterns.join(", ")}`);
    }
  },
};

const leafLifetime: ResourceValidationPolicy = {
  name: "bounded-certificate-lifetime",
  description: "A role of Vault's PKI says how long its certificates may live, and that is not long.",
  configSchema: { properties: { maxDays: { type: "number", default: 90 } } },
  validateResource: (args, report) => {
    if (args.type === "vault:pkiSecret/secretBackendRole:SecretBackendRole") {
      const fault = lifetimeFault(args, "maxTtl");
      if (fault) {
        report(`certificates of the role ${args.props.name} ${fault}`);
      }
    }
  },
};

const authorityLifetime: ResourceValidationPolicy = {
  name: "bounded-authority-lifetime",
  description: "A CA that Vault signs has an end that somebody now in charge may see.",
  configSchema: { properties: { maxDays: { type: "number", default: 3660 } } },
  validateResource: (args, report) => {
    if (args.type === "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate") {
      const fault = lifetimeFault(args, "ttl");
      if (fault) {
        report(`the CA ${args.props.commonName} ${fault}`);
      }
    }
  },
};

const authorityKey: ResourceValidationPolicy = {
  name: "authority-key-stays-in-vault",
  description: "The key of a CA that is made in Vault cannot be taken out of it.",
  validateResource: ({ type, props }, report) => {
    const makesKey = /^vault:pkiSecret\/secretBackend(IntermediateCertRequest|RootCert):/.test(type);
    if (makesKey && props.type === "exported") {
      report(`the key of the CA ${props.commonName} is made to be exported: use the type internal`);
    }
  },
};

const narrowPolicy: ResourceValidationPolicy = {
  name: "narrow-vault-policy",
  description: "A policy of Vault is no second root token.",
  validateResource: ({ type, props }, report) => {
    if (type !== "vault:index/policy:Policy") {
      return;
    }
    const paths = [...String(props.policy).matchAll(/^\s*path\s+"([^"]*)"/gm)].map(([, path]) => path!);
    const wide = paths.filter((path) => ["*", "+/*", "sys/*", "auth/*"].includes(path));
    if (wide.length > 0) {
      report(`the policy ${props.name} reaches ${wide.join(", ")}`);
    }
  },
};

export const pkiRules = [rolesOnly, leafLifetime, authorityLifetime, authorityKey, narrowPolicy];

/** What is wrong with the lifetime that a resource asks for; undefined when nothing is. */
function lifetimeFault(args: ResourceValidationArgs, property: string): string | undefined {
  const { maxDays } = args.getConfig<{ maxDays: number }>();
  const given = String(args.props[property] ?? "");
  const [, amount, unit] = /^(\d+)([smhd]?)$/.exec(given) ?? [];
  if (amount === undefined || Number(amount) === 0) {
    return `live as long as the mount allows: set ${property}`;
  }
  const days = (Number(amount) * secondsOf[unit ?? ""]!) / day;
  return days > maxDays ? `may live ${Math.round(days)} days, more than ${maxDays}` : undefined;
}
