import { durationSeconds } from "../components/internal/duration";
import { nameConstraintFaults } from "../components/internal/name-constraints";
import type { GivenChain } from "./ca-origin";
import { canaryDnsName, IssuerKind, type ReadableIssuer } from "./issuers";
import { collide, furtherCommonName } from "./mount-paths";
import type { ReadableSettings } from "./rules";

/** Sizes that both Vault and cert-manager know; other kinds of key have none to choose. */
const keySizes: Record<string, number[]> = { rsa: [2048, 3072, 4096, 8192], ec: [256, 384, 521] };

/** What is wrong with each of `issuers`, with the others and with the other settings. */
export function issuerFaults(settings: ReadableSettings, bundle: GivenChain | undefined): string[] {
  const { issuers = [] } = settings;
  return issuers.flatMap((issuer, index) => {
    const at = (field: string) => (what: string) => `issuers[${index}].${field}: ${what}`;
    return [
      ...nameFaults(issuer, issuers.slice(0, index), settings).map(at("name")),
      ...namespaceFaults(issuer, settings).map(at("namespace")),
      ...mountFaults(issuer, issuers.slice(0, index), settings).map(at("mount")),
      ...roleFaults(issuer, issuers.slice(0, index), settings).map(at("role")),
      ...(issuer.domains?.length === 0
        ? [at("domains")("is empty, so that no name could get a certificate: list one domain or more")]
        : []),
      ...(issuer.domains ?? []).flatMap((domain, place) =>
        domainFaults(domain, place, bundle).map(at(`domains[${place}]`)),
      ),
      ...lifeFaults(issuer, settings).map(at("maxTtl")),
      ...keyFaults(issuer).map(at("keyBits")),
    ];
  });
}

function nameFaults(
  { name }: ReadableIssuer,
  before: ReadableIssuer[],
  { clusterIssuerName }: ReadableSettings,
): string[] {
  if (name === undefined) {
    return [];
  }
  if (name === clusterIssuerName) {
    return [`${name} is clusterIssuerName already: give each issuer a name of its own`];
  }
  const other = before.findIndex((one) => one.name === name);
  return other < 0 ? [] : [`${name} is the name of issuers[${other}]: give each issuer a name of its own`];
}

function namespaceFaults({ kind, namespace }: ReadableIssuer, settings: ReadableSettings): string[] {
  if (kind === undefined || namespace === undefined) {
    return [];
  }
  if (kind === IssuerKind.ClusterIssuer) {
    return namespace === ""
      ? []
      : [`${namespace}, but a ClusterIssuer is in no namespace: take it out, or give kind Issuer`];
  }
  if (namespace === "") {
    return ["is not set, and an Issuer is in one: give the namespace whose certificates it is for"];
  }
  const own = (["vaultNamespace", "certManagerNamespace", "podinfoNamespace"] as const).find(
    (name) => settings[name] === namespace,
  );
  return own
    ? [`${namespace} is ${own}, which the program makes for itself: give another that is in the cluster`]
    : [];
}

/** Issuers may share a mount, but with nothing else. */
function mountFaults(
  { mount }: ReadableIssuer,
  before: ReadableIssuer[],
  { parentCaMountPath, issuingCaMountPath, issuingCaCommonName }: ReadableSettings,
): string[] {
  if (mount === undefined || mount === issuingCaMountPath) {
    return [];
  }
  const places: [setting: string, path: string | undefined][] = [
    ["parentCaMountPath", parentCaMountPath],
    ["issuingCaMountPath", issuingCaMountPath],
    ...before.map((one, index): [string, string | undefined] => [`issuers[${index}].mount`, one.mount]),
  ];
  const taken = places.find(
    ([setting, path]) =>
      path !== undefined &&
      collide(mount, path) &&
      // The same one is shared.
      (path !== mount || setting === "parentCaMountPath"),
  );
  if (taken) {
    const [setting, path] = taken;
    return [
      `${mount} and ${setting} (${path}) are the same or one inside the other, which Vault refuses: give a path apart ` +
        "from it, or take it out for the issuing CA of issuingCaMountPath",
    ];
  }
  const name = issuingCaCommonName && furtherCommonName(mount, { issuingCaCommonName });
  return name && name.length > 64
    ? [
        `the issuing CA there would be called ${name}, which is longer than the 64 characters of a common name: ` +
          "give a shorter path, or a shorter issuingCaCommonName",
      ]
    : [];
}

/** A role's name has to be its own on its mount. */
function roleFaults(
  { role, mount }: ReadableIssuer,
  before: ReadableIssuer[],
  { pkiRoleName, issuingCaMountPath }: ReadableSettings,
): string[] {
  if (role === undefined || mount === undefined) {
    return [];
  }
  if (role === pkiRoleName && mount === issuingCaMountPath) {
    return [`${role} is pkiRoleName already, the first issuer's: give each issuer a role of its own`];
  }
  const other = before.findIndex((one) => one.role === role && one.mount === mount);
  return other < 0 ? [] : [`${role} is the role of issuers[${other}]: give each issuer a role of its own`];
}

/** Vault checks every certificate against the name constraints above it, that of the canary first. */
function domainFaults(domain: string, place: number, bundle: GivenChain | undefined): string[] {
  return nameConstraintFaults(bundle?.nameConstraints ?? [], {
    domains: [domain],
    dnsNames: place === 0 ? [canaryDnsName(domain)] : [],
    ipAddresses: [],
  });
}

function lifeFaults({ maxTtl }: ReadableIssuer, settings: ReadableSettings): string[] {
  // The default has been judged as a setting of its own.
  if (maxTtl === undefined || maxTtl === settings.issuingCaRoleMaxTtl) {
    return [];
  }
  if (durationSeconds(maxTtl) < 3600) {
    return [`${maxTtl} is less than cert-manager asks for: give 1h or more`];
  }
  const { issuingCaMaxTtl: longest } = settings;
  if (longest && durationSeconds(maxTtl) > durationSeconds(longest)) {
    return [
      `${maxTtl} is longer than issuingCaMaxTtl (${longest}), the life of the issuing CA: lower it, or raise issuingCaMaxTtl`,
    ];
  }
  return [];
}

function keyFaults({ keyType, keyBits }: ReadableIssuer): string[] {
  if (keyType === undefined || !keyBits) {
    return [];
  }
  const sizes = keySizes[keyType];
  if (!sizes) {
    return [
      `${keyBits}, but keys of type ${keyType} have no size to choose: take it out, or give keyType rsa or ec`,
    ];
  }
  return sizes.includes(keyBits)
    ? []
    : [`${keyBits} is no size of an ${keyType} key: give one of ${sizes.join(", ")}`];
}
