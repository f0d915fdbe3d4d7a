/** How a study stands, in one word: what keeps the patient from seeing it outranks what is merely under way. */

import type { StudyLine } from "../../api/staff_types";
import type { Tone } from "../state_tag";

export type Standing = "hidden" | "held" | "arriving" | "unreported" | "released";

export function standingOf({ release, imaging, report, reasons }: Pick<StudyLine, "release" | "imaging" | "report" | "reasons">): Standing {
  if (release === "hidden") return "hidden";
  if (release === "released") return imaging === "complete" ? "released" : "arriving";
  if (reasons.length > 0) return "held";
  if (imaging !== "complete") return "arriving";
  return report === "audited" || report === "corrected" ? "held" : "unreported";
}

export const TONE: Record<Standing, Tone> = { hidden: "stop", held: "warn", arriving: "wait", unreported: "wait", released: "good" };
