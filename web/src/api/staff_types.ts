/** Answers of the staff API (events/schemas/staff_*.v1.json), as the pages use them. */

import type { ExamSeries, ExamStudy, Hospital } from "./types";

export type StaffRole = "operator" | "doctor" | "finance";

/** functions/core/access/rights.py, those that a page asks for. */
export type StaffRight =
  | "self.password" | "agents.read" | "agents.change" | "quarantine.read" | "quarantine.change" | "queues.read" | "queues.change"
  | "alarms.read" | "studies.list" | "studies.view" | "series.hide" | "patient.correct" | "shares.read" | "bills.read" | "bills.change"
  | "prices.change";

export interface StaffSession {
  account: string;
  name: string;
  roles: StaffRole[];
  /** What the account may do, for what is shown: the server asks again at each request. */
  rights: StaffRight[];
  /** The password is the first one: until it is changed, nothing else is allowed. */
  must_change: boolean;
  expires_at: string;
  hospital: Hospital & { tenant: string };
}

export type FileFormat = "xlsx" | "csv" | "pdf";
/** `ordered`: its last lines are waited for, its files are being made. */
export type BillState = "open" | "ordered" | "closed";

/** Money is decimal text in CNY: never a float. */
export interface BillSummary {
  month: string;
  state: BillState;
  price: string;
  count: number;
  corrections: number;
  sum: string;
  closed_at: string | null;
  /** The month is over: `close` is taken. */
  may_close: boolean;
}

export interface BillLine {
  kind: "case" | "correction";
  exam: string;
  at: string;
  accession_number: string;
  item: string;
  modalities: string[];
  /** Masked. */
  patient: string;
  amount: string;
  reason?: string;
  by?: string;
  case_month?: string;
}

export interface Bills {
  currency: "CNY";
  months: BillSummary[];
}

export interface Bill {
  bill: BillSummary;
  lines: BillLine[];
  after: string | null;
}

export interface BillFile {
  path: string;
  name: string;
  expires_at: string;
}

export type Correction = { exam: string; reason: string } & ({ amount: string } | { cancel: true });

export interface Prices {
  currency: "CNY";
  default: string;
  closed_until: string | null;
  prices: { from_month: string; price: string; at: string; by: string }[];
}

/** What an agent last told about itself. */
export interface Heartbeat {
  at: string;
  version: string;
  /** Received and not yet in the cloud. */
  objects: number;
  bytes: number;
  free_bytes: number;
  /** Objects that wait for a person at the agent. */
  parked: number;
  /** Objects older than they should be. */
  overdue: number;
  full: boolean;
}

export interface Agent {
  agent: string;
  ae_title: string;
  /** The worst that is true of it; `new`: enrolled and not heard yet. */
  state: "running" | "attention" | "full" | "silent" | "new" | "revoked";
  enrolled_at: string;
  revoked_at: string | null;
  revoked_by: string;
  revoked_because: string;
  heartbeat: Heartbeat | null;
}

export interface EnrolmentCode {
  code: string;
  ae_title: string;
  expires_at: string;
}

export type WaitingSubject = "manifest" | "declaration" | "report" | "registration" | "study" | "exam" | "series" | "notice";

export interface Waiting {
  subject: WaitingSubject;
  name: string;
  reason: string;
  at: string;
  /** What to do; "" for a reason of a newer version. */
  advice: { "zh-CN": string; en: string };
  study: string | null;
  agent: string | null;
  /** Of a series: how many of its images. */
  count: number;
  open: boolean;
  /** The document can be sent through again. */
  may_retry: boolean;
}

export interface Queue {
  name: string;
  waiting: number;
  in_flight: number;
  /** In its dead letter queue. */
  dead: number;
  may_redrive: boolean;
}

export interface Alarm {
  kind: string;
  /** AE title, queue or reason. */
  subject: string;
  /** Of letters, entries, parked things, or free bytes. */
  count: number;
  since: string | null;
  urgent: boolean;
}

export type Imaging = "none" | "receiving" | "viewable" | "complete";
export type Reporting = "none" | "preliminary" | "audited" | "corrected" | "retracted";
export type Release = "held" | "released" | "hidden";

export interface StudyLine {
  /** null where there is a report and no images. */
  study: string | null;
  exam: string;
  at: string;
  accession_number: string;
  /** Masked for an operator. */
  patient: { name: string; id: string; sex: string; age: string };
  item: string;
  modalities: string[];
  imaging: Imaging;
  report: Reporting;
  release: Release;
  reasons: string[];
  received: number;
  declared: number | null;
}

/** What a list can be narrowed to. */
export const STUDY_STATES = ["released", "incomplete", "held", "quarantined", "hidden"] as const;
export type StudyState = (typeof STUDY_STATES)[number];

export interface StudyQuery {
  text: string;
  from: string | null;
  to: string | null;
  state: StudyState | null;
  modality: string | null;
}

export interface Studies {
  studies: StudyLine[];
  after: string | null;
  /** How many fit; null where nobody counted. */
  total: number | null;
}

export interface StaffSeries extends ExamSeries {
  hidden: { by: string; at: string; reason: string } | null;
}

export interface StaffExam {
  exam: string;
  accession_number: string;
  item: string;
  modalities: string[];
  at: string;
  release: Release;
  reasons: string[];
  /** `phone` and `id_card` are masked; "" where none is known. */
  patient: { name: string; id: string; sex: string; age: string; birth_date: string; phone: string; id_card: string };
  report: { state: Reporting; version: number } | null;
  studies: (Omit<ExamStudy, "series"> & { series: StaffSeries[] })[];
}

export interface StaffShare {
  serial: number;
  state: "open" | "revoked" | "expired" | "used_up" | "locked";
  issued_at: string;
  expires_at: string;
  revoked_at: string | null;
  /** How many were chosen; null: all that the exam holds. */
  series: number | null;
  report: boolean;
  film: boolean;
  anonymous: boolean;
  /** It asks for a pass code. */
  code: boolean;
  /** 0: any number. */
  limit: number;
  used: number;
  /** When, the newest first. */
  opened: string[];
}

export interface Opening {
  at: string;
  by: "patient" | "share" | "staff";
  /** Of the share. */
  serial: number | null;
  /** Of staff. */
  account: string | null;
}
