import { removeSource, sourceCommand } from "../baselines/source";
import type { Measure } from "../measure";
import { recordParts } from "../path-objects";
import { timed } from "../timed";

export const source: Measure = {
  name: "source",
  about: "baseline: the source's procedure by hand, from the empty cluster to trusted https",
  async once({ stack, record }) {
    await stack.empty();
    stack.disturbed();
    try {
      const { command, environment } = await sourceCommand();
      record("source", (await timed(command, environment)).seconds);
      await recordParts(record);
    } finally {
      await removeSource();
    }
  },
};
