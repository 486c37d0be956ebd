import type { Measure } from "../measure";
import { certificates } from "./certificates";
import { cold } from "./cold";
import { destroy } from "./destroy";
import { emptyUp } from "./empty-up";
import { issuers } from "./issuers";
import { restart } from "./restart";
import { source } from "./source";
import { storage } from "./storage";
import { noop, preview, refresh } from "./unchanged";

/** In an order in which each finds the cluster nearly as it wants it. */
export const measures: readonly Measure[] = [
  source,
  emptyUp,
  cold,
  preview,
  noop,
  refresh,
  restart,
  storage,
  destroy,
  certificates,
  issuers,
];
