/**
 * Requests that the page's first script sent before the code that wants their answers was here.
 *
 * Whoever asks the same question later takes the answer that is under way: once, and only while it is new. Everything else is
 * fetched as usual.
 */
import { requestOf } from "./request";
import type { PatientExam } from "./types";

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export interface Ahead {
  /** Asks now. The answer may be read by the caller too, if it clones it. */
  begin(url: string, init: RequestInit): Promise<Response>;
  /** Rejects as fetch does, also when the request that was sent ahead failed. */
  fetch: Fetch;
}

/** Longer than any start of the page, shorter than anything that a signature or an exam is good for. */
const NEW_MS = 10_000;

export function createAhead({ fetch, now }: { fetch: Fetch; now: () => number }): Ahead {
  const underWay = new Map<string, { answer: Promise<Response>; at: number }>();
  return {
    begin(url, init) {
      const answer = fetch(url, init);
      answer.catch(() => undefined); // told to whoever takes it
      underWay.set(keyOf(url, init), { answer, at: now() });
      return answer;
    },
    fetch(url, init) {
      const key = keyOf(url, init);
      const early = underWay.get(key);
      underWay.delete(key);
      return early && now() - early.at < NEW_MS ? early.answer : fetch(url, init);
    },
  };
}

function keyOf(url: string, init: RequestInit = {}): string {
  const body = typeof init.body === "string" ? init.body : "";
  const range = new Headers(init.headers).get("Range") ?? "";
  return [init.method ?? "GET", url, range, body].join("\n");
}

export const ahead = createAhead({ fetch: (url, init) => window.fetch(url, init), now: () => Date.now() });

/**
 * What an address of ours will be asked for, whichever page it leads to. `token`: of a link; `series`: of an image's address.
 *
 * @returns the exam, where the address is an image's; null when it is not to be had.
 */
export function beginVisit(
  { begin }: Ahead, { token, series }: { token: string | null; series: string | null },
): Promise<PatientExam | null> {
  const ask = (request: ReturnType<typeof requestOf>) => begin(request.url, request.init);
  if (token !== null) {
    if (token) void ask(requestOf("POST", "/links/open", { token }));
    return NO_EXAM;
  }
  const answered = ask(requestOf("GET", "/exam"));
  if (series === null) return NO_EXAM;
  const exam = answered
    .then((answer) => (answer.ok ? (answer.clone().json() as Promise<PatientExam>) : null))
    .catch(() => null); // the page asks again, and says so
  ask(requestOf("POST", `/series/${encodeURIComponent(series)}/open`))
    .then(async (answer) => {
      if (!answer.ok) return;
      const { base, index } = (await answer.clone().json()) as { base: string; index: string };
      begin(base + index, { method: "GET", credentials: "same-origin", cache: "no-store" });
    })
    .catch(() => undefined);
  return exam;
}

const NO_EXAM = Promise.resolve(null);
