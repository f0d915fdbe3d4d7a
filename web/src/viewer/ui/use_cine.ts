import { useEffect } from "react";

import type { Ready } from "../state/session";
import { useStore } from "./use_store";

/** Plays the series round and round. Waits for a frame that is not decoded yet: none is left out. */
export function useCine({ view, index, loader, pictures }: Ready): void {
  const playing = useStore(view, (v) => v.playing);
  useEffect(() => {
    if (!playing) return;
    let last = performance.now();
    let request = 0;
    const tick = (now: number) => {
      const step = 1000 / view.get().rate;
      // Half a display frame early is nearer than half a frame late.
      if (now - last >= step - 8) {
        const next = (view.get().frame + 1) % index.frames.length;
        if (pictures.get(next) || loader.errorOf(next) || loader.limited(next)) {
          last = now - last > 2 * step ? now : last + step;
          view.set({ frame: next });
        }
      }
      request = requestAnimationFrame(tick);
    };
    request = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(request);
  }, [playing, view, index, loader, pictures]);
}
