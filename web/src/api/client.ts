/** One JSON request to the own origin. The session is an HttpOnly cookie: nothing here ever holds a credential. */

import { RequestFailed, Unreachable, refusalFrom } from "./errors";

const PATIENT_API = "/api/patient/v1";
const TIMEOUT_MS = 20_000;

export type Method = "GET" | "POST" | "DELETE";

export interface Client {
  /** Rejects with Unreachable or Refused, never with anything else. A 204 resolves to undefined. */
  send<T>(method: Method, path: string, body?: unknown): Promise<T>;
  /** The cloud's time in epoch ms, as far as the last answer told: a phone's own clock may be wrong by hours. */
  now(): number;
}

export interface ClientDependencies {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  now: () => number;
}

export function createClient({ fetch, now }: ClientDependencies): Client {
  let aheadMs = 0;

  async function send<T>(method: Method, path: string, body?: unknown): Promise<T> {
    const init: RequestInit = {
      method,
      credentials: "same-origin",
      cache: "no-store",
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    if (method !== "GET") {
      init.headers = { Accept: "application/json", "Content-Type": "application/json" };
      init.body = JSON.stringify(body ?? {});
    }
    try {
      const answer = await fetch(PATIENT_API + path, init);
      const date = Date.parse(answer.headers.get("Date") ?? "");
      if (!Number.isNaN(date)) aheadMs = date - now();
      if (answer.status === 204) return undefined as T;
      if (answer.ok) return (await answer.json()) as T;
      throw refusalFrom(answer.status, await answer.json().catch(() => null));
    } catch (error) {
      throw error instanceof RequestFailed ? error : new Unreachable(error);
    }
  }

  return { send, now: () => now() + aheadMs };
}
