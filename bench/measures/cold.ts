import type { Measure } from "../measure";
import { recordParts } from "../path-objects";

export const cold: Measure = {
  name: "cold",
  about:
    "up from the empty cluster to trusted https; its memory; parts of the critical path; size of the state",
  async once({ stack, record }) {
    const cost = await stack.coldUp();
    record("cold", cost.seconds);
    record("memory-program", cost.programMiB);
    record("memory-all", cost.allMiB);
    await recordParts(record);
    // What Pulumi keeps, secrets encrypted.
    record("state-size", Buffer.byteLength(await stack.pulumi("stack", "export")) / 1024);
  },
};
