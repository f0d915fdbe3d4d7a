/** Millimetres on the screen. */
import type { Plane } from "../loader/index_types";

const LENGTHS_MM = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500] as const;
const LONGEST_PX = 130;

export interface ScaleBar {
  lengthMm: number;
  lengthPx: number;
  /** The length is that on the detector; in the body it is shorter. */
  magnified: boolean;
}

/** @param pxPerColumn screen pixels per image column. */
export function scaleBar({ spacing, spacing_source: source }: Plane, pxPerColumn: number): ScaleBar | null {
  if (!spacing || source === "none") return null;
  const pxPerMm = pxPerColumn / spacing[1];
  const lengthMm = LENGTHS_MM.findLast((mm) => mm * pxPerMm <= LONGEST_PX);
  if (!lengthMm) return null;
  return { lengthMm, lengthPx: lengthMm * pxPerMm, magnified: source === "imager" };
}

/** Height of a pixel divided by its width. */
export function pixelAspect({ spacing }: Plane): number {
  return spacing && spacing[0] > 0 && spacing[1] > 0 ? spacing[0] / spacing[1] : 1;
}
