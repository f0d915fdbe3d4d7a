/** Makes decode workers; the first may be on its way before the viewer's code is. */
import workerUrl from "./worker?worker&url";

let early: Worker | null = null;

/** Starts one, which loads its codec: the next `takeWorker` gets it. */
export function startWorker(): void {
  early ??= makeWorker();
}

export function takeWorker(): Worker {
  const worker = early ?? makeWorker();
  early = null;
  return worker;
}

function makeWorker(): Worker {
  return new Worker(workerUrl, { type: "module" });
}
