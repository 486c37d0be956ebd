import type { PlainSettings } from "../../settings/table";
import { LinkRole, type ChainLink, type NextStep, type StatusReport } from "./report";

export const roleNames: Record<LinkRole, string> = {
  [LinkRole.Root]: "root",
  [LinkRole.ParentCa]: "parent CA",
  [LinkRole.IssuingCa]: "issuing CA",
  [LinkRole.Listener]: "Vault's listener",
  [LinkRole.Page]: "page",
};

/** What needs attention, the most urgent first: what stands below cannot be well while what it rests on is not. */
export function nextSteps(
  report: Omit<StatusReport, "ok" | "next">,
  { vaultNamespace, vaultExisting }: Pick<PlainSettings, "vaultNamespace" | "vaultExisting">,
): NextStep[] {
  const { vault, chain, issuers, certificates } = report;
  const steps: NextStep[] = [];
  const nodesIn = (state: string) =>
    vault.nodes.filter((node) => node.state === state).map(({ name }) => name);
  const silent = [...nodesIn("does not answer"), ...nodesIn("without a leader")];
  if (silent.length > 0) {
    const command =
      silent.length === vault.nodes.length
        ? "npm run doctor"
        : `kubectl -n ${vaultNamespace} describe pods ${silent.join(" ")}`;
    steps.push({ what: `Vault: ${silent.join(", ")} cannot be worked with`, command });
  }
  const closed = [...nodesIn("sealed"), ...nodesIn("not initialised")];
  if (closed.length > 0) {
    steps.push({
      what: `Vault: ${closed.join(", ")} sealed or without data`,
      command: vaultExisting ? `vault operator unseal -address=${vault.address}` : "pulumi up",
    });
  }
  steps.push(...chain.flatMap((link) => chainStep(link, vaultExisting !== "")));
  for (const { kind, name, namespace, missing } of issuers.filter(({ ready }) => !ready)) {
    steps.push(
      missing
        ? { what: `${kind} ${name} is missing`, command: "pulumi up --refresh" }
        : { what: `${kind} ${name} is not ready`, command: describeCommand(kind, name, namespace) },
    );
  }
  for (const { name, namespace } of certificates.failing) {
    steps.push({
      what: `Certificate ${namespace}/${name} fails`,
      command: describeCommand("Certificate", name, namespace),
    });
  }
  return steps;
}

function chainStep({ role, mount, subject, problem, ok }: ChainLink, ownersVault: boolean): NextStep[] {
  if (ok) {
    return [];
  }
  const what = `${roleNames[role]}: ${subject ? `${subject} ${problem}` : (problem ?? "not found")}`;
  if (!subject) {
    // The doctor looks at what the page rests on only.
    return [{ what, command: mount ? "pulumi up --refresh" : "npm run doctor" }];
  }
  const commands = {
    [LinkRole.Root]: "docs/certificate-authority.md: a new root, and trust for it, before this one ends",
    [LinkRole.ParentCa]: "have it signed again by your root, then pulumi config set --secret caBundle",
    [LinkRole.IssuingCa]: "docs/certificate-authority.md: a new issuing CA",
    [LinkRole.Listener]: ownersVault ? "a new certificate for your Vault's listener" : "pulumi up",
    [LinkRole.Page]: "npm run doctor",
  };
  return [{ what, command: commands[role] }];
}

function describeCommand(kind: string, name: string, namespace?: string): string {
  return `kubectl ${namespace ? `-n ${namespace} ` : ""}describe ${kind.toLowerCase()} ${name}`;
}
