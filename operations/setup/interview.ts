import type { Draft } from "./draft";
import { asSetting, asText } from "./flags";
import type { ClusterOffers } from "./offers";
import { askForCa } from "./owners-ca";
import type { Prompter } from "./prompter";
import { questions, type Question } from "./questions";

/** Whether the answers so far, and the cluster, leave something to ask. */
function applies({ applies }: Question, draft: Draft, cluster: ClusterOffers): boolean {
  return applies?.(cluster, draft.values()) ?? true;
}

/** Fills in what can be had without asking: flags, then what the stack has, then what is offered. */
export function fillIn(draft: Draft, flags: Record<string, string>, cluster: ClusterOffers): void {
  Object.assign(draft.answers, flags);
  for (const question of questions) {
    const { setting, offer } = question;
    if (draft.answers[setting] === undefined && draft.isNew && applies(question, draft, cluster)) {
      const offered = offer(cluster, draft.values());
      if (offered !== undefined) {
        draft.answers[setting] = offered;
      }
    }
  }
}

/** Settings of a new stack that nothing could be offered for. */
export function missingAnswers(draft: Draft, cluster: ClusterOffers): string[] {
  const missing = questions.filter(
    (question) =>
      draft.isNew && draft.answers[question.setting] === undefined && applies(question, draft, cluster),
  );
  return missing.map(({ setting, message }) => `${setting}: is not given (${message}): --${setting} VALUE`);
}

/** Asks a person every question that no flag has answered. */
export async function interview(
  draft: Draft,
  flags: Record<string, string>,
  cluster: ClusterOffers,
  prompter: Prompter,
): Promise<void> {
  Object.assign(draft.answers, flags);
  for (const question of questions) {
    const { setting, derived, offer } = question;
    const settled = flags[setting] !== undefined || (derived && !draft.isNew);
    if (settled || !applies(question, draft, cluster)) {
      continue;
    }
    const offered = draft.isNew ? offer(cluster, draft.values()) : draft.value(setting);
    draft.answers[setting] =
      derived && offered !== undefined ? offered : await ask(draft, question, cluster, offered, prompter);
  }
}

/** Asks again for what is at fault until nothing is; a setting that no question is about, by its name. */
export async function settle(
  draft: Draft,
  faults: () => Promise<string[]>,
  cluster: ClusterOffers,
  prompter: Prompter,
): Promise<void> {
  for (let found = await faults(); found.length > 0; found = await faults()) {
    const [fault] = found as [string];
    const setting = fault.split(":")[0]!;
    prompter.say(fault);
    if (setting === "caBundle" || setting === "caPassphrase") {
      draft.ca = (await askForCa(prompter, false)) ?? draft.ca;
    } else if (draft.value(setting) !== undefined) {
      const known = questions.find((question) => question.setting === setting);
      const question = known ?? { setting, message: setting, offer: () => undefined };
      draft.answers[setting] = await ask(draft, question, cluster, draft.value(setting), prompter);
    } else {
      throw new Error(fault);
    }
  }
}

async function ask(
  draft: Draft,
  { setting, message, choices }: Question,
  cluster: ClusterOffers,
  offered: string | undefined,
  prompter: Prompter,
): Promise<string> {
  const found = choices?.(cluster) ?? [];
  if (found.length > 0) {
    return prompter.choose({ message, choices: found, offered });
  }
  const answer = await prompter.text({
    message,
    offered: offered === undefined ? undefined : asText(setting, offered),
    fault: (text) =>
      draft.faults({ [setting]: asSetting(setting, text) }).find((fault) => fault.startsWith(`${setting}:`)),
  });
  return asSetting(setting, answer);
}
