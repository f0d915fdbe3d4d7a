/**
 * From the link to the exam: where a visitor stands, and what each answer of the cloud makes of it.
 *
 *   checking ─ link_opened ─► verify, guest ─ session_made ─► open ─ signed_out ─► left
 *       │                        │                      │
 *       └──── refused ───────────┴──────────────────────┘──► waiting, rebuilding, locked, expired, revoked, usedUp,
 *                                                             removed, unknown, reopen, offline, failed
 *
 * `retried` leads back to checking from anywhere. The token is not in here: the page keeps it, in memory only.
 */

import { Refused, Unreachable, type RequestFailed } from "../api/errors";
import type { Hospital, OpenedLink, OpenedShare, VerifyMode } from "../api/types";

export type Problem = "wrong" | "offline" | "failed";

export type Entry =
  | { step: "checking"; hospital: Hospital | null }
  | {
      step: "verify";
      hospital: Hospital;
      modes: VerifyMode[];
      triesLeft: number;
      sending: boolean;
      problem: Problem | null;
    }
  | {
      step: "guest";
      hospital: Hospital;
      /** Who shared it, masked; "" where they did so anonymously. */
      name: string;
      until: string;
      code: boolean;
      triesLeft: number;
      sending: boolean;
      problem: Problem | null;
    }
  | { step: "locked"; hospital: Hospital | null; until: string | null }
  | { step: "waiting" | "rebuilding" | "expired" | "revoked" | "usedUp" | "removed" | "unknown" | "reopen" | "offline"; hospital: Hospital | null }
  | { step: "failed"; hospital: Hospital | null; requestId: string | null }
  | { step: "open"; hospital: Hospital | null }
  | { step: "left"; hospital: Hospital | null };

export type EntryEvent =
  | { type: "link_opened"; link: OpenedLink }
  | { type: "share_opened"; share: OpenedShare }
  | { type: "answer_sent" }
  | { type: "session_made" }
  | { type: "session_found" }
  | { type: "refused"; error: RequestFailed }
  | { type: "link_cut" }
  | { type: "retried" }
  | { type: "signed_out" };

export const START: Entry = { step: "checking", hospital: null };

export function nextEntry(entry: Entry, event: EntryEvent): Entry {
  const { hospital } = entry;
  switch (event.type) {
    case "link_opened": {
      const { link } = event;
      return { step: "verify", hospital: link.hospital, modes: link.modes, triesLeft: link.tries_left, sending: false, problem: null };
    }
    case "share_opened": {
      const { share } = event;
      const asks = { code: share.state === "code", triesLeft: share.tries_left, sending: false, problem: null };
      return { step: "guest", hospital: share.hospital, name: share.name, until: share.expires_at, ...asks };
    }
    case "answer_sent":
      return isDoor(entry) ? { ...entry, sending: true, problem: null } : entry;
    case "session_made":
    case "session_found":
      return { step: "open", hospital };
    case "link_cut":
      return { step: "unknown", hospital };
    case "retried":
      return { step: "checking", hospital };
    case "signed_out":
      return { step: "left", hospital };
    case "refused":
      return isDoor(entry) ? refusedAtTheDoor(entry, event.error) : refused(hospital, event.error);
  }
}

type Door = Extract<Entry, { step: "verify" | "guest" }>;

function isDoor(entry: Entry): entry is Door {
  return entry.step === "verify" || entry.step === "guest";
}

/** While verifying, whatever can be tried again leaves the page and what was typed where they are. */
function refusedAtTheDoor(entry: Door, error: RequestFailed): Entry {
  const still = { ...entry, sending: false };
  if (error instanceof Unreachable) return { ...still, problem: "offline" };
  if (error instanceof Refused && error.code === "answer_wrong") {
    return { ...still, problem: "wrong", triesLeft: error.details.tries_left ?? entry.triesLeft };
  }
  const next = refused(entry.hospital, error);
  return next.step === "failed" ? { ...still, problem: "failed" } : next;
}

function refused(known: Hospital | null, error: RequestFailed): Entry {
  if (!(error instanceof Refused)) return { step: "offline", hospital: known };
  const hospital = error.details.hospital ?? known;
  switch (error.code) {
    case "link_locked":
      return { step: "locked", hospital, until: error.details.until ?? null };
    case "link_expired":
      return { step: "expired", hospital };
    case "link_used_up":
      return { step: "usedUp", hospital };
    case "link_revoked":
      return { step: "revoked", hospital };
    case "exam_expired":
      return { step: "removed", hospital };
    case "exam_not_released":
      return { step: "waiting", hospital };
    case "hospital_rebuilding":
      return { step: "rebuilding", hospital };
    case "link_unknown":
    case "document_invalid":
      return { step: "unknown", hospital };
    case "consent_needed": // the session is there; its page asks
      return { step: "open", hospital };
    case "session_missing":
      return { step: "reopen", hospital };
    default:
      return { step: "failed", hospital, requestId: error.requestId };
  }
}
