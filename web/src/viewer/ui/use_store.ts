import { useSyncExternalStore } from "react";

import type { Store } from "../state/store";

/** The store's value, or one part of it; renders again only when that part is another. */
export function useStore<T, Part>(store: Store<T>, select: (value: T) => Part): Part {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
