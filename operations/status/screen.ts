import type { Paint } from "../terminal";
import { roleNames } from "./next-steps";
import type { CertificatesStatus, ChainLink, StatusReport } from "./report";

const barLength = 20;
const nameLength = 17;

/** One screen: what there is, and what to do next. */
export function statusScreen(report: StatusReport, paint: Paint, now = new Date()): string {
  const { vault, chain, issuers, certificates, urls, next } = report;
  const mark = (ok: boolean) => (ok ? paint("green", "✓") : paint("red", "✗"));
  const section = (title: string, lines: string[]) => [
    "",
    paint("bold", title),
    ...lines.map((line) => `  ${line}`),
  ];
  return [
    `${paint("bold", report.stack)} ${paint("dim", `on ${report.cluster}`)}`,
    ...section(
      "Vault",
      vault.nodes.map(({ name, state, ok }) => `${mark(ok)} ${name.padEnd(nameLength)} ${state}`),
    ),
    ...section(
      "Chain",
      chain.map((link) => `${mark(link.ok)} ${chainLine(link, paint)}`),
    ),
    ...section(
      "Issuers",
      issuers.map(({ name, namespace, ready, message }) => {
        const whole = namespace ? `${namespace}/${name}` : name;
        return `${mark(ready)} ${whole.padEnd(nameLength)} ${ready ? "ready" : message}`;
      }),
    ),
    ...section("Certificates", certificateLines(certificates, mark, now)),
    ...section(
      "URLs",
      urls.map(({ name, url }) => `  ${name.padEnd(nameLength)} ${url}`),
    ),
    ...section(
      "Next",
      next.length === 0
        ? [`${mark(true)} nothing needs attention`]
        : next.flatMap(({ what, command }) => [`${mark(false)} ${what}`, `    ${paint("bold", command)}`]),
    ),
    "",
  ].join("\n");
}

function chainLine({ role, subject, daysLeft, share, problem, ok }: ChainLink, paint: Paint): string {
  const name = roleNames[role].padEnd(nameLength);
  if (daysLeft === undefined || share === undefined) {
    return `${name} ${problem ?? "not found"}`;
  }
  const full = Math.ceil(share * barLength);
  const bar = "█".repeat(full) + "░".repeat(barLength - full);
  const colour = ok ? "green" : daysLeft < 0 ? "red" : "yellow";
  const days = `${daysLeft} d`.padStart(7);
  return `${name} ${paint(colour, bar)} ${days}  ${subject}${problem ? `: ${problem}` : ""}`;
}

function certificateLines(
  { total, ready, failing, nextRenewal }: CertificatesStatus,
  mark: (ok: boolean) => string,
  now: Date,
): string[] {
  const renewal = nextRenewal
    ? `, next renewal ${inHours(nextRenewal.at, now)} (${nextRenewal.namespace}/${nextRenewal.name})`
    : "";
  return [
    `${mark(failing.length === 0)} ${ready} of ${total} ready${renewal}`,
    ...failing.map(({ namespace, name, message }) => `${mark(false)} ${namespace}/${name}: ${message}`),
  ];
}

function inHours(at: string, now: Date): string {
  const minutes = Math.round((Date.parse(at) - now.getTime()) / 60_000);
  if (minutes <= 0) {
    return "now";
  }
  return minutes < 120
    ? `in ${minutes} min`
    : minutes < 2880
      ? `in ${Math.round(minutes / 60)} h`
      : `in ${Math.round(minutes / 1440)} d`;
}
