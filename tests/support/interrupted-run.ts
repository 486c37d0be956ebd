import { inLab } from "./lab";

/** `interrupt` is Ctrl-C; `kill` ends everything at once, as the loss of the machine would. */
export type Interruption = "interrupt" | "kill";

/**
 * Starts `pulumi up` and ends it when it has run for some seconds, or lets it end by itself before.
 *
 * @returns what it had printed
 */
export async function interruptedUp(seconds: number, interruption: Interruption): Promise<string> {
  const script = [
    "log=$(mktemp)",
    // A shell has its background processes ignore Ctrl-C. A session of its own is known by its first process.
    'env --default-signal=INT setsid pulumi up --yes --skip-preview --non-interactive --color=never >"$log" 2>&1 &',
    "run=$!",
    '(sleep "$SECONDS_TO_RUN"; [ "$INTERRUPTION" = kill ] && pkill -KILL --session $run || kill -INT $run) >/dev/null 2>&1 &',
    "timer=$!",
    'wait $run; kill $timer 2>/dev/null; cat "$log"; rm "$log"',
  ].join("\n");
  const printed = await inLab(["sh", "-c", script], {
    env: { SECONDS_TO_RUN: String(seconds), INTERRUPTION: interruption },
  });
  // What was killed has left its lock.
  await inLab(["pulumi", "cancel", "--yes"]);
  return printed;
}

/** Numbers from 0 to 1 that are the same for the same seed. https://en.wikipedia.org/wiki/Linear_congruential_generator */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
