import type { Measure } from "../measure";

export const destroy: Measure = {
  name: "destroy",
  about: "destroy of a stack that stands",
  async once({ stack, record }) {
    record("destroy", (await stack.destroy()).seconds);
  },
};
