/**
 * Whether somebody is at the desk: a page that asks by itself must not keep a session alive that nobody uses (its idle time is 30
 * minutes, SEC-11).
 */
const AWAY_MS = 5 * 60_000;

let last = 0;

export function watchActivity(now: () => number): () => void {
  const seen = () => void (last = now());
  seen();
  for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, seen, { capture: true, passive: true });
  return () => {
    for (const kind of ["pointerdown", "keydown"]) window.removeEventListener(kind, seen, { capture: true });
  };
}

/** How long until a list asks again: `ms` while somebody is here, else not at all. */
export function whileHere(ms: number, now = Date.now()): number | false {
  return now - last < AWAY_MS ? ms : false;
}
