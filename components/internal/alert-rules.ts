import { leftAfterRenewal, warningSeconds, type WatchedCertificate } from "./expiry";

/** An alert as Prometheus reads it; https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export interface AlertRule {
  alert: string;
  expr: string;
  /** How long it must have been so. */
  for: string;
  labels: Record<string, string>;
  annotations: { summary: string; description: string };
}

export interface RuleGroup {
  name: string;
  rules: AlertRule[];
}

/** An issuer of cert-manager: a ClusterIssuer, or an Issuer of a namespace. */
export interface IssuerTopic {
  name: string;
  /** Of an Issuer. */
  namespace?: string;
}

/** What the rules are about, by its names in the cluster. */
export interface AlertTopics {
  vaultNamespace: string;
  /** 0 for no alerts of Vault itself. */
  vaultReplicas: number;
  certManagerNamespace: string;
  clusterIssuerName: string;
  /** Those beside it. */
  furtherIssuers: IssuerTopic[];
  /** Share of a certificate's life below which its end is near; 0 for no alerts of that kind. */
  expiryWarningPercent: number;
  authorities: WatchedCertificate[];
}

/** The rules, each group of which stands for one thing that has to be scraped. */
export function alertGroups(topics: AlertTopics): RuleGroup[] {
  return [
    { name: "vault", rules: topics.vaultReplicas > 0 ? vaultRules(topics) : [] },
    { name: "cert-manager", rules: certManagerRules(topics) },
    { name: "certificate-authorities", rules: authorityRules(topics) },
  ].filter(({ rules }) => rules.length > 0);
}

/** The same as the file that a Prometheus without the operator reads: JSON, which is YAML as well. */
export function ruleFile(groups: RuleGroup[]): string {
  return JSON.stringify({ groups }, undefined, 2);
}

/** A Vault that is sealed, down or not scraped does not tell that it is unsealed, which is all that is asked. */
function vaultRules({ vaultNamespace: namespace, vaultReplicas: nodes }: AlertTopics): AlertRule[] {
  const unsealed = `(count(vault_core_unsealed{namespace="${namespace}"} == 1) or vector(0))`;
  const description =
    `{{ $value }} of ${nodes} say that they are unsealed; the others are sealed, down or not scraped: ` +
    `"kubectl -n ${namespace} get pods -l app.kubernetes.io/name=vault", then "pulumi up", which unseals.`;
  const majority = Math.floor(nodes / 2) + 1;
  return [
    {
      alert: "VaultSealedOrDown",
      expr: `${unsealed} < ${majority}`,
      for: "3m",
      labels: { severity: "critical" },
      annotations: { summary: "Vault signs no certificates: it is sealed or down", description },
    },
    ...(nodes > majority
      ? [
          {
            alert: "VaultNodeSealedOrDown",
            expr: `${unsealed} < ${nodes}`,
            for: "10m",
            labels: { severity: "warning" },
            annotations: { summary: "A node of Vault is sealed or down", description },
          },
        ]
      : []),
  ];
}

function certManagerRules(topics: AlertTopics): AlertRule[] {
  const { clusterIssuerName: name, furtherIssuers, certManagerNamespace, expiryWarningPercent } = topics;
  return [
    issuerRule({ name }),
    {
      alert: "CertManagerSilent",
      expr: `absent(certmanager_clusterissuer_ready_status{name="${name}"})`,
      for: "15m",
      labels: { severity: "critical" },
      annotations: {
        summary: "cert-manager is down or not scraped, and no other alert on certificates can fire",
        description: `"kubectl -n ${certManagerNamespace} get pods", and Prometheus's own page of targets.`,
      },
    },
    ...certificateRules({ name }, expiryWarningPercent),
    ...furtherIssuers.flatMap((issuer) =>
      [issuerRule(issuer), ...certificateRules(issuer, expiryWarningPercent)].map((rule) => ({
        ...rule,
        // Rules of one group are told apart by their names and labels.
        labels: {
          ...rule.labels,
          issuer: issuer.namespace ? `${issuer.namespace}/${issuer.name}` : issuer.name,
        },
      })),
    ),
  ];
}

