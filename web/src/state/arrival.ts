/** How much of an exam has arrived. A part is never called the whole: only the cloud's `complete` does that. */

import type { ExamSeries, PatientExam } from "../api/types";

export type Arrival =
  | { state: "none" }
  | { state: "arriving"; received: number; declared: number | null }
  | { state: "complete"; received: number };

interface Counted {
  received: number;
  declared: number | null;
  complete: boolean;
}

export function arrivalOf(counted: Counted): Arrival {
  if (counted.complete) return { state: "complete", received: counted.received };
  if (counted.received === 0 && !counted.declared) return { state: "none" };
  return { state: "arriving", received: counted.received, declared: counted.declared };
}

/** Over all studies; one study without a declared count makes the total unknown. */
export function imagesOf(exam: PatientExam): Arrival {
  if (exam.studies.length === 0) return { state: "none" };
  return arrivalOf({
    received: sum(exam.studies.map((study) => study.received)),
    declared: exam.studies.every((study) => study.declared !== null) ? sum(exam.studies.map((study) => study.declared ?? 0)) : null,
    complete: exam.studies.every((study) => study.complete),
  });
}

export function seriesOf(exam: PatientExam): ExamSeries[] {
  return exam.studies.flatMap((study) => study.series);
}

export function pagesOf(exam: PatientExam): number {
  return sum(exam.films.map((film) => film.pages.length));
}

/** ms until the exam is worth asking for again. A whole one is too: the hospital may take it back while it is open. */
export function pollAfter(exam: PatientExam): number {
  const { report = true, film = true, images = true } = exam.shows ?? {};
  if (images && imagesOf(exam).state !== "complete") return 4_000;
  if (film && pagesOf(exam) === 0) return 8_000;
  if (images && seriesOf(exam).some(({ thumbnail }) => thumbnail === null)) return 15_000;
  if (report && exam.report === null) return 30_000;
  return exam.guest ? 15_000 : 60_000; // a share may end any moment
}

/** 0…1, or null where the total is not known. Never 1 before the cloud says that it is complete. */
export function shareOf(arrival: Arrival): number | null {
  if (arrival.state === "complete") return 1;
  if (arrival.state === "none" || !arrival.declared) return null;
  return Math.min(arrival.received / arrival.declared, 0.99);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
