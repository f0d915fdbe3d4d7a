import type { PatientExam } from "../api/types";

export interface ViewerProps {
  exam: PatientExam;
  /** Keyed name of the series to show first. */
  initialSeries: string;
  onClose: () => void;
}

/** The reading room for one exam's images. */
export function Viewer({ exam, initialSeries }: ViewerProps) {
  return <main data-room="dark" aria-label={exam.item} data-series={initialSeries} />;
}