function issuerRule({ name, namespace }: IssuerTopic): AlertRule {
  const { kind, series, describe } = namespace
    ? {
        kind: "Issuer",
        series: `certmanager_issuer_ready_status{name="${name}", namespace="${namespace}", condition="True"}`,
        describe: `kubectl -n ${namespace} describe issuer ${name}`,
      }
    : {
        kind: "ClusterIssuer",
        series: `certmanager_clusterissuer_ready_status{name="${name}", condition="True"}`,
        describe: `kubectl describe clusterissuer ${name}`,
      };
  return {
    alert: `${kind}NotReady`,
    expr: `${series} == 0`,
    for: "15m",
    labels: { severity: "critical" },
    annotations: {
      summary: `The ${kind} ${name} cannot log in to Vault`,
      description: `No certificate is issued or renewed: "${describe}".`,
    },
  };
}

/** The leaves: all Certificates of the issuer, with those that others than this program have made. */
function certificateRules({ name, namespace }: IssuerTopic, expiryWarningPercent: number): AlertRule[] {
  const ofIssuer = namespace
    ? // An Issuer is also what a Certificate means that names no kind.
      `issuer_kind=~"Issuer|", issuer_name="${name}", namespace="${namespace}"`
    : `issuer_kind="ClusterIssuer", issuer_name="${name}"`;
  const time = (what: string) => `certmanager_certificate_${what}_timestamp_seconds{${ofIssuer}}`;
  // Zero stands for a certificate that was never issued.
  const left = `(${time("not_after")} > 0) - time()`;
  const overdue = `${left} < ${leftAfterRenewal} * (${time("not_after")} - ${time("renewal")})`;
  const share = `${left} < ${expiryWarningPercent / 100} * (${time("not_after")} - ${time("not_before")})`;
  const which = "Certificate {{ $labels.name }}";
  const lookAt =
    '"kubectl get certificate -A", "kubectl describe certificate,certificaterequest" in its namespace, and ' +
    '"cmctl renew" when the reason is gone.';
  return [
    {
      alert: "CertificateNotReady",
      expr: `certmanager_certificate_ready_status{${ofIssuer}, condition="True"} == 0`,
      for: "10m",
      labels: { severity: "critical" },
      annotations: { summary: `${which} is not Ready`, description: `It is not issued, or over: ${lookAt}` },
    },
    {
      alert: "CertificateNotRenewed",
      expr: overdue,
      for: "5m",
      labels: { severity: "warning" },
      annotations: {
        summary: `${which} was to be renewed and is not`,
        description: `It ends in {{ $value | humanizeDuration }}: ${lookAt}`,
      },
    },
    ...(expiryWarningPercent > 0
      ? [
          {
            alert: "CertificateEndsSoon",
            expr: `(${share}) and (${overdue})`,
            for: "5m",
            labels: { severity: "critical" },
            annotations: {
              summary: `${which} has less than ${expiryWarningPercent} % of its life left: its renewal does not work`,
              description: `It ends in {{ $value | humanizeDuration }}: ${lookAt}`,
            },
          },
        ]
      : []),
  ];
}

/** Of CAs there are no metrics. Their ends change in runs only, so the rules hold them. */
function authorityRules({ authorities, expiryWarningPercent }: AlertTopics): AlertRule[] {
  if (expiryWarningPercent === 0) {
    return [];
  }
  return authorities.map(({ title, life, remedy }) => ({
    alert: "CertificateAuthorityEndsSoon",
    expr: `vector(${life.notAfter.getTime() / 1000}) - time() < ${warningSeconds(life, expiryWarningPercent)}`,
    for: "1h",
    labels: { severity: "warning", authority: title },
    annotations: {
      summary: `${title} ends at ${life.notAfter.toISOString()}`,
      description: `It ends in {{ $value | humanizeDuration }}: ${remedy}.`,
    },
  }));
}
