/** What the device is like, as the page's own CSS sees it. */

import { useSyncExternalStore } from "react";

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    () => window.matchMedia(query).matches,
  );
}

/** Lists stand as cards, the navigation at the thumb. */
export const NARROW = "(max-width: 767px)";
/** Where a table of many columns does not fit beside the navigation. */
export const CROWDED = "(max-width: 1099px)";
export const TOUCH = "(pointer: coarse)";
export const STILL = "(prefers-reduced-motion: reduce)";
