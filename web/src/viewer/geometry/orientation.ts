/** Where the patient's left, front and head are on the screen (PS3.3 C.7.6.1.1.1). */
import type { Plane, Triple } from "../loader/index_types";

/** Towards the larger coordinate first: x to the left, y to the back, z to the head. */
const LETTERS = [
  ["L", "R"],
  ["P", "A"],
  ["H", "F"],
] as const;
/** A direction within about 6° of an axis has one letter. */
const SMALL = 0.1;

export interface EdgeLetters {
  top: string;
  right: string;
  bottom: string;
  left: string;
}

/** @returns the letters of a direction, the strongest first, e.g. "LP"; at most two. */
export function letters(direction: readonly number[]): string {
  return LETTERS.map(([more, less], axis) => ({ size: Math.abs(direction[axis]!), letter: direction[axis]! > 0 ? more : less }))
    .filter(({ size }) => size > SMALL)
    .sort((a, b) => b.size - a.size)
    .slice(0, 2)
    .map(({ letter }) => letter)
    .join("");
}

/** @returns the letters at the edges of the picture, or null when the image does not say. */
export function edgeLetters({ orientation }: Plane): EdgeLetters | null {
  if (!orientation) return null;
  const row = orientation.slice(0, 3);
  const column = orientation.slice(3);
  const away = (direction: readonly number[]) => letters(direction.map((value) => -value));
  return { right: letters(row), left: away(row), bottom: letters(column), top: away(column) };
}

/** mm along the normal of the plane: grows towards the viewer's far side; null when the image does not say. */
export function sliceLocation({ orientation }: Plane, position: Triple | null): number | null {
  if (!orientation || !position) return null;
  const [a, b, c, d, e, f] = orientation;
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  return normal.reduce((sum, value, axis) => sum + value * position[axis]!, 0);
}
