/**
 * What a request may end in, other than an answer.
 *
 *   RequestFailed
 *   ├── Unreachable    no answer came: no network, or it took too long
 *   └── Refused        the cloud answered with a code (docs/interfaces.md §3)
 */

import type { Hospital } from "./types";

export class RequestFailed extends Error {}

export class Unreachable extends RequestFailed {
  constructor(cause: unknown) {
    super("no answer", { cause });
    this.name = "Unreachable";
  }
}

export interface RefusedDetails {
  tries_left?: number;
  /** UTC, ISO 8601: when a locked link opens again. */
  until?: string;
  hospital?: Hospital;
  /** Why an exam cannot be shared so. */
  reason?: string;
  /** Which rules a new password breaks. */
  rules?: string[];
  /** A registered exam that is not published yet: how far it has come may be asked. */
  progress?: boolean;
}

export class Refused extends RequestFailed {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly requestId: string | null,
    /** Whether the same request may succeed later, as the cloud says. */
    readonly retry: boolean,
    readonly details: RefusedDetails,
  ) {
    super(`${status} ${code}`);
    this.name = "Refused";
  }
}

/** Read a refusal from its body; a body of another shape (a proxy's page) keeps its status. */
export function refusalFrom(status: number, body: unknown): Refused {
  const fields = isRecord(body) ? body : {};
  const code = typeof fields.code === "string" ? fields.code : "unreadable";
  const requestId = typeof fields.request_id === "string" ? fields.request_id : null;
  const retry = typeof fields.retry === "boolean" ? fields.retry : status >= 500 || status === 429;
  const details: RefusedDetails = {};
  if (typeof fields.tries_left === "number") details.tries_left = fields.tries_left;
  if (typeof fields.until === "string") details.until = fields.until;
  if (typeof fields.reason === "string") details.reason = fields.reason;
  if (Array.isArray(fields.rules)) details.rules = fields.rules.filter((rule) => typeof rule === "string");
  if (fields.progress === true) details.progress = true;
  if (isHospital(fields.hospital)) details.hospital = fields.hospital;
  return new Refused(status, code, requestId, retry, details);
}

/** The exam is registered and on its way: no end of the visit, and no exam yet. */
export function isUnderWay(error: unknown): boolean {
  return error instanceof Refused && error.code === "exam_not_released" && error.details.progress === true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isHospital(value: unknown): value is Hospital {
  return isRecord(value) && typeof value.name === "string" && typeof value.phone === "string" && typeof value.hours === "string" && typeof value.time_zone === "string";
}
