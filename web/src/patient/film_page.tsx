import { CircleAlert, Download, Hourglass, ZoomIn } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import type { ExamFilm, PatientExam } from "../api/types";
import { Button, ButtonLink, Icon } from "../look/parts";
import { useInSight } from "../look/use_in_sight";
import { useNamedFile } from "../look/use_named_file";
import { imagesOf, pagesOf } from "../state/arrival";
import { useText } from "../text";
import { ArrivingNote } from "./arriving";
import { inWeChat } from "./device";
import { ExamItem } from "./exam_item";
import { FilmZoom } from "./film_zoom";
import { Missing } from "./missing";
import { PdfTrouble } from "./pdf_trouble";
import { useDerivedPlace } from "./queries";
import { Heading, OfflineNote, Shell } from "./shell";
import "./film.css";

export function FilmPage({ exam }: { exam: PatientExam }) {
  const { t } = useText();
  const total = pagesOf(exam);
  const films = exam.films.filter(({ pages }) => pages.length > 0);
  return (
    <Shell title="title.film" back wide>
      <div className="stack stack-wide">
        <div className="stack stack-close">
          <Heading>{t("film.title")}</Heading>
          <p className="quiet">
            <ExamItem item={exam.item} />
          </p>
          {total > 0 && <p className="quiet small">{t("film.hint")}</p>}
        </div>
        <OfflineNote />
        <ArrivingNote arrival={imagesOf(exam)} />
        {total === 0 && <Missing icon={Hourglass} title={t("film.missing")} more={t("film.missingMore")} />}
        <ol className="sheets">
          {films.map((film, place) => (
            <Sheets key={film.study} film={film} before={sheetsIn(films.slice(0, place))} total={total} />
          ))}
        </ol>
        {films.length > 0 && (
          <div className="sheets-save">
            {films.map((film) => (
              <SaveFilm key={film.study} film={film} name={films.length > 1 ? studyName(exam, film) : ""} />
            ))}
            {inWeChat() && <p className="quiet small">{t("wechat")}</p>}
          </div>
        )}
      </div>
    </Shell>
  );
}

function sheetsIn(films: ExamFilm[]): number {
  return films.reduce((sum, { pages }) => sum + pages.length, 0);
}

function studyName(exam: PatientExam, film: ExamFilm): string {
  return exam.studies.find(({ study }) => study === film.study)?.description ?? "";
}

interface SheetsProps {
  film: ExamFilm;
  /** Sheets of earlier studies: sheets are counted through the whole exam. */
  before: number;
  total: number;
}

function Sheets({ film, before, total }: SheetsProps) {
  const { t } = useText();
  const place = useDerivedPlace(film.study);
  if (place.isError && !place.data) {
    return (
      <li>
        <Missing icon={CircleAlert} title={t("failed.title")} more={t("failed.next")}>
          <Button weight="second" onClick={() => void place.refetch()}>
            {t("retry")}
          </Button>
        </Missing>
      </li>
    );
  }
  const base = place.data?.base;
  return film.pages.map((page, index) => (
    <Sheet key={page} url={base && base + page} film={film} number={before + index + 1} total={total} />
  ));
}

/**
 * A tap fetches the PDF, which has all of the film's megabytes once more; it is saved by itself as soon as it was checked.
 *
 * `name`: of the study, where the exam has several films.
 */
function SaveFilm({ film, name }: { film: ExamFilm; name: string }) {
  const { t } = useText();
  const base = useDerivedPlace(film.study).data?.base;
  // By name: a film that is made anew while the page is open is not saved unasked.
  const [wanted, setWanted] = useState<string | null>(null);
  const asked = film.pdf !== null && wanted === film.pdf;
  const file = useNamedFile(asked && base !== undefined ? base + film.pdf : undefined);
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (file.src !== undefined) link.current?.click();
  }, [file.src]);
  if (film.pdf === null) return null;
  const weight = name === "" ? "main" : "second";
  const label = name === "" ? t("film.save") : t("film.saveOf", { study: name });
  if (file.src !== undefined) {
    return (
      <ButtonLink weight={weight} icon={Download} href={file.src} download={t("film.name")} ref={link}>
        {label}
      </ButtonLink>
    );
  }
  const busy = asked && file.state === "waiting";
  return (
    <>
      <Button weight={weight} icon={Download} resting={busy || base === undefined} aria-busy={busy} onClick={() => setWanted(film.pdf)}>
        {label}
      </Button>
      <PdfTrouble state={file.state} again={file.again} />
    </>
  );
}

interface SheetProps {
  url: string | undefined;
  film: ExamFilm;
  number: number;
  total: number;
}

function Sheet({ url, film, number, total }: SheetProps) {
  const { t } = useText();
  const [box, seen] = useInSight<HTMLElement>("100%");
  const [enlarged, setEnlarged] = useState(false);
  const { state, src, again } = useNamedFile(seen ? url : undefined);
  const broken = state === "lost" || state === "damaged";
  const name = t("film.page", { n: number, total });
  return (
    <li>
      <figure className="sheet" ref={box}>
        <button
          type="button"
          className="sheet-picture"
          aria-label={broken ? undefined : t("film.enlarge", { n: number })}
          aria-busy={state === "waiting" || undefined}
          style={{ aspectRatio: `${film.width} / ${film.height}` }}
          onClick={broken ? again : () => setEnlarged(true)}
        >
          {src && <img className="appear" src={src} alt={name} width={film.width} height={film.height} decoding="async" />}
          {broken && (
            <span className="sheet-broken" role="alert">
              {t(state === "damaged" ? "film.damaged" : "film.broken")} <b>{t("retry")}</b>
            </span>
          )}
        </button>
        <figcaption className="quiet small">
          <span>{name}</span>
          <Icon of={ZoomIn} />
        </figcaption>
      </figure>
      {enlarged && src && <FilmZoom src={src} film={film} name={name} onClose={() => setEnlarged(false)} />}
    </li>
  );
}
