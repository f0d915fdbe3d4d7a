/** Ways through the series by key; the wheel, the finger and the slider do the same. */
import type { View } from "../state/view";
import type { TextKey } from "../../text";
import { clampFrame, scroll } from "./scroll";
import type { CommandTool, Scene } from "./types";

function move<Id extends string>(id: Id, label: TextKey, hotkey: string, to: (frame: number, count: number) => number) {
  return {
    kind: "command",
    id,
    label,
    hotkey,
    icon: "layers",
    group: "move",
    everyday: false,
    availableIn: scroll.availableIn,
    perform: (view: View, { index }: Scene) => ({
      frame: clampFrame(to(view.frame, index.frames.length), index.frames.length),
      playing: false,
    }),
  } as const satisfies CommandTool;
}

const LEAP = 10;

export const next = move("next", "viewer.tools.next", "arrowdown", (frame) => frame + 1);
export const previous = move("previous", "viewer.tools.previous", "arrowup", (frame) => frame - 1);
export const leapForward = move("leapForward", "viewer.tools.leapForward", "pagedown", (frame) => frame + LEAP);
export const leapBack = move("leapBack", "viewer.tools.leapBack", "pageup", (frame) => frame - LEAP);
export const first = move("first", "viewer.tools.first", "home", () => 0);
export const last = move("last", "viewer.tools.last", "end", (_frame, count) => count - 1);
