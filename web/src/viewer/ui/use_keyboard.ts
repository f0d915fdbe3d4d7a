import { useEffect } from "react";

import type { Screen } from "../state/screen";
import type { Store } from "../state/store";
import type { View } from "../state/view";
import { dragByArrow, dragTool, toolForKey } from "../tools";
import { apply } from "./apply";

export interface KeyboardDeps {
  view: Store<View> | null;
  screen: Screen | null;
  help: () => void;
  close: () => void;
}

/** Hot keys of all tools, arrows for the one in hand; `?` for help, Esc to leave. Keys typed into a field, or with a modifier, are somebody else's. */
export function useKeyboard({ view, screen, help, close }: KeyboardDeps): void {
  useEffect(() => {
    function press(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (target?.closest("textarea, select, input:not([type=range])")) return;
      if (event.key === " " && target?.closest("button, a")) return; // presses the button itself
      const onSlider = target?.closest("input") != null; // there arrows move the slider
      if (event.key === "?") help();
      else if (event.key === "Escape") close();
      else if (!view || !screen) return;
      else if (onSlider || !dragHeld(event.key, view, screen)) {
        const tool = toolForKey(event.key);
        if (!tool || !apply(tool, view, screen)) return;
      }
      event.preventDefault();
    }
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [view, screen, help, close]);
}

function dragHeld(key: string, view: Store<View>, screen: Screen): boolean {
  const change = dragByArrow(key, dragTool(view.get().tool), view.get(), screen.scene());
  if (change) view.set(change);
  return change !== null;
}
