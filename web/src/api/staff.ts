/** The staff API, one function a route (docs/interfaces.md §3). Names of rows are keyed; nothing typed into a search stands in a log. */

import { createClient, type Client } from "./client";
import type { Doors } from "./doors";
import { Refused } from "./errors";
import type { PatientReport, SeriesPlace, SignedPlace } from "./types";
import type * as Staff from "./staff_types";

export const STAFF_API = "/api/staff/v1";

const part = encodeURIComponent;

export function endsSession(error: unknown): boolean {
  return error instanceof Refused && error.code === "session_missing";
}

/** `?a=1&b=2` of what is set; "" of nothing. */
export function queryOf(values: Record<string, string | number | null | undefined>): string {
  const set = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return set.length === 0 ? "" : `?${new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString()}`;
}

type Listener = () => void;

export function createStaffApi(client: Client) {
  const ends = new Set<Listener>();

  async function send<T>(...request: Parameters<Client["send"]>): Promise<T> {
    try {
      return await client.send<T>(...request);
    } catch (error) {
      if (endsSession(error)) ends.forEach((end) => end());
      throw error;
    }
  }

  return {
    now: client.now,
    /** Calls back when any answer says that nobody is signed in. Returns how to stop. */
    onSessionEnd(listener: Listener): () => void {
      ends.add(listener);
      return () => void ends.delete(listener);
    },
    signIn: (hospital: string, account: string, password: string) =>
      send<Staff.StaffSession>("POST", "/sessions", { hospital, account, password }),
    signOut: () => send<undefined>("DELETE", "/sessions"),
    me: () => send<Staff.StaffSession>("GET", "/me"),
    changePassword: (old: string, next: string) => send<Staff.StaffSession>("POST", "/password", { old, new: next }),

    agents: () => send<{ agents: Staff.Agent[] }>("GET", "/agents"),
    enrol: (ae_title: string) => send<Staff.EnrolmentCode>("POST", "/agents/codes", { ae_title }),
    revoke: (agent: string, reason: string) => send<unknown>("POST", `/agents/${part(agent)}/revoke`, { reason }),
    waiting: () => send<{ entries: Staff.Waiting[]; more: boolean }>("GET", "/quarantine"),
    retry: (subject: string, name: string) => send<unknown>("POST", `/quarantine/${part(subject)}/${part(name)}/retry`),
    settle: (subject: string, name: string, note: string) => send<unknown>("POST", `/quarantine/${part(subject)}/${part(name)}/settle`, { note }),
    queues: () => send<{ queues: Staff.Queue[] }>("GET", "/queues"),
    redrive: (queue: string) => send<{ moved: number; left: number }>("POST", `/queues/${part(queue)}/redrive`),
    alarms: () => send<{ alarms: Staff.Alarm[] }>("GET", "/alarms"),

    bills: () => send<Staff.Bills>("GET", "/bills"),
    bill: (month: string, after: string | null) => send<Staff.Bill>("GET", `/bills/${part(month)}${queryOf({ after })}`),
    closeBill: (month: string) => send<{ bill: Staff.BillSummary }>("POST", `/bills/${part(month)}/close`),
    billFile: (month: string, format: Staff.FileFormat) => send<Staff.BillFile>("GET", `/bills/${part(month)}/file${queryOf({ format })}`),
    correctCase: (month: string, correction: Staff.Correction) =>
      send<{ month: string; line: Staff.BillLine }>("POST", `/bills/${part(month)}/corrections`, correction),
    prices: () => send<Staff.Prices>("GET", "/prices"),
    setPrice: (from_month: string, price: string) => send<Staff.Prices>("POST", "/prices", { from_month, price }),

    studies: ({ text, from, to, state, modality }: Staff.StudyQuery, after: string | null) =>
      send<Staff.Studies>("GET", `/studies${queryOf({ text, from, to, state, modality, after, limit: 50 })}`),
    exam: (exam: string) => send<Staff.StaffExam>("GET", `/exams/${part(exam)}`),
    report: (exam: string) => send<PatientReport>("GET", `/exams/${part(exam)}/report`),
    hideSeries: (exam: string, series: string, reason: string) =>
      send<unknown>("POST", `/exams/${part(exam)}/series/${part(series)}/hide`, { reason }),
    showSeries: (exam: string, series: string, reason: string) =>
      send<unknown>("POST", `/exams/${part(exam)}/series/${part(series)}/show`, { reason }),
    correctPatient: (exam: string, words: { phone?: string; id_card?: string; reason: string }) =>
      send<{ phone: string; id_card: string; corrected: string[] }>("POST", `/exams/${part(exam)}/patient`, words),
    shares: (exam: string) => send<{ shares: Staff.StaffShare[] }>("GET", `/exams/${part(exam)}/shares`),
    openings: (exam: string) => send<{ openings: Staff.Opening[] }>("GET", `/exams/${part(exam)}/openings`),
    openSeries: (exam: string, series: string) => send<SeriesPlace>("POST", `/exams/${part(exam)}/series/${part(series)}/open`),
    openDerived: (exam: string, study: string) => send<SignedPlace>("POST", `/exams/${part(exam)}/derived/open`, { study }),
  };
}

export type StaffApi = ReturnType<typeof createStaffApi>;

export const staffApi = createStaffApi(
  createClient({ fetch: (url, init) => window.fetch(url, init), now: () => Date.now(), api: STAFF_API }),
);

/** How a member of staff gets at one exam's images. */
export function staffDoors(exam: string): Doors {
  return { series: (name) => `${STAFF_API}/exams/${part(exam)}/series/${part(name)}/open` };
}
