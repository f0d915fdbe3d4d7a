/** All series of the exam, by their pictures. */
import { useEffect, useRef, useState } from "react";

import type { ExamSeries, PatientExam } from "../../api/types";
import { useText } from "../../text";
import { createTransport } from "../loader/transport";

interface StripProps {
  exam: PatientExam;
  current: string;
  /** False until the image itself is there: pictures of other series can wait. */
  load: boolean;
  onPick: (series: string) => void;
}

export function Strip({ exam, current, load, onPick }: StripProps) {
  const { t } = useText();
  const chosen = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    chosen.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [current]);
  return (
    <nav className="viewer-strip" aria-label={t("viewer.strip")} data-own-gestures>
      <ul>
        {seriesOf(exam).map((series) => (
          <li key={series.series}>
            <button
              ref={series.series === current ? chosen : undefined}
              type="button"
              className="viewer-series"
              aria-current={series.series === current || undefined}
              title={series.description || undefined}
              onClick={() => onPick(series.series)}
            >
              <Thumbnail series={series} load={load} />
              <span>{series.description || nameOf(series, t)}</span>
              <span className="viewer-second">{countOf(series, t)}</span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

export function seriesOf(exam: PatientExam): ExamSeries[] {
  return exam.studies.flatMap((study) => study.series).filter((series) => series.index !== null);
}

type Translate = ReturnType<typeof useText>["t"];

export function nameOf({ number }: ExamSeries, t: Translate): string {
  return number === null ? t("viewer.seriesUnnumbered") : t("viewer.series", { n: number });
}

function countOf({ frames, received, declared, complete }: ExamSeries, t: Translate): string {
  if (!complete && declared !== null && received < declared) return `${received} / ${declared}`;
  return t("viewer.frames", { n: frames });
}

function Thumbnail({ series, load }: { series: ExamSeries; load: boolean }) {
  const box = useRef<HTMLSpanElement>(null);
  const [source, setSource] = useState<string | null>(null);
  const { series: name, thumbnail } = series;
  useEffect(() => {
    if (!load || !thumbnail || !box.current) return;
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      const transport = createTransport(name, { fetch: (url, init) => window.fetch(url, init), now: () => Date.now() });
      transport.place().then(
        ({ base }) => setSource(base + thumbnail),
        () => undefined, // the letters of its modality stand there instead
      );
    });
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, [load, name, thumbnail]);
  return (
    <span className="viewer-thumb" ref={box}>
      {source ? <img src={source} alt="" decoding="async" onError={() => setSource(null)} /> : series.modality}
    </span>
  );
}
