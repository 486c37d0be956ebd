import { CertificateUsage, KeyType } from "../components/certificate-profile";
import { kinds, isKubernetesLabel, type Kind } from "../components/internal/validate";
import type { SettingsReader } from "./reader";

/** Which certificates may ask the issuer. */
export enum IssuerKind {
  /** Those of all namespaces. */
  ClusterIssuer = "ClusterIssuer",
  /** Those of its own namespace. */
  Issuer = "Issuer",
}

/** One item of the setting `issuers`: an issuer beside the first one. */
export interface IssuerSettings {
  /** Of the ClusterIssuer or Issuer. */
  name: string;
  kind: IssuerKind;
  /** Of an Issuer; empty for a ClusterIssuer. */
  namespace: string;
  /** That may ask a ClusterIssuer, with `approverPolicy`; empty for every one. */
  namespaces: string[];
  /** Path of Vault's mount with the issuing CA that signs. */
  mount: string;
  /** Vault's role on that mount. */
  role: string;
  domains: string[];
  maxTtl: string;
  usage: CertificateUsage;
  keyType: KeyType;
  /** Least size of a key; 0 for what `keyType` has anyway. */
  keyBits: number;
}

/** An issuer as far as it could be read; fields at fault are missing. */
export type ReadableIssuer = Partial<IssuerSettings>;

const issuerName: Kind = {
  // A label, so that it can be a part of other names.
  holds: isKubernetesLabel,
  wanted: "a name of up to 63 lower-case letters, digits and -, such as clients",
};

/** Reads the setting `issuers`. What is wrong between its fields is found by `issuerFaults`. */
export function readIssuers(
  reader: SettingsReader,
  defaults: { maxTtl: string | undefined; mount: string | undefined },
): ReadableIssuer[] | undefined {
  return reader.objects("issuers", (fields) => {
    const name = fields.text("name", issuerName);
    return {
      name,
      kind: fields.choice("kind", [IssuerKind.ClusterIssuer, IssuerKind.Issuer]),
      namespace: fields.textOr("namespace", kinds.namespace, ""),
      mount: fields.textOr("mount", kinds.mountPath, defaults.mount),
      namespaces: fields.textsOr("namespaces", kinds.namespace, []),
      role: fields.textOr("role", kinds.vaultName, name),
      domains: fields.texts("domains", kinds.dnsName),
      maxTtl: fields.textOr("maxTtl", kinds.duration, defaults.maxTtl),
      usage: fields.choice("usage", [
        CertificateUsage.Server,
        CertificateUsage.Client,
        CertificateUsage.Both,
      ]),
      keyType: fields.choice("keyType", [KeyType.Any, KeyType.Rsa, KeyType.Ec, KeyType.Ed25519]),
      keyBits: fields.numberOrNone("keyBits"),
    };
  });
}

/** What the objects of an issuer are called that are its own: ServiceAccount, policy and login. */
export function ownName({ name }: Pick<IssuerSettings, "name">): string {
  return `issuer-${name}`;
}

/** All issuers of a stack as cert-manager calls them, the first one first. */
export function issuersOf(settings: {
  clusterIssuerName: string;
  issuers: IssuerSettings[];
}): { kind: string; namespace: string; name: string }[] {
  const first = { kind: IssuerKind.ClusterIssuer, namespace: "", name: settings.clusterIssuerName };
  return [first, ...settings.issuers];
}

/** The namespaces that have to be there, each with its place in the settings. */
export function namespacesOfIssuers(issuers: ReadableIssuer[]): { setting: string; name: string }[] {
  return issuers.flatMap(({ kind, namespace }, index) =>
    kind === IssuerKind.Issuer && namespace
      ? [{ setting: `issuers[${index}].namespace`, name: namespace }]
      : [],
  );
}

/** Host below a domain whose certificate proves that an issuer works. */
export function canaryDnsName(domain: string): string {
  return `canary.${domain}`;
}
