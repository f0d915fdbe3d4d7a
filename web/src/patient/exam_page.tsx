import { CalendarClock, ChevronRight, CircleCheck, FileText, GalleryThumbnails, Hourglass, Images, Info, ScrollText, Share2, type LucideIcon } from "lucide-react";
import { lazy, Suspense, type ReactNode } from "react";

import { patientApi } from "../api/patient";
import type { PatientExam } from "../api/types";
import { ButtonLink, Icon, Note } from "../look/parts";
import { useRetriedFile } from "../look/use_named_file";
import { formatRoute, type Route } from "../routes";
import { imagesOf, pagesOf, seriesOf } from "../state/arrival";
import { keptOf } from "../state/kept";
import { useText } from "../text";
import { formatCount, formatDateTime, formatDay } from "../text/format";
import { ArrivingNote } from "./arriving";
import { Contact } from "./contact";
import { inWeChat } from "./device";
import { ExamItem } from "./exam_item";
import { useDerivedPlace } from "./queries";
import { personLine } from "./person_line";
import { Heading, OfflineNote, Shell } from "./shell";
import { Thumbnail } from "./thumbnail";
import "./exam.css";

const WechatCard = lazy(() => import("./wechat_card").then(({ WechatCard }) => ({ default: WechatCard })));

interface ExamPageProps {
  exam: PatientExam;
  onSignOut: () => Promise<void>;
}

export function ExamPage({ exam, onSignOut }: ExamPageProps) {
  const { t, language } = useText();
  const shows = exam.shows ?? ALL;
  const kept = keptOf(exam.kept_until, patientApi.now());
  const lastDay = formatDay(exam.kept_until ?? "", language);
  return (
    <Shell title="title.exam" name={exam.hospital.name} onSignOut={onSignOut} wide>
      <div className="exam">
        <div className="stack stack-close">
          <Heading>
            <ExamItem item={exam.item} />
          </Heading>
          <p className="quiet">{formatDateTime(exam.at, language, exam.hospital.time_zone)}</p>
          <p className="quiet">{personLine(exam, t)}</p>
          {kept === "long" && <p className="quiet small">{t("exam.kept", { day: lastDay })}</p>}
        </div>
        <div className="stack">
          <OfflineNote />
          {kept === "ending" && (
            <Note icon={CalendarClock} tone="warn">
              <p>{t("exam.ending", { day: lastDay })}</p>
              <p className="quiet small">{t("exam.endingMore")}</p>
            </Note>
          )}
          {exam.guest && (
            <Note icon={CalendarClock}>
              <p>{t("shared.until", { time: formatDateTime(exam.guest.until, language, exam.hospital.time_zone) })}</p>
              {exam.guest.anonymous && <p className="quiet small">{t("shared.anonymous")}</p>}
            </Note>
          )}
          {shows.images && <ArrivingNote arrival={imagesOf(exam)} />}
          {!shows.report && !shows.film && !shows.images && (
            <Note icon={Info} role="status">
              <p>{t("exam.nothing")}</p>
            </Note>
          )}
          <nav aria-label={exam.item}>
            <ul className="rows">
              {shows.report && (
                <li>
                  <ReportEntry exam={exam} />
                </li>
              )}
              {shows.film && (
                <li>
                  <FilmEntry exam={exam} />
                </li>
              )}
              {shows.images && (
                <li>
                  <ImagesEntry exam={exam} />
                </li>
              )}
            </ul>
          </nav>
          {shows.sharing && (
            <ButtonLink weight="second" icon={Share2} href={formatRoute({ page: "share" })}>
              {t("exam.share")}
            </ButtonLink>
          )}
          {inWeChat() && !exam.guest && (
            <Suspense>
              <WechatCard />
            </Suspense>
          )}
        </div>
        <div className="exam-contact stack">
          {exam.agreement && (
            <ButtonLink weight="quiet" icon={ScrollText} href={formatRoute({ page: "agreement" })}>
              {t("agreement.title")}
            </ButtonLink>
          )}
          <Contact hospital={exam.hospital} />
        </div>
      </div>
    </Shell>
  );
}

/** Where nothing is said of it: all, but no share of what may be a share itself. */
const ALL = { report: true, film: true, images: true, sharing: false };

interface EntryProps {
  to: Route;
  title: string;
  picture: ReactNode;
  state: string;
  mark: "good" | "wait" | null;
}

const MARKS: Record<"good" | "wait", LucideIcon> = { good: CircleCheck, wait: Hourglass };

function ExamEntry({ to, title, picture, state, mark }: EntryProps) {
  return (
    <a className="entry card" href={formatRoute(to)}>
      <span className="entry-picture">{picture}</span>
      <span className="entry-words">
        <span className="entry-title">{title}</span>
        <span className={`badge badge-${mark ?? "plain"}`}>
          {mark && <Icon of={MARKS[mark]} />}
          {state}
        </span>
      </span>
      <Icon of={ChevronRight} className="entry-more" />
    </a>
  );
}

function ReportEntry({ exam }: { exam: PatientExam }) {
  const { t } = useText();
  const state = exam.report?.state ?? "none";
  const words = {
    none: t("exam.reportNone"),
    audited: t("exam.reportAudited"),
    corrected: t("exam.reportCorrected"),
  };
  const mark = state === "none" ? "wait" : "good";
  return (
    <ExamEntry to={{ page: "report" }} title={t("exam.report")} picture={<Icon of={FileText} />} state={words[state]} mark={mark} />
  );
}

function FilmEntry({ exam }: { exam: PatientExam }) {
  const { t } = useText();
  const film = exam.films.find(({ pages }) => pages.length > 0);
  const place = useDerivedPlace(film?.study ?? null);
  const pages = pagesOf(exam);
  const { src } = useRetriedFile(film && place.data ? `${place.data.base}${film.pages[0]}` : undefined);
  const picture = src ? <img className="appear" src={src} alt="" decoding="async" /> : <Icon of={GalleryThumbnails} />;
  return (
    <ExamEntry
      to={{ page: "film" }}
      title={t("exam.film")}
      picture={picture}
      state={pages > 0 ? t("exam.filmPages", { n: formatCount(pages) }) : t("exam.filmNone")}
      mark={pages > 0 ? null : "wait"}
    />
  );
}

function ImagesEntry({ exam }: { exam: PatientExam }) {
  const { t } = useText();
  const arrival = imagesOf(exam);
  const series = seriesOf(exam);
  const shown = largest(series.filter(({ thumbnail }) => thumbnail !== null));
  const words = {
    none: () => t("exam.imagesNone"),
    arriving: () =>
      arrival.state === "arriving" && arrival.declared !== null
        ? t("exam.imagesArriving", { received: formatCount(arrival.received), declared: formatCount(arrival.declared) })
        : t("exam.imagesArrivingOpen", { received: formatCount(arrival.state === "none" ? 0 : arrival.received) }),
    complete: () => {
      const n = formatCount(arrival.state === "none" ? 0 : arrival.received);
      return series.length > 1 ? t("exam.imagesSeries", { n, series: series.length }) : t("exam.imagesAll", { n });
    },
  };
  return (
    <ExamEntry
      to={{ page: "images" }}
      title={t("exam.images")}
      picture={shown ? <Thumbnail series={shown} /> : <Icon of={Images} />}
      state={words[arrival.state]()}
      mark={arrival.state === "complete" ? null : "wait"}
    />
  );
}

/** The series with the most frames speaks for the exam. */
function largest<T extends { frames: number }>(series: T[]): T | undefined {
  return series.reduce<T | undefined>((best, next) => (best === undefined || next.frames > best.frames ? next : best), undefined);
}
