import { eventually, forgetStackOutputs, inLab, kubectl } from "../tests/support/lab";
import { StackRun, unattended } from "../tests/support/stack";
import { removeSource } from "./baselines/source";
import { timed, type Cost } from "./timed";

/** What the lab's stack has beyond the source's set-up is left out: the same is compared with the same. */
const likeTheSource = { pkiHost: undefined, trustBundle: undefined, trustNamespaceLabels: undefined };

/** Fetches the page as a client that trusts the owner's root and nothing else, until it is there. */
const untilThePage = `until curl -fs -o /dev/null --max-time 5 --cacert "$VAULT_CACERT" --capath /dev/null \\
  --resolve podinfo.wsp.local:443:192.168.1.241 https://podinfo.wsp.local; do sleep 0.1; done`;

/** The lab's stack as the bench has it. Knows in which of its states it is, so that a measure begins where it must. */
export class BenchStack {
  private state: "empty" | "standing" | "unknown" = "unknown";

  private constructor(private readonly run: StackRun) {}

  /** @param settings Beside the source's. */
  static async with(settings: Record<string, unknown> = {}): Promise<BenchStack> {
    return new BenchStack(await StackRun.with({ ...likeTheSource, ...settings }));
  }

  /** Nothing of the stack is in the cluster, nor of the source's procedure. Not measured. */
  async empty(): Promise<void> {
    if (this.state === "empty") {
      return;
    }
    await this.run.destroy();
    // An interrupted run of the source's procedure has left them.
    const namespaces = await inLab([
      ...["kubectl", "get", "namespaces", "vault", "cert-manager", "podinfo"],
      ...["--ignore-not-found", "--output=name"],
    ]);
    if (namespaces.trim()) {
      await removeSource();
    }
    await noVolumeIsLeft();
    this.became("empty");
  }

  /** The stack stands, and a run has nothing to change. Not measured. */
  async standing(): Promise<void> {
    if (this.state !== "standing") {
      await this.run.up();
      this.became("standing");
    }
  }

  /** Something else has been to the cluster, or a run has failed. */
  disturbed(): void {
    this.became("unknown");
  }

  /** From the empty cluster until a client that trusts the root alone has the page. */
  async coldUp(): Promise<Cost> {
    await this.empty();
    this.disturbed();
    const up = `pulumi up ${unattended.join(" ")}`;
    const cost = await timed(
      ["timeout", "1800", "sh", "-ec", `${up}\n${untilThePage}`],
      this.run.environment(),
    );
    this.became("standing");
    return cost;
  }

  /** A command of Pulumi's that finds nothing to change; fails when it does. */
  async unchanged(command: "up" | "preview", ...flags: string[]): Promise<Cost> {
    await this.standing();
    const always = command === "up" ? unattended : ["--non-interactive", "--color=never"];
    return timed(["pulumi", command, ...always, "--expect-no-changes", ...flags], this.run.environment());
  }

  async destroy(): Promise<Cost> {
    await this.standing();
    this.disturbed();
    const cost = await timed(["pulumi", "destroy", ...unattended], this.run.environment());
    await noVolumeIsLeft();
    this.became("empty");
    return cost;
  }

  /** What `pulumi` prints with these settings. */
  async pulumi(...args: string[]): Promise<string> {
    return this.run.pulumi(...args);
  }

  forget(): void {
    this.run.forget();
  }

  private became(state: typeof this.state): void {
    this.state = state;
    // Of another Vault.
    forgetStackOutputs();
  }
}

/** The provisioner takes its time with the directories of claims that are gone. */
async function noVolumeIsLeft(): Promise<void> {
  await eventually("no volume", 180, async () => {
    const { items } = (await kubectl("get", "persistentvolumes")) as { items: unknown[] };
    return items.length === 0;
  });
}
