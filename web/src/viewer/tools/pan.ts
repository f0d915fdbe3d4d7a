import { keepInSight } from "../geometry/placement";
import type { Drag, DragTool, Scene } from "./types";
import type { View } from "../state/view";

export const pan = {
  kind: "drag",
  id: "pan",
  label: "viewer.tools.pan",
  hotkey: "p",
  icon: "move",
  everyday: false,
  availableIn: () => true,
  drag: (start: View, { dx, dy }: Drag, { viewport, picture, aspect }: Scene) =>
    keepInSight({ zoom: start.zoom, panX: start.panX + dx, panY: start.panY + dy }, picture, aspect, viewport),
} as const satisfies DragTool;
