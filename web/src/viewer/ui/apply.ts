/** Takes a tool in hand, or does what a command says. */
import type { Screen } from "../state/screen";
import type { Store } from "../state/store";
import type { View } from "../state/view";
import type { DragToolId, Tool } from "../tools";

/** @returns whether the tool is available for what is on screen. */
export function apply(tool: Tool, view: Store<View>, screen: Screen): boolean {
  const scene = screen.scene();
  if (!tool.availableIn(scene)) return false;
  if (tool.kind === "drag") view.set({ tool: tool.id as DragToolId });
  else view.set(tool.perform(view.get(), scene));
  return true;
}
