/** Answers of the patient API (docs/interfaces.md §3), as the pages use them. */

export interface Hospital {
  name: string;
  phone: string;
  /** Opening hours in the hospital's own words. */
  hours: string;
  /** IANA name; days and times of the exam are shown in it. */
  time_zone: string;
}

export type VerifyMode = "phone_tail" | "code";

export interface OpenedLink {
  state: "verify";
  hospital: Hospital;
  modes: VerifyMode[];
  tries_left: number;
  phone_hint: null;
}

/** A preliminary or a retracted report is never shown: the exam has none then. */
export type ReportState = "audited" | "corrected";

export type ExamState = "registered" | "imaged" | "reported" | "published" | "withdrawn" | "expired";

export type Role = "reporter" | "auditor" | "requester" | "performer";

export interface Person {
  role: Role;
  name: string;
}

export interface PatientReport {
  version: number;
  state: ReportState;
  findings: string;
  impression: string;
  people: Person[];
  audited_at: string | null;
  exam_item: string;
  /** `/derived/{tenant}/{exam}/report/….pdf`, or null while there is none. */
  pdf: string | null;
}

export interface ExamSeries {
  series: string;
  number: number | null;
  modality: string;
  description: string;
  body_part: string;
  frames: number;
  received: number;
  declared: number | null;
  complete: boolean;
  thumbnail: string | null;
  index: string | null;
  /** All pages of the index, the first of which is `index`; several above 4096 frames. */
  pages: string[];
}

export interface ExamStudy {
  study: string;
  description: string;
  received: number;
  declared: number | null;
  complete: boolean;
  series: ExamSeries[];
}

export interface ExamFilm {
  study: string;
  pages: string[];
  pdf: string | null;
  /** Of one page, in pixels. */
  width: number;
  height: number;
}

/** exam.v1: everything that one link opens. */
export interface PatientExam {
  exam: string;
  state: ExamState;
  hospital: Hospital;
  patient: { name: string; sex: string; age: string };
  item: string;
  modalities: string[];
  /** UTC, ISO 8601. */
  at: string;
  report: { state: ReportState; version: number } | null;
  studies: ExamStudy[];
  films: ExamFilm[];
}

/** A signed place below `base`; its cookies were set by the answer that carried it. */
export interface SignedPlace {
  base: string;
  expires_at: string;
  renew_at: string;
}

export interface SeriesPlace extends SignedPlace {
  index: string;
}
