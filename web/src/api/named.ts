/**
 * Objects of the vault are named by the SHA-256 of their bytes (docs/interfaces.md §1): whoever fetches one whole can tell
 * whether it is the right one, whatever lies between here and storage.
 */
import type { Fetch } from "./ahead";

/** An object came twice and was twice not the one that its name says. */
export class Damaged extends Error {
  constructor(name: string) {
    super(`not the bytes that the name says: ${name}`);
    this.name = "Damaged";
  }
}

/** @param name object name or address, whose last part begins with the digest. False also for a name without one. */
export async function isNamed(bytes: ArrayBuffer, name: string): Promise<boolean> {
  const wanted = /(?:^|\/)([0-9a-f]{64})\.[a-z.]+$/.exec(name)?.[1];
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return wanted === Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param ask sends the request; called a second time with `fresh`, past every cache, when the first answer was wrong or cut short.
 * @throws Damaged, and what `ask` throws.
 */
export async function fetchNamed(name: string, ask: (fresh: boolean) => Promise<Response>): Promise<Blob> {
  const first = await ask(false);
  const found = (await checked(first, name)) ?? (await checked(await ask(true), name));
  if (!found) throw new Damaged(name);
  return found;
}

async function checked(answer: Response, name: string): Promise<Blob | null> {
  const bytes = await answer.arrayBuffer().catch(() => null); // cut short
  if (!bytes || !(await isNamed(bytes, name))) return null;
  return new Blob([bytes], { type: answer.headers.get("Content-Type") ?? "" });
}

/** A picture or a PDF by its address. @throws Damaged; TypeError without network; Error for an answer that is none. */
export function fetchFile(url: string, fetch: Fetch, signal: AbortSignal): Promise<Blob> {
  return fetchNamed(url, async (fresh) => {
    const cache = fresh ? "reload" : "no-store"; // films and reports stay on no device after sign-out
    const answer = await fetch(url, { credentials: "same-origin", cache, signal, priority: "low" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer;
  });
}
