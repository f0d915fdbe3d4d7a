import { useCallback, useEffect, useState } from "react";

import { Damaged, fetchFile } from "../api/named";

/** `damaged`: came twice and was twice not what its name says. `lost`: did not come. */
export type FileState = "waiting" | "ready" | "damaged" | "lost";

export interface NamedFile {
  state: FileState;
  /** A blob's address: what is shown or saved from it are bytes that were checked, and no others. */
  src: string | undefined;
  again: () => void;
}

type Outcome = { url: string; attempt: number } & ({ state: "ready"; src: string } | { state: "damaged" | "lost" });

/** How long what did not come is left alone: by then a lapsed cookie is renewed, a short gap in the network over. */
const PAUSE_MS = 5_000;

/** For pictures beside words, where nothing can be tapped: what did not come, or came wrong, is asked for once more by itself. */
export function useRetriedFile(url: string | undefined): Omit<NamedFile, "again"> {
  const { state, src, again } = useNamedFile(url);
  const [retried, setRetried] = useState<string>();
  const failed = state === "lost" || state === "damaged";
  useEffect(() => {
    if (!failed || url === undefined || retried === url) return;
    const timer = window.setTimeout(() => {
      setRetried(url);
      again();
    }, PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [failed, url, retried, again]);
  return { state, src };
}

/** @param url of a picture or PDF named by its SHA-256; undefined while it is not known, or not wanted yet. */
export function useNamedFile(url: string | undefined): NamedFile {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (url === undefined) return;
    const controller = new AbortController();
    let src: string | undefined;
    fetchFile(url, (address, init) => window.fetch(address, init), controller.signal).then(
      (blob) => {
        if (controller.signal.aborted) return;
        src = URL.createObjectURL(blob);
        setOutcome({ url, attempt, state: "ready", src });
      },
      (error: unknown) => {
        if (!controller.signal.aborted) setOutcome({ url, attempt, state: error instanceof Damaged ? "damaged" : "lost" });
      },
    );
    return () => {
      controller.abort();
      if (src !== undefined) URL.revokeObjectURL(src);
    };
  }, [url, attempt]);
  const again = useCallback(() => setAttempt((count) => count + 1), []);
  const current = outcome?.url === url && outcome?.attempt === attempt ? outcome : null;
  return { state: current?.state ?? "waiting", src: current?.state === "ready" ? current.src : undefined, again };
}
