/** What the pages ask the cloud for, and how long each answer is good. */

import { QueryClient, useQuery } from "@tanstack/react-query";

import { isUnderWay, Refused, type RequestFailed } from "../api/errors";
import { patientApi } from "../api/patient";
import type { ExamProgress, Opening, PatientExam, PatientReport, SeriesPlace, Shares, SignedPlace } from "../api/types";
import { pollAfter } from "../state/arrival";
import { renewAfter } from "../state/signed";

declare module "@tanstack/react-query" {
  interface Register {
    defaultError: RequestFailed;
  }
}

const RETRIES = 2;
/** These end the visit, whichever request they answer. */
const ENDING = new Set([
  "session_missing",
  "link_expired",
  "link_revoked",
  "link_unknown",
  "link_used_up",
  "exam_not_released",
  "exam_expired",
  "hospital_rebuilding",
]);

export function endsVisit(error: Error): boolean {
  return error instanceof Refused && ENDING.has(error.code) && !isUnderWay(error);
}

/** Nothing opens before the hospital's agreement is agreed to. */
export function needsConsent(error: RequestFailed | null): boolean {
  return error instanceof Refused && error.code === "consent_needed";
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always",
        retry: (failures, error) => failures < RETRIES && !endsVisit(error) && !(error instanceof Refused && !error.retry),
      },
    },
  });
}

/** Tells `ended` of the first answer that ends the visit. Returns how to stop watching. */
export function watchEnding(client: QueryClient, ended: (error: RequestFailed) => void): () => void {
  return client.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error" && endsVisit(event.action.error)) ended(event.action.error);
  });
}

export const EXAM_KEY = ["exam"] as const;

export function useExam() {
  return useQuery<PatientExam>({
    queryKey: EXAM_KEY,
    queryFn: () => patientApi.exam(),
    staleTime: 2_000,
    refetchInterval: (query) => (query.state.data ? pollAfter(query.state.data) : false),
    refetchOnReconnect: "always",
  });
}

/** Of a registered exam that is not there yet; asked again and again, since there is nothing else on the page. */
export function useProgress() {
  return useQuery<ExamProgress>({
    queryKey: ["progress"],
    queryFn: () => patientApi.progress(),
    refetchInterval: 10_000,
    refetchOnReconnect: "always",
  });
}

/** `version`: of the exam's report, so that a corrected one is fetched as soon as the exam names it. */
export function useReport(version: number | null) {
  return useQuery<PatientReport>({
    queryKey: ["report", version],
    queryFn: () => patientApi.report(),
    enabled: version !== null,
    staleTime: 60_000,
    // The words are there before their PDF is made.
    refetchInterval: (query) => (query.state.data?.pdf === null ? 10_000 : false),
  });
}

export function useWechat() {
  return useQuery<{ offered: boolean; bound: boolean }>({ queryKey: ["wechat"], queryFn: () => patientApi.wechat() });
}

export const SHARES_KEY = ["shares"] as const;

/** What is shared, and how often each share was opened. */
export function useShares() {
  return useQuery<Shares>({ queryKey: SHARES_KEY, queryFn: () => patientApi.shares(), refetchInterval: 15_000 });
}

export function useOpenings() {
  return useQuery<{ openings: Opening[] }>({ queryKey: ["openings"], queryFn: () => patientApi.openings(), refetchInterval: 15_000 });
}

type Lasting<T> = T & { lifeMs: number };

function lasting<T extends SignedPlace>(place: T): Lasting<T> {
  return { ...place, lifeMs: renewAfter(place, patientApi.now()) };
}

function lifeOf<T>(query: { state: { data: Lasting<T> | undefined } }): number {
  return query.state.data?.lifeMs ?? 0;
}

/** Keeps the cookies of one study's films and report PDF alive while the page that uses them is open. */
export function useDerivedPlace(study: string | null) {
  return useQuery<Lasting<SignedPlace>>({
    queryKey: ["derived", study],
    queryFn: async () => lasting(await patientApi.openDerived(study ?? "")),
    enabled: study !== null,
    staleTime: lifeOf,
    refetchInterval: (query) => lifeOf(query) || false,
  });
}

/** The same for one series; `wanted` turns true when its thumbnail comes into sight. */
export function useSeriesPlace(series: string, wanted: boolean) {
  return useQuery<Lasting<SeriesPlace>>({
    queryKey: ["series", series],
    queryFn: async () => lasting(await patientApi.openSeries(series)),
    enabled: wanted,
    staleTime: lifeOf,
  });
}
