/** The patient API, one function a route (docs/interfaces.md §3). */

import { ahead } from "./ahead";
import { createClient, type Client } from "./client";
import type { OpenedLink, PatientExam, PatientReport, SeriesPlace, SignedPlace, VerifyMode } from "./types";

export interface PatientApi {
  now: Client["now"];
  openLink(token: string): Promise<OpenedLink>;
  startSession(token: string, mode: VerifyMode, answer: string): Promise<{ expires_at: string }>;
  endSession(): Promise<void>;
  exam(): Promise<PatientExam>;
  report(): Promise<PatientReport>;
  openSeries(series: string): Promise<SeriesPlace>;
  openDerived(study: string): Promise<SignedPlace>;
}

export function createPatientApi(client: Client): PatientApi {
  return {
    now: client.now,
    openLink: (token) => client.send("POST", "/links/open", { token }),
    startSession: (token, mode, answer) => client.send("POST", "/sessions", { token, mode, answer }),
    endSession: () => client.send("DELETE", "/sessions"),
    exam: () => client.send("GET", "/exam"),
    report: () => client.send("GET", "/report"),
    openSeries: (series) => client.send("POST", `/series/${encodeURIComponent(series)}/open`),
    openDerived: (study) => client.send("POST", "/derived/open", { study }),
  };
}

export const patientApi = createPatientApi(createClient({ fetch: ahead.fetch, now: () => Date.now() }));
