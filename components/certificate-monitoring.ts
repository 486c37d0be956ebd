import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { alertGroups, ruleFile, type RuleGroup } from "./internal/alert-rules";
import { watchedAuthorities } from "./internal/ca-certificates";
import { crlAlertGroups } from "./internal/crl-alert-rules";
import { metricsPath, proxyLabels } from "./internal/distribution-proxy";
import { metricsPortName } from "./internal/hcl";
import { labelsOf } from "./internal/label-pairs";
import { ownMetadata } from "./internal/own-metadata";

export interface WatchedIssuer {
  /** Name of the ClusterIssuer or Issuer. */
  name: string;
  /** Namespace of an Issuer; empty for a ClusterIssuer. Default empty. */
  namespace?: string;
}

export interface CertificateMonitoringArgs {
  /** Namespace of Vault, whose metrics must be on. Default `vault`. */
  vaultNamespace?: string;
  /** Number of Vault's nodes. Default 1. */
  vaultReplicas?: number;
  /** Whether Vault itself is watched, by its pods in `vaultNamespace`. Default true. */
  watchVault?: boolean;
  /** Namespace of cert-manager. Default `cert-manager`. */
  certManagerNamespace?: string;
  /** The ClusterIssuer whose Certificates are watched. Default `vault-issuer`. */
  clusterIssuerName?: string;
  /** Mount paths whose CRLs a PkiDistributionPoint serves, whose metrics must be on. Default none. */
  crlMountPaths?: pulumi.Input<pulumi.Input<string>[]>;
  /** Namespace of the PkiDistributionPoint. Default that of Vault. */
  distributionPointNamespace?: string;
  /** Issuers beside it whose Certificates are watched as well. Default none. */
  furtherIssuers?: WatchedIssuer[];
  /** PEM: the root. */
  rootCertificatePem: pulumi.Input<string>;
  /** PEM: the intermediate above Vault. */
  parentCertificatePem: pulumi.Input<string>;
  /** PEM: the issuing CA. */
  issuingCertificatePem: pulumi.Input<string>;
  /** PEM: each of the issuing CAs beside it. Default none. */
  furtherIssuingCertificatePems?: pulumi.Input<pulumi.Input<string>[]>;
  /** Share of the life of a certificate or CRL, in percent, below which its end is near; 0 for never. Default 20. */
  expiryWarningPercent?: number;
  /** Whether to make objects for the Prometheus Operator, which must be there. Default true. */
  operatorObjects?: boolean;
  /** Labels of these objects, each `KEY=VALUE`, by which a Prometheus selects them. Default none. */
  labels?: string[];
}

/**
 * What tells the owner of certificates, CAs and a Vault in trouble between runs: alerts for Prometheus, and for its
 * operator the objects that have it read them and scrape Vault, cert-manager and, where there is one, a
 * PkiDistributionPoint, which tells the age of CRLs.
 *
 * @example
 * ```ts
 * const monitoring = new CertificateMonitoring("monitoring", {
 *   rootCertificatePem: authority.rootCertificatePem,
 *   parentCertificatePem: authority.signingCertificatePem,
 *   issuingCertificatePem: issuingCa.certificatePem,
 *   labels: ["release=kube-prometheus-stack"],
 * });
 * ```
 */
export class CertificateMonitoring extends pulumi.ComponentResource {
  /** The rules as a file for a Prometheus without the operator. */
  public readonly rules: pulumi.Output<string>;

