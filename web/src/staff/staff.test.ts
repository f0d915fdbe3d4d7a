import { describe, expect, it } from "vitest";

import { createClient } from "../api/client";
import { Refused, Unreachable } from "../api/errors";
import { createStaffApi, queryOf, STAFF_API, staffDoors } from "../api/staff";
import { staffTranslator } from "../text/staff";
import { ageOf, formatBytes } from "./amounts";
import { toneOf, troublesOf } from "./operator/agent_state";
import { lackingIn } from "./password";
import { wordsOf } from "./problem";
import { doubtsOf, standingOf } from "./studies/study_state";

const t = staffTranslator("en");

describe("requests to the staff API", () => {
  it("go to routes of their own, with what is set and nothing else", async () => {
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return Response.json({});
    };
    const api = createStaffApi(createClient({ fetch, now: () => 0, api: STAFF_API }));
    await api.studies({ text: "张 三&", from: null, to: "2026-11-24", state: null, modality: "CT" }, null);
    expect(asked).toEqual(["/api/staff/v1/studies?text=%E5%BC%A0+%E4%B8%89%26&to=2026-11-24&modality=CT&limit=50"]);
    expect(queryOf({ after: null })).toBe("");
  });

  it("open images by the exam that shows them", () => expect(staffDoors("e").series("s")).toBe("/api/staff/v1/exams/e/series/s/open"));
});

describe("what went wrong", () => {
  const refused = (code: string, details = {}, status = 403) => new Refused(status, code, "8f14", false, details);
  it.each([
    [new Unreachable(null), "could not be reached"],
    [refused("sign_in_wrong", { tries_left: 1 }), "1 more wrong one locks"],
    [refused("account_locked", { until: "2026-11-24T06:17:05Z" }), "after 14:17"],
    [refused("password_weak", { rules: ["as_before"] }), "must differ"],
    [refused("password_weak", { rules: ["no_digit"] }), "too weak"],
    [refused("right_missing"), "may not do this"],
    [refused("something_new"), "8f14"],
    [refused("object_missing", {}, 503), "8f14"],
    [new Error("bug"), "Something on this page failed"],
  ])("is said in words: %s", (error, words) => expect(wordsOf(error, t, "en")).toContain(words));
});

describe("a new password", () => {
  it.each([
    ["", ["length", "lower", "upper", "digit", "symbol"]],
    ["kfm7rtq3", ["upper", "symbol"]],
    ["Kfm7-Rtq3", []],
    ["Kf7-", ["length"]],
  ])("[SEC-10] shows what it lacks: %s", (password, lacking) => expect(lackingIn(password)).toEqual(lacking));
});

describe("an agent", () => {
  const beat = { at: "", version: "1", objects: 0, bytes: 0, free_bytes: 900e9, parked: 0, overdue: 0, full: false };
  it("[EDGE-24] that is silent stands out, a revoked one does not", () => expect([toneOf("silent"), toneOf("revoked")]).toEqual(["stop", "wait"]));
  it.each([
    [beat, []],
    [{ ...beat, full: true, free_bytes: 0 }, []],
    [{ ...beat, free_bytes: 5e9, parked: 2, overdue: 1 }, ["low", "parked", "overdue"]],
    [null, []],
  ])("[EDGE-24] says what is wrong with it", (heartbeat, kinds) =>
    expect(troublesOf({ state: "running", heartbeat }).map(({ kind }) => kind)).toEqual(kinds));
});

describe("a study", () => {
  const study = { release: "held", imaging: "complete", report: "audited", reasons: [] as string[] } as const;
  it.each([
    [{ ...study, release: "released" as const }, "released"],
    [{ ...study, release: "released" as const, imaging: "viewable" as const }, "arriving"],
    [{ ...study, reasons: ["patient_differs"] }, "held"],
    [{ ...study, imaging: "receiving" as const }, "arriving"],
    [{ ...study, imaging: "receiving" as const, report: "none" as const, reasons: ["no_report", "no_images"] }, "arriving"],
    [{ ...study, imaging: "none" as const, reasons: ["no_images"] }, "imageless"],
    [{ ...study, imaging: "none" as const, reasons: ["patient_changed", "no_images"] }, "held"],
    [{ ...study, release: "released" as const, imaging: "none" as const }, "imageless"],
    [{ ...study, report: "preliminary" as const, reasons: ["not_audited"] }, "unreported"],
    [{ ...study, reasons: ["held_until"] }, "due"],
    [study, "unreleased"],
    [{ ...study, release: "hidden" as const, reasons: ["report_retracted"] }, "hidden"],
  ])("stands as what keeps the patient from it", (seen, standing) => expect(standingOf(seen)).toBe(standing));
  it("names what waits for a person, not what is on its way", () => expect(doubtsOf(["patient_differs", "no_images", "hidden_by_person"])).toEqual(["patient_differs"]));
});

describe("sizes and ages", () => {
  it("have the unit that an operator reads", () =>
    expect([0, 999, 1_500_000_000, 250e9, 4e12].map(formatBytes)).toEqual(["0 B", "999 B", "1.5 GB", "250 GB", "4.0 TB"]));
  it("are told roughly", () =>
    expect([-5_000, 59_000, 60_000, 3_600_000 * 47, 3_600_000 * 72].map((ms) => ageOf(ms, t))).toEqual(["just now", "just now", "1 min ago", "47 h ago", "3 days ago"]));
});
