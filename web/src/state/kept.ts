/** How near the end of an exam's keeping is. */

/** As long before its end as its patient is told by a message (functions/core/retention/policy.py). */
const ENDING_MS = 31 * 86_400_000;

/** `lastDay`: yyyy-mm-dd. null where none is said; "ending" in its last month. */
export function keptOf(lastDay: string | undefined, now: number): "long" | "ending" | null {
  const end = Date.parse(`${lastDay ?? ""}T00:00:00Z`);
  if (Number.isNaN(end)) return null;
  return end - now > ENDING_MS ? "long" : "ending";
}
