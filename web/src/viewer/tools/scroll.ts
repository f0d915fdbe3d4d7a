import type { Scene, Drag, DragTool } from "./types";
import type { View } from "../state/view";

/** One swipe over the screen passes the whole series, but no frame needs less than a hair's breadth. */
const PX_PER_FRAME = [3, 24] as const;

export const scroll = {
  kind: "drag",
  id: "scroll",
  label: "viewer.tools.scroll",
  hotkey: "s",
  icon: "layers",
  everyday: true,
  availableIn: ({ index }: Scene) => index.frames.length > 1,
  drag: (start: View, { dy, touch }: Drag, { index, viewport }: Scene) => {
    const [least, most] = PX_PER_FRAME;
    const step = Math.min(most, Math.max(least, (viewport.height * 0.8) / index.frames.length));
    // A finger moves the stack like paper, a mouse moves through it like a wheel.
    return { frame: clampFrame(start.frame + Math.round((touch ? -dy : dy) / step), index.frames.length) };
  },
} as const satisfies DragTool;

export function clampFrame(frame: number, count: number): number {
  return Math.max(0, Math.min(count - 1, frame));
}
