import { ChevronRight, CircleAlert, Hourglass } from "lucide-react";
import { Component, type ReactNode } from "react";

import type { ExamSeries, PatientExam } from "../api/types";
import { Button, Icon } from "../look/parts";
import { formatRoute } from "../routes";
import { arrivalOf, imagesOf, seriesOf } from "../state/arrival";
import { goBack, replaceFragment } from "../state/location";
import { useText, type Translate } from "../text";
import { formatCount } from "../text/format";
import { ArrivingNote } from "./arriving";
import { ExamItem } from "./exam_item";
import { partWords } from "./exam_name";
import { Missing } from "./missing";
import { Heading, OfflineNote, Shell } from "./shell";
import { Thumbnail } from "./thumbnail";
import { useViewerCode } from "./viewer_code";
import "./images.css";

export function ImagesPage({ exam }: { exam: PatientExam }) {
  const { t } = useText();
  const series = seriesOf(exam);
  return (
    <Shell title="title.images" back wide>
      <div className="stack stack-wide">
        <div className="stack stack-close">
          <Heading>{t("images.title")}</Heading>
          <p className="quiet">
            <ExamItem item={exam.item} />
          </p>
          {series.length > 1 && <p className="quiet small">{t("images.lead")}</p>}
        </div>
        <OfflineNote />
        <ArrivingNote arrival={imagesOf(exam)} />
        {series.length === 0 ? (
          <Missing icon={Hourglass} title={t("images.missing")} more={t("images.missingMore")} />
        ) : (
          exam.studies
            .filter((study) => study.series.length > 0)
            .map((study) => (
              <section key={study.study} className="stack">
                {exam.studies.length > 1 && study.description !== "" && <h2>{study.description}</h2>}
                <ul className="rows">
                  {study.series.map((one) => (
                    <SeriesRow key={one.series} series={one} />
                  ))}
                </ul>
              </section>
            ))
        )}
      </div>
    </Shell>
  );
}

function SeriesRow({ series }: { series: ExamSeries }) {
  const { t } = useText();
  const number = series.number === null ? t("images.seriesUnnumbered") : t("images.series", { n: series.number });
  return (
    <li>
      <a className="series-row card" href={formatRoute({ page: "series", series: series.series })}>
        <span className="series-picture">
          <Thumbnail series={series} />
        </span>
        <span className="series-name">{series.description || number}</span>
        <span className="series-kind quiet small">{kindOf(series, t)}</span>
        <span className="series-count small">{countOf(series, t)}</span>
        <Icon of={ChevronRight} className="entry-more" />
      </a>
    </li>
  );
}

/** CT · 胸部; a body part that has no everyday name is left out. */
function kindOf(series: ExamSeries, t: Translate): string {
  return [series.modality, partWords(series.body_part, t)].filter((word) => word !== "").join(" · ");
}

function countOf(series: ExamSeries, t: Translate): string {
  const arrival = arrivalOf(series);
  if (arrival.state === "complete") return t("images.frames", { n: formatCount(series.frames) });
  const received = formatCount(series.received);
  return series.declared === null
    ? t("images.arrivingOpen", { received })
    : t("images.arriving", { received, declared: formatCount(series.declared) });
}

/** One series in the reading room, which is fetched when it is first wanted. */
export function SeriesPage({ exam, series }: { exam: PatientExam; series: string }) {
  if (!seriesOf(exam).some((one) => one.series === series)) return <ImagesPage exam={exam} />;
  return (
    <Boundary fallback={<Broken />}>
      <Room exam={exam} series={series} />
    </Boundary>
  );
}

function Room({ exam, series }: { exam: PatientExam; series: string }) {
  const { t } = useText();
  const code = useViewerCode();
  if (code === null)
    return (
      <div className="opening" data-room="dark" role="status">
        {t("images.opening")}
      </div>
    );
  return <code.Viewer exam={exam} report={exam.report && formatRoute({ page: "report" })} series={series} onSeries={showSeries} onClose={() => goBack(formatRoute({ page: "images" }))} />;
}

/** In place of the one before: "back" leads out of the reading room, not through all that was looked at. */
function showSeries(series: string): void {
  replaceFragment(formatRoute({ page: "series", series }));
}

function Broken() {
  const { t } = useText();
  return (
    <Shell title="title.images" back>
      <Heading>{t("images.title")}</Heading>
      <Missing icon={CircleAlert} title={t("images.broken")} more={t("images.brokenMore")}>
        <Button weight="second" onClick={() => window.location.reload()}>
          {t("retry")}
        </Button>
      </Missing>
    </Shell>
  );
}

/** The viewer's code may not come over a bad line; then the rest of the exam still works. */
class Boundary extends Component<{ fallback: ReactNode; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
