import { narrowest } from "../display/window";
import type { Drag, DragTool, Scene } from "./types";
import type { View } from "../state/view";

/** So many px of drag double a window or move it by its own width. */
const PX_PER_WIDTH = 300;

export const windowLevel = {
  kind: "drag",
  id: "windowLevel",
  label: "viewer.tools.windowLevel",
  hotkey: "w",
  icon: "contrast",
  everyday: true,
  availableIn: ({ window }: Scene) => window !== null,
  drag: (start: View, { dx, dy }: Drag, { window, shape }: Scene) => {
    const from = start.window ?? window;
    if (!from) return {};
    const gain = from.width / PX_PER_WIDTH;
    const width = Math.max(narrowest(shape), from.width + dx * gain);
    return { window: { center: rounded(from.center + dy * gain, width), width: rounded(width, width) } };
  },
} as const satisfies DragTool;

/** Whole units for wide windows, finer ones where the values are small (MR, PET). */
function rounded(value: number, width: number): number {
  const step = width >= 20 ? 1 : 10 ** Math.floor(Math.log10(width) - 1);
  return Math.round(value / step) * step;
}
