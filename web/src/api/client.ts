/** One JSON request to the own origin. The session is an HttpOnly cookie: nothing here ever holds a credential. */

import { RequestFailed, Unreachable, refusalFrom } from "./errors";
import { requestOf, type Method } from "./request";

export interface Client {
  /** Rejects with Unreachable or Refused, never with anything else. A 204 resolves to undefined. */
  send<T>(method: Method, path: string, body?: unknown): Promise<T>;
  /** The cloud's time in epoch ms, as far as the last answer told: a phone's own clock may be wrong by hours. */
  now(): number;
}

export interface ClientDependencies {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  now: () => number;
  /** Where the API's paths begin; the page's own unless told otherwise. */
  api?: string;
}

export function createClient({ fetch, now, api }: ClientDependencies): Client {
  let aheadMs = 0;

  async function send<T>(method: Method, path: string, body?: unknown): Promise<T> {
    const { url, init } = requestOf(method, path, body, api);
    try {
      const answer = await fetch(url, init);
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
