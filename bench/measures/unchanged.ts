import type { Measure } from "../measure";

export const preview: Measure = {
  name: "preview",
  about: "preview of a stack that stands, with nothing to change",
  async once({ stack, record }) {
    record("preview", (await stack.unchanged("preview")).seconds);
  },
};

export const noop: Measure = {
  name: "noop",
  about: "up of a stack that stands, with nothing to change",
  async once({ stack, record }) {
    record("noop", (await stack.unchanged("up")).seconds);
  },
};

export const refresh: Measure = {
  name: "refresh",
  about: "up --refresh of a stack that stands, which looks at every object",
  async once({ stack, record }) {
    record("refresh", (await stack.unchanged("up", "--refresh")).seconds);
  },
};
