import { describe, expect, it } from "vitest";

import { formatStaffRoute, PAGES, parseStaffRoute, type StaffRoute } from "./routes";

const EXAM = "abcdefghijklmnopqrstuvwxyz234567";

describe("the staff's routes", () => {
  const routes: StaffRoute[] = [
    ...PAGES.map((page) => ({ page })),
    { page: "month", month: "2026-11" },
    { page: "exam", exam: EXAM, series: null },
    { page: "exam", exam: EXAM, series: EXAM },
  ];
  it.each(routes)("come back from their own address: $page", (route) => {
    expect(parseStaffRoute(formatStaffRoute(route))).toEqual(route);
  });

  it.each(["", "#", "#/elsewhere", "#/exams", "#/exams/../me", "#/exams/A", `#/exams/${EXAM}/x/y`, "#/bills/2026-13", "#/agents/x", "#t=secret"])(
    "lead to the first page for %s",
    (fragment) => expect(parseStaffRoute(fragment)).toBeNull(),
  );
});
