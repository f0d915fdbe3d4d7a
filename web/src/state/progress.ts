/** The way of a registered exam, in the order in which it is gone. */

import type { ProgressState } from "../api/types";

export const STEPS = ["registered", "imaging", "reporting", "ready"] as const;
export type Step = (typeof STEPS)[number];

/** The first step is done as soon as there is anything to show. */
export function whereIs(step: Step, state: ProgressState): "done" | "now" | "next" {
  const here = STEPS.indexOf(state as Step);
  const place = STEPS.indexOf(step);
  if (step === "registered" || place < here || state === "ready") return "done";
  return place === here ? "now" : "next";
}
