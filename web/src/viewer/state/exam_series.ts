import type { ExamSeries, PatientExam } from "../../api/types";

/** Series of the exam that can be opened. */
export function seriesOf(exam: Pick<PatientExam, "studies">): ExamSeries[] {
  return exam.studies.flatMap((study) => study.series).filter((series) => series.index !== null);
}
