/** Answers of the patient API (docs/interfaces.md §3), as the pages use them. */

export interface Hospital {
  name: string;
  phone: string;
  /** Opening hours in the hospital's own words. */
  hours: string;
  /** IANA name; days and times of the exam are shown in it. */
  time_zone: string;
}

export type VerifyMode = "phone_tail" | "code" | "id_tail";

export interface OpenedLink {
  state: "verify";
  hospital: Hospital;
  modes: VerifyMode[];
  tries_left: number;
  phone_hint: null;
}

/** What a share's link asks for, and who shared it: masked, "" where anonymously. */
export interface OpenedShare {
  state: "open" | "code";
  hospital: Hospital;
  name: string;
  expires_at: string;
  tries_left: number;
}

export type ShareState = "open" | "locked" | "used_up" | "expired" | "revoked";

export interface Share {
  serial: number;
  state: ShareState;
  issued_at: string;
  expires_at: string;
  revoked_at: string | null;
  /** null once it opens nothing for good. */
  link: string | null;
  /** null: all images. */
  series: string[] | null;
  report: boolean;
  film: boolean;
  anonymous: boolean;
  code: boolean;
  /** 0: any number of times. */
  limit: number;
  used: number;
  opened: string[];
}

export interface ShareWish {
  lasts_s: number;
  series: string[] | null;
  report: boolean;
  film: boolean;
  anonymous: boolean;
  /** null: none; "": one is made. */
  code: string | null;
  limit: number;
}

export interface MadeShare {
  share: Share;
  code: string | null;
}

export interface Shares {
  shares: Share[];
  /** What cannot be shared anonymously, and why. */
  anonymous: { series: Record<string, "modality" | "marks" | "unknown">; report: "names" | "missing" | null };
}

export interface Opening {
  at: string;
  by: "patient" | "share" | "staff";
  serial: number | null;
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

export type ProgressState = "registered" | "imaging" | "reporting" | "ready" | "cancelled";

/** How far a registered exam has come. */
export interface ExamProgress {
  state: ProgressState;
  hospital: Hospital;
  patient: { name: string; sex: string; age: string };
  item: string;
  /** UTC, ISO 8601, as the next. */
  registered_at: string;
  scheduled_at: string | null;
  received: number;
  declared: number | null;
}

/** The published exams of whoever bound a WeChat account, the newest first. */
export interface WechatExams {
  hospital: Hospital;
  exams: { exam: string; item: string; modalities: string[]; at: string | null }[];
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
  /** What this visit may see at all, there already or not; everything where it is not said. */
  shows?: { report: boolean; film: boolean; images: boolean; originals?: boolean; sharing: boolean };
  /** The hospital's user agreement, where it has one, and whether this visit agreed to its version in force. */
  agreement?: { version: number; agreed: boolean };
  /** The last whole day on which it is there, yyyy-mm-dd in the hospital's zone; absent where none can be said. */
  kept_until?: string;
  /** Of a share: how it shows the patient, and when it ends. */
  guest?: { anonymous: boolean; until: string };
}

export interface AgreementBlock {
  kind: "heading" | "paragraph" | "item";
  text: string;
}

export interface PatientAgreement {
  version: number;
  /** Nothing opens before it is agreed to. */
  forced: boolean;
  /** UTC, ISO 8601; null: not yet to this version. */
  agreed_at: string | null;
  hospital: Hospital;
  texts: Record<"zh-CN" | "en", AgreementBlock[]>;
}

/** A signed place below `base`; its cookies were set by the answer that carried it. */
export interface SignedPlace {
  base: string;
  expires_at: string;
  renew_at: string;
}

export interface SeriesPlace extends SignedPlace {
  index: string;
  /** Of an offline or recalling study a quarter of each image opens; the rest has been asked for. */
  tier: "online" | "nearline" | "offline" | "recalling";
}
