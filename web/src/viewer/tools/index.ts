/** All tools, in the order in which they are shown. */
import { actualSize, faster, invert, play, reset, slower } from "./commands";
import { first, last, leapBack, leapForward, next, previous } from "./moves";
import { pan } from "./pan";
import { presetAbdomen, presetBone, presetBrain, presetChest, presetLung, presetOwn } from "./presets";
import { scroll } from "./scroll";
import type { Tool } from "./types";
import { windowLevel } from "./window_level";
import { zoom } from "./zoom";

export const TOOLS = [
  scroll, windowLevel, zoom, pan,
  play, slower, faster,
  reset, invert, actualSize,
  presetOwn, presetBrain, presetAbdomen, presetLung, presetBone, presetChest,
  next, previous, leapForward, leapBack, first, last,
] as const satisfies readonly Tool[];

export type ToolId = (typeof TOOLS)[number]["id"];
export type DragToolId = Extract<(typeof TOOLS)[number], { kind: "drag" }>["id"];

export { dragByArrow } from "./arrows";
export type { CommandTool, Drag, DragTool, Scene, Tool } from "./types";

/** Other keys that mean the same. */
const SAME_KEY: Record<string, string> = { arrowright: "arrowdown", arrowleft: "arrowup", "=": "+", _: "-" };

export function toolForKey(key: string): Tool | undefined {
  const lower = key.toLowerCase();
  const wanted = SAME_KEY[lower] ?? lower;
  return TOOLS.find((tool) => tool.hotkey === wanted);
}

export function dragTool(id: DragToolId): Extract<Tool, { kind: "drag" }> {
  return TOOLS.find((tool): tool is Extract<(typeof TOOLS)[number], { kind: "drag" }> => tool.id === id)!;
}
