import { keepInSight, zoomAt } from "../geometry/placement";
import type { Drag, DragTool, Scene } from "./types";
import type { View } from "../state/view";

const PX_PER_DOUBLING = 160;

export const zoom = {
  kind: "drag",
  id: "zoom",
  label: "viewer.tools.zoom",
  hotkey: "z",
  icon: "zoomIn",
  everyday: true,
  availableIn: () => true,
  /** Up is nearer, about the middle of the screen. */
  drag: (start: View, { dy }: Drag, { viewport, picture, aspect }: Scene) => {
    const middle = { x: viewport.width / 2, y: viewport.height / 2 };
    return keepInSight(zoomAt(start, 2 ** (-dy / PX_PER_DOUBLING), middle, viewport), picture, aspect, viewport);
  },
} as const satisfies DragTool;
