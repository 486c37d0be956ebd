import assert from "node:assert/strict";
import { assertNothingIsLeft, stackState } from "../support/clean-cluster";
import { interruptedUp, randomNumbers } from "../support/interrupted-run";
import { forgetStackOutputs, inLab, stackOutputs } from "../support/lab";
import { fetchPage } from "../support/page";
import { unattended } from "../support/stack";

const seeds = Number(process.env.SOAK_SEEDS ?? 20);
const firstSeed = Number(process.env.SOAK_FIRST_SEED ?? 1);

describe("an up that is ended at a random point", function () {
  this.timeout(1_800_000);
  let duration: number;

  async function destroy(): Promise<void> {
    await inLab(["pulumi", "destroy", ...unattended]);
    const { held, begun } = await stackState();
    assert.deepEqual(held, []);
    if (begun.length > 0) {
      // What was being made when a run was killed is noted in the state until it is told to be forgotten.
      await inLab(["pulumi", "refresh", "--clear-pending-creates", ...unattended]);
    }
    await assertNothingIsLeft();
  }

  async function up(): Promise<void> {
    forgetStackOutputs();
    await inLab(["pulumi", "up", ...unattended]);
    const { rootCaPem } = await stackOutputs();
    assert.match((await fetchPage(rootCaPem)).message, /podinfo/);
  }

  before(async () => {
    await destroy();
    const started = Date.now();
    await up();
    duration = (Date.now() - started) / 1000;
    await destroy();
  });

  // Also after a seed that failed half-way.
  beforeEach(destroy);

  after(up);

  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const interruption = seed % 2 === 0 ? "kill" : "interrupt";
    // Of each two of a kind, one is continued before it is destroyed.
    const continued = seed % 4 >= 2;
    it(`seed ${seed}: ${interruption}, then ${continued ? "up and " : ""}destroy`, async () => {
      const random = randomNumbers(seed);
      random();
      const seconds = Math.round(random() * duration * 10) / 10;
      const printed = await interruptedUp(seconds, interruption);
      const made = printed.match(/ created /g)?.length ?? 0;
      console.log(`      after ${seconds} of ${Math.round(duration)} s, ${made} resources made`);
      if (continued) {
        await up();
      }
      await destroy();
    });
  }
});
