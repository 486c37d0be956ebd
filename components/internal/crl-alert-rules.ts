import type { AlertRule, RuleGroup } from "./alert-rules";
import { crlMetrics } from "./crl-metrics";
import { proxyLabels } from "./distribution-proxy";
import { crlRenewalAge } from "./pki-revocation";

/** The CRLs that are watched, by the PkiDistributionPoint that serves them and tells their metrics. */
export interface CrlTopics {
  /** Namespace of the PkiDistributionPoint. */
  namespace: string;
  /** Mounts whose CRLs it serves; without any, there are no alerts. */
  mountPaths: string[];
  /** Namespace of Vault. */
  vaultNamespace: string;
  /** Share of a CRL's life below which its end is near; 0 for no alert of that kind. */
  expiryWarningPercent: number;
}

/** Vault looks every minute for what is due, and the proxy asks it every five. */
const leeway = 3600;

/** Option of kubectl by which it finds the proxies. */
const pods = `-l app.kubernetes.io/name=${proxyLabels["app.kubernetes.io/name"]}`;

/** The rules, as one group where there is something to watch. */
export function crlAlertGroups(topics: CrlTopics): RuleGroup[] {
  return topics.mountPaths.length === 0
    ? []
    : [{ name: "crls", rules: [...ageRules(topics), unreadable(topics), ...silent(topics)] }];
}

/** The CRLs of the mounts as this program sets them up; see pki-revocation. A delta CRL is renewed with the complete one. */
function ageRules({ namespace, vaultNamespace, expiryWarningPercent }: CrlTopics): AlertRule[] {
  const time = (metric: string) => `${metric}{namespace=${JSON.stringify(namespace)}}`;
  const [made, ends] = [time(crlMetrics.thisUpdate), time(crlMetrics.nextUpdate)];
  const overdue = `time() - ${made} > ${crlRenewalAge + leeway}`;
  const share = `${ends} - time() < ${expiryWarningPercent / 100} * (${ends} - ${made})`;
  const which = "The {{ $labels.crl }} CRL of issuer {{ $labels.issuer }} in mount {{ $labels.mount }}";
  const lookAt =
    `"vault read {{ $labels.mount }}/crl/rotate" makes one now or says why not, and so does Vault's log: ` +
    `"kubectl -n ${vaultNamespace} logs -c vault vault-0".`;
  return [
    {
      alert: "CrlNotRenewed",
      expr: overdue,
      for: "10m",
      labels: { severity: "warning" },
      annotations: {
        summary: `${which} was to be made anew and is not`,
        description:
          `It is {{ $value | humanizeDuration }} old, and Vault makes one every ${crlRenewalAge / 3600} hours: ` +
          lookAt,
      },
    },
    ...(expiryWarningPercent > 0
      ? [
          {
            alert: "CrlEndsSoon",
            expr: `(${share}) and (${overdue})`,
            for: "10m",
            labels: { severity: "critical" },
            annotations: {
              summary: `${which} has less than ${expiryWarningPercent} % of its life left`,
              description:
                "It ends in {{ $value | humanizeDuration }}; after that, clients that check it refuse every certificate " +
                `of this issuer: ${lookAt}`,
            },
          },
        ]
      : []),
  ];
}

function unreadable({ namespace }: CrlTopics): AlertRule {
  const is = (metric: string) => `${metric}{namespace=${JSON.stringify(namespace)}} == 0`;
  return {
    alert: "CrlUnreadable",
    expr: `${is(crlMetrics.crlReadable)} or ${is(crlMetrics.mountReadable)}`,
    for: "10m",
    labels: { severity: "warning" },
    annotations: {
      summary:
        "A CRL of mount {{ $labels.mount }} cannot be had" +
        "{{ if $labels.issuer }}: the {{ $labels.crl }} one of issuer {{ $labels.issuer }}{{ end }}",
      description:
        "Clients that check certificates do not get it either. What Vault answered is in the proxy's log: " +
        `"kubectl -n ${namespace} logs ${pods}"; a Vault that is sealed or down has an alert of its own. ` +
        'A delta CRL that a restart of Vault has lost (status 204) comes back by "pulumi up", or by ' +
        '"vault read {{ $labels.mount }}/crl/rotate".',
    },
  };
}

function silent({ namespace, mountPaths }: CrlTopics): AlertRule[] {
  return mountPaths.map((mountPath) => {
    const labels = `namespace=${JSON.stringify(namespace)}, mount=${JSON.stringify(mountPath)}`;
    return {
      alert: "CrlMetricsSilent",
      expr: `absent(${crlMetrics.mountReadable}{${labels}})`,
      for: "15m",
      labels: { severity: "warning", mount: mountPath },
      annotations: {
        summary: `No pki-distribution-point tells of the CRLs of mount ${mountPath}, and no other alert on them can fire`,
        description: `"kubectl -n ${namespace} get pods ${pods}", and Prometheus's own page of targets.`,
      },
    };
  });
}
