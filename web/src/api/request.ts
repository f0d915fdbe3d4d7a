/** A request to one of the APIs as it is sent: JSON to the own origin, with the session's cookie. */

export const PATIENT_API = "/api/patient/v1";
export const GUEST_API = "/api/guest/v1";

/** `/s` is for those with whom an exam was shared: the same pages, through routes of their own. */
export const isGuest: boolean = typeof window !== "undefined" && window.location.pathname === "/s";
/** Of the page that this is. */
export const API = isGuest ? GUEST_API : PATIENT_API;

const TIMEOUT_MS = 20_000;

export type Method = "GET" | "POST" | "DELETE";

export function requestOf(method: Method, path: string, body?: unknown, api = API): { url: string; init: RequestInit } {
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
  return { url: api + path, init };
}
