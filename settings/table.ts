import { kinds, type Kind } from "../components/internal/validate";
import { caOrigin } from "./ca-origin";
import type { IssuerSettings } from "./issuers";
import { monitoringKind, objectLabel } from "./monitoring";
import { urlOrNone } from "./owners-vault-rules";
import { scheduleOrNone } from "./schedule";
import { vaultEndpointKind } from "./vault-endpoint";

/** Settings that are text, each with the kind of text. Their defaults and descriptions are in Pulumi.yaml. */
export const textSettings = {
  caOrigin,
  rootCaCommonName: kinds.commonName,
  rootCaMaxTtl: kinds.duration,
  parentCaCommonName: kinds.commonName,
  signedCaCertificate: kinds.certificatesOrNone,
  vaultNamespace: kinds.namespace,
  vaultChart: kinds.chart,
  vaultChartRepository: kinds.repository,
  vaultChartVersion: kinds.chartVersion,
  vaultImageRepository: kinds.image,
  vaultImageTag: kinds.version,
  vaultLoadBalancerIp: kinds.ipv4AddressOrNone,
  vaultEndpoint: vaultEndpointKind,
  vaultExisting: urlOrNone,
  vaultCaPem: kinds.certificatesOrNone,
  vaultClusterAddress: urlOrNone,
  vaultKubernetesHost: urlOrNone,
  vaultAuthPath: kinds.mountPath,
  vaultStorageClass: kinds.classNameOrNone,
  vaultDataStorageSize: kinds.storageSize,
  vaultAuditStorageSize: kinds.storageSize,
  vaultAuditLogMaxSize: kinds.storageSizeOrNone,
  vaultRootToken: kinds.rootTokenUse,
  vaultTokenPeriod: kinds.duration,
  vaultStorage: kinds.vaultStorage,
  vaultSnapshotSchedule: scheduleOrNone,
  vaultSnapshotStorageSize: kinds.storageSize,
  pkiRoleName: kinds.vaultName,
  parentCaMountPath: kinds.mountPath,
  parentCaMaxTtl: kinds.duration,
  parentCaRoleMaxTtl: kinds.duration,
  issuingCaMountPath: kinds.mountPath,
  issuingCaMaxTtl: kinds.duration,
  issuingCaCommonName: kinds.commonName,
  issuingCaIssuerName: kinds.vaultName,
  issuingCaRoleMaxTtl: kinds.duration,
  additionalRootCertificates: kinds.certificatesOrNone,
  certManagerNamespace: kinds.namespace,
  certManagerChart: kinds.chart,
  certManagerChartRepository: kinds.repository,
  certManagerChartVersion: kinds.chartVersion,
  clusterIssuerName: kinds.objectName,
  approverPolicyChart: kinds.chart,
  approverPolicyChartRepository: kinds.repository,
  approverPolicyChartVersion: kinds.chartVersion,
  trustBundle: kinds.objectNameOrNone,
  trustManagerChart: kinds.chart,
  trustManagerChartRepository: kinds.repository,
  trustManagerChartVersion: kinds.chartVersion,
  podinfoNamespace: kinds.namespace,
  podinfoChart: kinds.chart,
  podinfoChartRepository: kinds.repository,
  podinfoChartVersion: kinds.chartVersion,
  podinfoHost: kinds.dnsName,
  podinfoTlsSecretName: kinds.objectName,
  ingressClassName: kinds.classNameOrNone,
  pkiHost: kinds.dnsNameOrNone,
  pkiProxyImage: kinds.imageReference,
  monitoring: monitoringKind,
} satisfies Record<string, Kind>;

/** Settings that are lists of text. */
export const listSettings = {
  domains: kinds.dnsName,
  vaultPgpKeys: kinds.pgpKey,
  podinfoAliases: kinds.dnsName,
  issuerNamespaces: kinds.namespace,
  otherClusterIssuers: kinds.objectName,
  trustNamespaceLabels: kinds.label,
  monitoringLabels: objectLabel,
} satisfies Record<string, Kind>;

/** Settings that are whole numbers, with the least and the greatest. */
export const numberSettings = {
  vaultReplicas: [1, 5],
  vaultSnapshotKeep: [1, 1000],
  vaultKeyShares: [1, 255],
  vaultKeyThreshold: [1, 255],
  vaultTimeoutSeconds: [10, 86400],
  vaultListenerCertificateHours: [1, 876000],
  vaultListenerRenewalHours: [0, 876000],
  rotateToken: [0, 1_000_000_000],
  issuingCaGeneration: [1, 1_000_000_000],
  expiryWarningPercent: [0, 100],
} satisfies Record<string, [number, number]>;

export const booleanSettings = [
  "vaultRetainData",
  "vaultAutoUnseal",
  "vaultAuditDevices",
  "vaultAntiAffinity",
  "certManagerExisting",
  "certManagerKeepCrds",
  "approverPolicy",
  "demo",
  "acme",
] as const;

/** Settings that are encrypted in the stack's settings file. */
export const secretSettings = [
  "caBundle",
  "caPassphrase",
  "vaultExistingUnsealKeys",
  "vaultExistingRootToken",
  "vaultToken",
] as const;

/** All settings but the secret ones, as they are given. */
export type PlainSettings = Record<keyof typeof textSettings, string> &
  Record<keyof typeof listSettings, string[]> &
  Record<keyof typeof numberSettings, number> &
  Record<(typeof booleanSettings)[number], boolean> & { issuers: IssuerSettings[] };

export const settingNames: string[] = [
  ...[textSettings, listSettings, numberSettings].flatMap((table) => Object.keys(table)),
  ...booleanSettings,
  ...secretSettings,
  "issuers",
];
