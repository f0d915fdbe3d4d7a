/** Arrow keys drag the tool in hand, so that all that a mouse can do, keys can do as well. */
import type { View } from "../state/view";
import type { Drag, Scene, Tool } from "./types";

/** What one press drags, CSS px: 5 % of a window, 7 % of zoom. */
const STEP_PX = 15;

const DIRECTIONS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-STEP_PX, 0],
  ArrowRight: [STEP_PX, 0],
  ArrowUp: [0, -STEP_PX],
  ArrowDown: [0, STEP_PX],
};

/**
 * What an arrow key changes with `held` in hand.
 *
 * @param key `KeyboardEvent.key`
 * @returns null where arrows keep their own meaning, which is paging: another key, the scroll tool, a tool that is of no use here.
 */
export function dragByArrow(key: string, held: Tool, view: View, scene: Scene): Partial<View> | null {
  const direction = DIRECTIONS[key];
  if (!direction || held.kind !== "drag" || held.id === "scroll" || !held.availableIn(scene)) return null;
  const drag: Drag = { dx: direction[0], dy: direction[1], touch: false };
  return { ...held.drag(view, drag, scene), playing: false };
}
