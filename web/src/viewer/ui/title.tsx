/** What is on the screen, in one line. */
import type { ExamSeries, PatientExam } from "../../api/types";
import { useText } from "../../text";
import { nameOf } from "./strip";

/** First what tells this picture from the others: what a short line cuts off is what the reader knows already. */
export function Title({ exam, series }: { exam: Pick<PatientExam, "item" | "studies">; series: ExamSeries }) {
  const { t } = useText();
  const name = series.description || nameOf(series, t);
  const whole = studyOf(exam, series);
  return (
    <h1 title={whole === "" ? name : `${name} · ${whole}`}>
      {name}
      {whole !== "" && <span className="viewer-second">{whole}</span>}
    </h1>
  );
}

/** What the series is a part of: its study, where the exam has several. */
function studyOf(exam: Pick<PatientExam, "item" | "studies">, { series: name }: ExamSeries): string {
  const study = exam.studies.find(({ series }) => series.some((one) => one.series === name));
  return (exam.studies.length > 1 && study?.description) || exam.item;
}
