import type { KubeConfigSource } from "../../components/internal/kubeconfig";
import { checkCluster } from "../../settings/cluster";
import { listSettings } from "../../settings/table";
import type { PulumiCli } from "../pulumi-cli";
import { kubeConfigSourceOf } from "../stack";
import { project } from "../stack-settings";
import { chooseStack, type CliFactory } from "./choose-stack";
import { Draft } from "./draft";
import type { SetupFlags } from "./flags";
import { fillIn, interview, missingAnswers, settle } from "./interview";
import { clusterOffers, contextsOf, type ClusterOffers } from "./offers";
import { askForCa, caOfFlags } from "./owners-ca";
import { presentStack } from "./present-stack";
import type { Prompter } from "./prompter";
import { questions } from "./questions";
import { writeSettings } from "./write-settings";

interface Person {
  /** Undefined where nobody can be asked. */
  prompter?: Prompter;
  environment: NodeJS.ProcessEnv;
}

/** Brings a stack's settings about; returns the exit status. Nothing is written while anything is missing or wrong. */
export async function setUp(
  flags: SetupFlags,
  cliOf: CliFactory,
  { prompter, environment }: Person,
): Promise<number> {
  const { cli, missing } = await chooseStack(flags, cliOf, prompter, environment);
  const present = await presentStack(cli);
  const draft = new Draft(present);
  const ownSource = await kubeConfigSourceOf(cli, present.config);
  const source = await chooseContext(draft, flags, ownSource, prompter);
  const cluster = await clusterOffers(source);
  draft.ca = caOfFlags(flags, environment);

  if (prompter) {
    draft.ca ??= await askForCa(prompter, present.own.includes(`${project}:caBundle`));
    await interview(draft, flags.settings, cluster, prompter);
    await settle(draft, () => draft.allFaults(source), cluster, prompter);
  } else {
    fillIn(draft, flags.settings, cluster);
    const faults = [...missing, ...(await faultsOf(draft, source, cluster))];
    if (faults.length > 0) {
      console.error(["setup: nothing was written:", ...faults].join("\n  - "));
      return 1;
    }
  }
  await finish(draft, cli, flags);
  return 0;
}

async function chooseContext(
  draft: Draft,
  flags: SetupFlags,
  source: KubeConfigSource,
  prompter: Prompter | undefined,
): Promise<KubeConfigSource> {
  const contexts = contextsOf(source);
  if (flags.context) {
    draft.context = flags.context;
  } else if (prompter && contexts.length > 1) {
    draft.context = await prompter.choose({
      message: "Context of the cluster",
      choices: contexts.map((name) => ({ value: name, name })),
      offered: source.context ?? contexts[0],
    });
  }
  const chosen = { ...source, context: draft.context ?? source.context };
  // Before anything else is asked: the answers would be lost.
  const [fault] = prompter ? await checkCluster(chosen, {}) : [];
  if (fault !== undefined) {
    throw new Error(fault);
  }
  return chosen;
}

/** What is missing comes with what is wrong; rules that rest on what is missing are not asked. */
async function faultsOf(draft: Draft, source: KubeConfigSource, cluster: ClusterOffers): Promise<string[]> {
  const missing = missingAnswers(draft, cluster);
  const faults = (await draft.allFaults(source)).map(withFlag);
  const unanswered = missing.map((fault) => fault.split(":")[0]!);
  const restsOnMissing = (fault: string) =>
    unanswered.some((setting) => fault.startsWith(`${setting}:`)) ||
    (unanswered.includes("domains") && fault.startsWith("podinfo"));
  return [...missing, ...faults.filter((fault) => !restsOnMissing(fault))];
}

/** The program knows of no flags. */
function withFlag(fault: string): string {
  if (fault.startsWith("caBundle: is not set")) {
    return `${fault}; here --ca-file FILE`;
  }
  return /caPassphrase"?$/.test(fault) ? `${fault}; here --ca-passphrase-file FILE` : fault;
}

async function finish(draft: Draft, cli: PulumiCli, flags: SetupFlags): Promise<void> {
  draft.notes().forEach((note) => console.log(note));
  if (draft.answers.certManagerExisting === "true") {
    console.log(
      `The cert-manager in namespace ${draft.value("certManagerNamespace")} is used as it is (certManagerExisting).`,
    );
  }
  const lists = Object.keys(listSettings).map((name) => `${project}:${name}`);
  const asked = questions.filter(({ derived }) => !derived).map(({ setting }) => setting);
  await writeSettings(cli, draft.changes(asked), lists, {
    exists: draft.present.exists,
    secretsProvider: flags.secretsProvider,
  });
  console.log(`The settings of stack ${cli.stack} are written, secrets encrypted. Next:\n\n  pulumi up\n`);
}
