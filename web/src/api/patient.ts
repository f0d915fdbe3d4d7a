/** The patient API, one function a route (docs/interfaces.md §3). */

import { ahead } from "./ahead";
import { createClient, type Client } from "./client";
import type { ExamProgress, MadeShare, OpenedLink, OpenedShare, Opening, PatientAgreement, PatientExam, PatientReport, SeriesPlace, Shares, ShareWish, SignedPlace, VerifyMode, WechatExams } from "./types";

export interface PatientApi {
  now: Client["now"];
  openLink(token: string): Promise<OpenedLink>;
  openShare(token: string): Promise<OpenedShare>;
  /** `code`: the pass code, where the share asks for one. */
  startGuest(token: string, code: string | null): Promise<{ expires_at: string }>;
  startSession(token: string, mode: VerifyMode, answer: string): Promise<{ expires_at: string }>;
  endSession(): Promise<void>;
  exam(): Promise<PatientExam>;
  progress(): Promise<ExamProgress>;
  /** Whether the hospital has an official account, and one of WeChat is bound to the patient. */
  wechat(): Promise<{ offered: boolean; bound: boolean }>;
  endWechat(): Promise<void>;
  /** What somebody who has just come by WeChat may open, and opening one of them. */
  wechatExams(): Promise<WechatExams>;
  chooseWechatExam(exam: string): Promise<{ expires_at: string }>;
  report(): Promise<PatientReport>;
  openSeries(series: string): Promise<SeriesPlace>;
  openDerived(study: string): Promise<SignedPlace>;
  shares(): Promise<Shares>;
  makeShare(wish: ShareWish): Promise<MadeShare>;
  endShare(serial: number): Promise<MadeShare>;
  openings(): Promise<{ openings: Opening[] }>;
  agreement(): Promise<PatientAgreement>;
  /** `version`: the one that was read. */
  consent(version: number): Promise<unknown>;
}

export function createPatientApi(client: Client): PatientApi {
  return {
    now: client.now,
    openLink: (token) => client.send("POST", "/links/open", { token }),
    openShare: (token) => client.send("POST", "/links/open", { token }),
    startGuest: (token, code) => client.send("POST", "/sessions", code === null ? { token } : { token, code }),
    startSession: (token, mode, answer) => client.send("POST", "/sessions", { token, mode, answer }),
    endSession: () => client.send("DELETE", "/sessions"),
    exam: () => client.send("GET", "/exam"),
    progress: () => client.send("GET", "/progress"),
    wechat: () => client.send("GET", "/wechat"),
    endWechat: () => client.send("DELETE", "/wechat"),
    wechatExams: () => client.send("GET", "/wechat/exams"),
    chooseWechatExam: (exam) => client.send("POST", "/wechat/exams", { exam }),
    report: () => client.send("GET", "/report"),
    openSeries: (series) => client.send("POST", `/series/${encodeURIComponent(series)}/open`),
    openDerived: (study) => client.send("POST", "/derived/open", { study }),
    shares: () => client.send("GET", "/shares"),
    makeShare: (wish) => client.send("POST", "/shares", wish),
    endShare: (serial) => client.send("POST", `/shares/${serial}/revoke`),
    openings: () => client.send("GET", "/openings"),
    agreement: () => client.send("GET", "/agreement"),
    consent: (version) => client.send("POST", "/consents", { version }),
  };
}

export const patientApi = createPatientApi(createClient({ fetch: ahead.fetch, now: () => Date.now() }));
