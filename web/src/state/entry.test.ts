import { describe, expect, it } from "vitest";

import { refusalFrom, Unreachable } from "../api/errors";
import type { OpenedLink, OpenedShare } from "../api/types";
import { nextEntry, START, type Entry } from "./entry";

const hospital = { name: "仁和医院", phone: "0757-83301234", hours: "8:00–17:30", time_zone: "Asia/Shanghai" };
const link: OpenedLink = { state: "verify", hospital, modes: ["phone_tail", "code"], tries_left: 5, phone_hint: null };
const atTheDoor = nextEntry(START, { type: "link_opened", link });
const offline = new Unreachable(new TypeError("Failed to fetch"));

function refusing(status: number, code: string, details: Record<string, unknown> = {}) {
  return { type: "refused", error: refusalFrom(status, { code, request_id: "r1", ...details }) } as const;
}

describe("from the link to the exam", () => {
  it("[PAT-01] a link leads to verification, and a right answer to the exam", () => {
    expect(atTheDoor).toMatchObject({ step: "verify", triesLeft: 5, problem: null, sending: false });
    const sent = nextEntry(atTheDoor, { type: "answer_sent" });
    expect(sent).toMatchObject({ step: "verify", sending: true });
    expect(nextEntry(sent, { type: "session_made" })).toEqual({ step: "open", hospital });
  });

  it("[PAT-03] a wrong answer says how many tries are left and asks again", () => {
    expect(nextEntry(atTheDoor, refusing(403, "answer_wrong", { tries_left: 3 }))).toMatchObject({
      step: "verify",
      problem: "wrong",
      triesLeft: 3,
      sending: false,
    });
  });

  it("[PAT-03] the fifth wrong answer locks, and says until when", () => {
    const until = "2026-11-24T06:17:05Z";
    expect(nextEntry(atTheDoor, refusing(423, "link_locked", { until }))).toEqual({ step: "locked", hospital, until });
  });

  it.each([
    [423, "link_locked", "locked"],
    [410, "link_expired", "expired"],
    [410, "link_revoked", "revoked"],
    [410, "exam_expired", "removed"],
    [409, "exam_not_released", "waiting"],
    [404, "link_unknown", "unknown"],
    [400, "document_invalid", "unknown"],
    [401, "session_missing", "reopen"],
    [403, "consent_needed", "open"],
    [503, "hospital_rebuilding", "rebuilding"],
    [503, "service_busy", "failed"],
    [502, "unreadable", "failed"],
  ])("%i %s shows the page %s", (status, code, step) => {
    expect(nextEntry(START, refusing(status, code)).step).toBe(step);
  });

  it("a dead end names the hospital that the refusal names, else the one known before", () => {
    const other = { ...hospital, name: "市二院" };
    expect(nextEntry(START, refusing(410, "link_expired", { hospital: other })).hospital).toEqual(other);
    expect(nextEntry(atTheDoor, refusing(410, "link_expired")).hospital).toEqual(hospital);
    expect(nextEntry(START, refusing(410, "link_expired")).hospital).toBeNull();
  });

  it("a lost connection at the door keeps the page, before it there is none to keep", () => {
    expect(nextEntry(atTheDoor, { type: "refused", error: offline })).toMatchObject({ step: "verify", problem: "offline" });
    expect(nextEntry(START, { type: "refused", error: offline })).toEqual({ step: "offline", hospital: null });
  });

  it("a fault of the cloud at the door keeps the page too, and elsewhere names its request", () => {
    expect(nextEntry(atTheDoor, refusing(503, "service_busy"))).toMatchObject({ step: "verify", problem: "failed" });
    expect(nextEntry(START, refusing(503, "service_busy"))).toEqual({ step: "failed", hospital: null, requestId: "r1" });
  });

  it("[PLUS-04] while the hospital's index is rebuilt the door is shut also to who stands in it, and no try is lost", () => {
    const shut = nextEntry(nextEntry(atTheDoor, { type: "answer_sent" }), refusing(503, "hospital_rebuilding"));
    expect(shut).toEqual({ step: "rebuilding", hospital });
    expect(nextEntry(shut, { type: "link_opened", link })).toMatchObject({ step: "verify", triesLeft: 5 });
  });

  it("an answer is sent from the door only", () => {
    const open: Entry = { step: "open", hospital };
    expect(nextEntry(open, { type: "answer_sent" })).toBe(open);
  });

  it("signing out and a link cut short have pages of their own, and a new link starts anew", () => {
    const open: Entry = { step: "open", hospital };
    expect(nextEntry(open, { type: "signed_out" }).step).toBe("left");
    expect(nextEntry(START, { type: "link_cut" }).step).toBe("unknown");
    expect(nextEntry(open, { type: "retried" })).toEqual({ step: "checking", hospital });
  });
});

describe("into a share", () => {
  const share: OpenedShare = { state: "code", hospital, name: "张*", expires_at: "2026-11-25T06:00:00Z", tries_left: 5 };
  const atTheShare = nextEntry(START, { type: "share_opened", share });

  it("[SHR-01] [SHR-04] its link leads to what it asks for, and that to the exam", () => {
    expect(atTheShare).toMatchObject({ step: "guest", name: "张*", code: true, triesLeft: 5, sending: false, problem: null });
    expect(nextEntry(START, { type: "share_opened", share: { ...share, state: "open" } })).toMatchObject({ step: "guest", code: false });
    const sent = nextEntry(atTheShare, { type: "answer_sent" });
    expect(sent).toMatchObject({ step: "guest", sending: true });
    expect(nextEntry(sent, { type: "session_made" })).toEqual({ step: "open", hospital });
  });

  it("[SHR-04] a wrong pass code asks again, and says how many tries are left", () => {
    expect(nextEntry(atTheShare, refusing(403, "answer_wrong", { tries_left: 2 }))).toMatchObject({ step: "guest", problem: "wrong", triesLeft: 2 });
  });

  it.each([
    [410, "link_used_up", "usedUp"],
    [410, "link_expired", "expired"],
    [410, "link_revoked", "revoked"],
    [423, "link_locked", "locked"],
  ])("[SHR-05] %i %s ends it at the door and inside", (status, code, step) => {
    expect(nextEntry(atTheShare, refusing(status, code)).step).toBe(step);
    expect(nextEntry({ step: "open", hospital }, refusing(status, code)).step).toBe(step);
  });
});
