/**
 * Where a member of staff is, as a fragment of `/staff`: names in it are keyed ones, and what was searched for never stands in it.
 *
 *   #/studies · #/exams/EXAM[/SERIES] · #/agents · #/quarantine · #/queues · #/alarms · #/bills[/YYYY-MM] · #/prices · #/password
 */

import type { StaffRight } from "../api/staff_types";

export const PAGES = ["studies", "alarms", "agents", "quarantine", "queues", "bills", "prices", "password"] as const;
export type PageName = (typeof PAGES)[number];

export type StaffRoute = { page: PageName } | { page: "month"; month: string } | { page: "exam"; exam: string; series: string | null };

/** The right that a page needs; the first that a reader has is where they begin. The server decides again, at each request. */
export const NEEDS: Record<PageName, StaffRight> = {
  studies: "studies.list",
  alarms: "alarms.read",
  agents: "agents.read",
  quarantine: "quarantine.read",
  queues: "queues.read",
  bills: "bills.read",
  prices: "bills.read",
  password: "self.password",
};

const NAME = /^[a-z2-7]{1,64}$/;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

/** null for an address that is none of ours: then the reader's first page is shown. */
export function parseStaffRoute(fragment: string): StaffRoute | null {
  const [page, name, more, ...rest] = fragment.replace(/^#\/?/, "").split("/");
  if (rest.length > 0) return null;
  if (page === "exams") {
    if (name === undefined || !NAME.test(name) || (more !== undefined && !NAME.test(more))) return null;
    return { page: "exam", exam: name, series: more ?? null };
  }
  if (page === "bills" && name !== undefined) return more === undefined && MONTH.test(name) ? { page: "month", month: name } : null;
  if (name !== undefined) return null;
  return PAGES.includes(page as PageName) ? { page: page as PageName } : null;
}

export function formatStaffRoute(route: StaffRoute): string {
  if (route.page === "exam") return `#/exams/${route.exam}${route.series === null ? "" : `/${route.series}`}`;
  if (route.page === "month") return `#/bills/${route.month}`;
  return `#/${route.page}`;
}
