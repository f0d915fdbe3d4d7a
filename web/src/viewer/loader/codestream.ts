/** From pieces to something a codec takes (`functions/core/imaging/FORMAT.md` §1). */
import type { PieceName } from "./series_index";

/** How much of the full resolution a set of pieces gives. */
export type Quality = "quarter" | "half" | "full";

/** Codestreams end with this marker; a prefix lacks it. */
const EOC = [0xff, 0xd9] as const;

/**
 * Joins the pieces of a cut HTJ2K codestream.
 *
 * @param parts bytes of `quarter`, then `half`, then `full`, as many as are there.
 * @param whole whether the last part is `full`, which brings its own EOC.
 */
export function joinCodestream(parts: readonly Uint8Array[], whole: boolean): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, whole ? 0 : EOC.length);
  const stream = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    stream.set(part, at);
    at += part.length;
  }
  if (!whole) stream.set(EOC, at);
  return stream;
}

/** Pieces that a cut codestream needs for a quality, in order. */
export const NEEDED: Record<Quality, readonly PieceName[]> = {
  quarter: ["quarter"],
  half: ["quarter", "half"],
  full: ["quarter", "half", "full"],
};
