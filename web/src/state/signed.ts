/** When a signed place must be asked for again. */

import type { SignedPlace } from "../api/types";

const SOONEST_MS = 5_000;

/** ms from `now` (the cloud's time, epoch ms) until `place` should be renewed; at least 5 s, so that a wrong clock cannot spin. */
export function renewAfter(place: SignedPlace, now: number): number {
  return Math.max(Date.parse(place.renew_at) - now, SOONEST_MS) || SOONEST_MS;
}

/** The exam in `/derived/{tenant}/{exam}/report/….pdf`; null for a path of another shape. */
export function examOfDerived(path: string): string | null {
  return /^\/derived\/[a-z0-9-]+\/([a-z2-7]+)\//.exec(path)?.[1] ?? null;
}
