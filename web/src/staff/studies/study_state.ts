/** How a study stands, in one word: what keeps the patient from seeing it outranks what is merely under way. */

import type { StudyLine } from "../../api/staff_types";
import type { Tone } from "../state_tag";

export type Standing = "hidden" | "held" | "due" | "imageless" | "arriving" | "unreported" | "unreleased" | "released";

/** Why an exam waits in the ordinary course, or what a person has decided: nothing that anybody need settle. As `release.py`. */
const EXPLAINED = ["no_report", "not_audited", "no_images", "held_until", "hidden_by_person", "expired"];

/** The reasons that wait for a person. */
export const doubtsOf = (reasons: readonly string[]) => reasons.filter((reason) => !EXPLAINED.includes(reason));

export function standingOf({ release, imaging, report, reasons }: Pick<StudyLine, "release" | "imaging" | "report" | "reasons">): Standing {
  if (release === "hidden") return "hidden";
  if (doubtsOf(reasons).length > 0) return "held";
  if (imaging === "none") return "imageless";
  if (imaging !== "complete") return "arriving";
  if (release === "released") return "released";
  if (report !== "audited" && report !== "corrected") return "unreported";
  return reasons.includes("held_until") ? "due" : "unreleased";
}

export const TONE: Record<Standing, Tone> = {
  hidden: "stop",
  held: "warn",
  due: "wait",
  imageless: "wait",
  arriving: "wait",
  unreported: "wait",
  unreleased: "wait",
  released: "good",
};