  constructor(name: string, args: CertificateMonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cert-manager-vault:index:CertificateMonitoring", name, args, opts);

    const groups = pulumi
      .all([
        args.rootCertificatePem,
        args.parentCertificatePem,
        args.issuingCertificatePem,
        args.furtherIssuingCertificatePems ?? [],
      ])
      .apply(([root, parent, issuing, furtherIssuing]) =>
        alertGroups({
          vaultNamespace: args.vaultNamespace ?? "vault",
          vaultReplicas: (args.watchVault ?? true) ? (args.vaultReplicas ?? 1) : 0,
          certManagerNamespace: args.certManagerNamespace ?? "cert-manager",
          clusterIssuerName: args.clusterIssuerName ?? "vault-issuer",
          furtherIssuers: args.furtherIssuers ?? [],
          expiryWarningPercent: args.expiryWarningPercent ?? 20,
          authorities: watchedAuthorities({ root, parent, issuing }, furtherIssuing),
        }),
      );
    const allGroups = pulumi.all([groups, crlGroups(args)]).apply((both) => both.flat());
    if (args.operatorObjects ?? true) {
      const object = operatorObject(name, args, { parent: this });
      object("rules", "PrometheusRule", args.vaultNamespace ?? "vault", { groups: allGroups });
      if (args.watchVault ?? true) {
        object("vault", "PodMonitor", args.vaultNamespace ?? "vault", vaultMonitor(args));
      }
      object("cert-manager", "PodMonitor", args.certManagerNamespace ?? "cert-manager", certManagerMonitor());
      if (args.crlMountPaths !== undefined) {
        object(
          "crls",
          "PodMonitor",
          distributionPointNamespace(args),
          crlMonitor(),
          "cert-manager-vault-crls",
        );
      }
    }

    this.rules = allGroups.apply(ruleFile);
    this.registerOutputs({ rules: this.rules });
  }
}

function crlGroups(args: CertificateMonitoringArgs): pulumi.Output<RuleGroup[]> {
  return pulumi.output(args.crlMountPaths ?? []).apply((mountPaths) =>
    crlAlertGroups({
      namespace: distributionPointNamespace(args),
      mountPaths,
      vaultNamespace: args.vaultNamespace ?? "vault",
      expiryWarningPercent: args.expiryWarningPercent ?? 20,
    }),
  );
}

function distributionPointNamespace(args: CertificateMonitoringArgs): string {
  return args.distributionPointNamespace ?? args.vaultNamespace ?? "vault";
}

/** Makes objects of one group and version with the same labels. */
function operatorObject(
  name: string,
  args: CertificateMonitoringArgs,
  opts: pulumi.CustomResourceOptions,
): (part: string, kind: string, namespace: string, spec: object, objectName?: string) => void {
  const labels = labelsOf(args.labels ?? []);
  return (part, kind, namespace, spec, objectName = "cert-manager-vault") => {
    new k8s.apiextensions.CustomResource(
      `${name}-${part}`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind,
        metadata: { ...ownMetadata({ name: objectName, namespace }), labels },
        spec,
      },
      opts,
    );
  };
}

/** Every node of Vault by its pod: a Service would lead to one of them. */
function vaultMonitor({ vaultNamespace = "vault" }: CertificateMonitoringArgs): object {
  return {
    selector: { matchLabels: { "app.kubernetes.io/name": "vault", component: "server" } },
    podMetricsEndpoints: [
      {
        port: metricsPortName,
        path: "/v1/sys/metrics",
        params: { format: ["prometheus"] },
        scheme: "https",
        tlsConfig: {
          ca: { secret: { name: "tls-ca", key: "tls.crt" } },
          serverName: `vault.${vaultNamespace}.svc`,
        },
        interval: "30s",
      },
    ],
  };
}

function certManagerMonitor(): object {
  return {
    selector: {
      matchLabels: {
        "app.kubernetes.io/name": "cert-manager",
        "app.kubernetes.io/component": "controller",
      },
    },
    // A Certificate's namespace is a label of its metrics, which the pod's would displace.
    podMetricsEndpoints: [{ port: "http-metrics", honorLabels: true, interval: "60s" }],
  };
}

/** Beside Vault's, hence with a name of its own. A proxy that gets no answer from Vault needs eight seconds to say so. */
function crlMonitor(): object {
  return {
    selector: { matchLabels: proxyLabels },
    podMetricsEndpoints: [{ port: "metrics", path: metricsPath, interval: "60s", scrapeTimeout: "10s" }],
  };
}
