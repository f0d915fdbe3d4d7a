/**
 * The reading room's code, fetched apart from the pages. Not by React.lazy: a fallback that was shown stays for 300 ms, and the
 * first image would wait for it.
 */
import { useEffect, useState } from "react";

import type * as Viewing from "../viewer";

type ViewerModule = typeof Viewing;

let here: ViewerModule | null = null;
let coming: Promise<ViewerModule> | null = null;

/** Begins to fetch it; a second call changes nothing, one after a failure tries again. */
export function fetchViewer(): Promise<ViewerModule> {
  coming ??= import("../viewer").then(
    (module) => (here = module),
    (error: unknown) => {
      coming = null;
      throw error;
    },
  );
  return coming;
}

/** The viewer's module, or null until it is here. Throws while rendering when it does not come: a boundary says so. */
export function useViewerCode(): ViewerModule | null {
  const [module, setModule] = useState(here);
  const [failure, setFailure] = useState<{ error: unknown } | null>(null);
  useEffect(() => {
    let gone = false;
    fetchViewer().then(
      (found) => !gone && setModule(found),
      (error: unknown) => !gone && setFailure({ error }),
    );
    return () => {
      gone = true;
    };
  }, []);
  if (failure) throw failure.error;
  return module;
}
