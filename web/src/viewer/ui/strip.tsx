/** All series of the exam, by their pictures. */
import { useEffect, useRef, useState } from "react";

import type { Doors } from "../../api/doors";
import type { ExamSeries, PatientExam } from "../../api/types";
import { useRetriedFile } from "../../look/use_named_file";
import { useInSight } from "../../look/use_in_sight";
import { useText } from "../../text";
import { asViewerError } from "../loader/errors";
import { createTransport } from "../loader/transport";
import { seriesOf } from "../state/exam_series";

interface StripProps {
  exam: Pick<PatientExam, "studies">;
  doors: Doors;
  current: string;
  /** False until the image itself is there: pictures of other series can wait. */
  load: boolean;
  onPick: (series: string) => void;
}

export function Strip({ exam, doors, current, load, onPick }: StripProps) {
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
              <Thumbnail series={series} door={doors.series} load={load} />
              <span>{series.description || nameOf(series, t)}</span>
              <span className="viewer-second">{countOf(series, t)}</span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

type Translate = ReturnType<typeof useText>["t"];

export function nameOf({ number }: ExamSeries, t: Translate): string {
  return number === null ? t("viewer.seriesUnnumbered") : t("viewer.series", { n: number });
}

function countOf({ frames, received, declared, complete }: ExamSeries, t: Translate): string {
  if (!complete && declared !== null && received < declared) return `${received} / ${declared}`;
  return t("viewer.frames", { n: frames });
}

/** How long a series whose door did not open is left alone before the next try; after these it stays as it is. */
const AGAIN_MS = [3_000, 15_000];

function Thumbnail({ series, door, load }: { series: ExamSeries; door: Doors["series"]; load: boolean }) {
  const [box, seen] = useInSight<HTMLSpanElement>("0px");
  const [base, setBase] = useState<string>();
  const { series: name, thumbnail } = series;
  const wanted = load && seen && thumbnail !== null;
  const [tried, setTried] = useState(0);
  useEffect(() => {
    if (!wanted) return;
    let timer: number | undefined;
    const transport = createTransport(name, { fetch: (url, init) => window.fetch(url, init), now: () => Date.now(), door });
    transport.place().then(
      (place) => setBase(place.base),
      (error: unknown) => {
        // The letters of its modality stand there instead.
        const pause = AGAIN_MS[tried];
        if (pause !== undefined && asViewerError(error).retry) timer = window.setTimeout(() => setTried(tried + 1), pause);
      },
    );
    return () => window.clearTimeout(timer);
  }, [wanted, name, door, tried]);
  const { src } = useRetriedFile(wanted && base !== undefined ? base + thumbnail : undefined);
  return (
    <span className="viewer-thumb" ref={box}>
      {src ? <img src={src} alt="" decoding="async" /> : series.modality}
    </span>
  );
}
