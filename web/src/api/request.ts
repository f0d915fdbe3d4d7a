/** A request to the patient API as it is sent: JSON to the own origin, with the session's cookie. */

const PATIENT_API = "/api/patient/v1";
const TIMEOUT_MS = 20_000;

export type Method = "GET" | "POST" | "DELETE";

export function requestOf(method: Method, path: string, body?: unknown): { url: string; init: RequestInit } {
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
  return { url: PATIENT_API + path, init };
}
