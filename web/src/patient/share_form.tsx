import { CircleAlert } from "lucide-react";
import { useState, type FormEvent, type ReactNode } from "react";

import { patientApi } from "../api/patient";
import { Refused } from "../api/errors";
import type { ExamSeries, MadeShare, PatientExam, Shares, ShareWish } from "../api/types";
import { Button, Icon, Note } from "../look/parts";
import { seriesOf } from "../state/arrival";
import { useText, type Translate } from "../text";
import { Digits } from "./digits";
import { personLine } from "./person_line";
import { Thumbnail } from "./thumbnail";

const HOUR_S = 3600;
const DAY_S = 86400;
const MOST_DAYS = 180;
const CODE_LENGTH = 6;
const LIVES = { hour: HOUR_S, hours: 7 * HOUR_S, day: DAY_S, week: 7 * DAY_S } as const;
type Life = keyof typeof LIVES | "own";

interface ShareFormProps {
  exam: PatientExam;
  anonymous: Shares["anonymous"];
  onMade: (made: MadeShare) => void;
}

/** What, how long, by name or not, with a pass code or not, how often. What cannot be is said where it is chosen. */
export function ShareForm({ exam, anonymous, onMade }: ShareFormProps) {
  const { t } = useText();
  const all = seriesOf(exam).filter((one) => one.index !== null && one.frames > 0);
  const shows = exam.shows ?? { report: true, film: true, images: true };
  const hasReport = shows.report && exam.report !== null;
  const hasFilm = shows.film && exam.films.length > 0;
  const [parts, setParts] = useState<"all" | "some">("all");
  const [chosen, choose] = useState<ReadonlySet<string>>(() => new Set(all.map((one) => one.series)));
  const [report, setReport] = useState(true);
  const [film, setFilm] = useState(true);
  const [life, setLife] = useState<Life>("day");
  const [own, setOwn] = useState("3");
  const [unit, setUnit] = useState<"hours" | "days">("days");
  const [named, setNamed] = useState(true);
  const [lock, setLock] = useState<"none" | "made" | "given">("none");
  const [code, setCode] = useState("");
  const [times, setTimes] = useState<"any" | "own">("any");
  const [count, setCount] = useState("3");
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const isWhole = parts === "all" || chosen.size === all.length;
  const series = parts === "all" ? all : all.filter((one) => chosen.has(one.series));
  const gives = { report: hasReport && (parts === "all" || report), film: named && hasFilm && isWhole && (parts === "all" || film) };
  const obstacles = named ? [] : obstaclesOf(series, gives.report, anonymous, t);
  const lasts = life === "own" ? Math.round(Number(own) * (unit === "days" ? DAY_S : HOUR_S)) : LIVES[life];
  const wrong = wrongOf();

  /** What keeps this from being shared, in words; null where nothing does. */
  function wrongOf(): string | null {
    if (series.length === 0 && !gives.report && !gives.film) return t("share.wrong.nothing");
    if (!(lasts >= HOUR_S / 60 && lasts <= MOST_DAYS * DAY_S)) return t("share.wrong.life", { n: MOST_DAYS });
    if (lock === "given" && code.length !== CODE_LENGTH) return t("share.wrong.code");
    if (times === "own" && !(Number.isInteger(Number(count)) && Number(count) >= 1 && Number(count) <= 1000)) return t("share.wrong.times");
    return null;
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (sending || obstacles.length > 0) return;
    setProblem(wrong);
    if (wrong !== null) return;
    const wish: ShareWish = {
      lasts_s: lasts,
      series: parts === "all" ? null : series.map((one) => one.series),
      ...gives,
      anonymous: !named,
      code: lock === "none" ? null : lock === "made" ? "" : code,
      limit: times === "any" ? 0 : Number(count),
    };
    setSending(true);
    try {
      onMade(await patientApi.makeShare(wish));
    } catch (error) {
      const reason = error instanceof Refused ? error.details.reason : undefined;
      setProblem(t(reason === "sharing_off" ? "share.wrong.off" : reason === "too_many" ? "share.wrong.many" : "share.wrong.failed"));
      setSending(false);
    }
  }

  function toggle(name: string) {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    choose(next);
  }

  return (
    <form className="stack stack-wide" onSubmit={(event) => void submit(event)} noValidate>
      <Field legend={t("share.what")}>
        <div className="chips">
          <Chip name="parts" checked={parts === "all"} onChoose={() => setParts("all")} label={t("share.whole")} />
          <Chip name="parts" checked={parts === "some"} onChoose={() => setParts("some")} label={t("share.some")} />
        </div>
        {parts === "some" && (
          <ul className="choices">
            {hasReport && <Choice checked={report} onToggle={() => setReport(!report)} label={t("exam.report")} />}
            {hasFilm && named && (
              <Choice
                checked={film && isWhole}
                onToggle={() => setFilm(!film)}
                label={t("exam.film")}
                more={isWhole ? undefined : t("share.filmWhole")}
                resting={!isWhole}
              />
            )}
            {all.map((one) => (
              <Choice key={one.series} checked={chosen.has(one.series)} onToggle={() => toggle(one.series)} label={nameOf(one, t)} picture={<Thumbnail series={one} />} />
            ))}
          </ul>
        )}
      </Field>
      <Field legend={t("share.how")}>
        <div className="chips">
          {(["hour", "hours", "day", "week", "own"] as const).map((one) => (
            <Chip key={one} name="life" checked={life === one} onChoose={() => setLife(one)} label={t(`share.life.${one}`)} />
          ))}
        </div>
        {life === "own" && (
          <div className="own">
            <input className="own-number" type="number" inputMode="numeric" min="1" aria-label={t("share.own")} value={own} onChange={(event) => setOwn(event.target.value)} />
            <div className="chips">
              {(["hours", "days"] as const).map((one) => (
                <Chip key={one} name="unit" checked={unit === one} onChoose={() => setUnit(one)} label={t(`share.unit.${one}`)} />
              ))}
            </div>
          </div>
        )}
      </Field>
      <Field legend={t("share.who")}>
        <div className="chips">
          <Chip name="named" checked={named} onChoose={() => setNamed(true)} label={t("share.named")} />
          <Chip name="named" checked={!named} onChoose={() => setNamed(false)} label={t("share.anonymous")} />
        </div>
        <p className="share-preview">{t("share.sees", { name: personLine(seenBy(exam, named ? t("share.fullName") : ""), t) })}</p>
        {!named && <p className="quiet small">{t("share.anonymousMore")}</p>}
        {obstacles.length > 0 && (
          <Note icon={CircleAlert} tone="warn" role="alert">
            <p>{t("share.cannot")}</p>
            <ul className="share-facts small">
              {obstacles.map((words) => (
                <li key={words}>{words}</li>
              ))}
            </ul>
            <p className="small">{t("share.cannotNext")}</p>
          </Note>
        )}
      </Field>
      <Field legend={t("share.lock")}>
        <div className="chips">
          {(["none", "made", "given"] as const).map((one) => (
            <Chip key={one} name="lock" checked={lock === one} onChoose={() => setLock(one)} label={t(`share.locks.${one}`)} />
          ))}
        </div>
        {lock !== "none" && (
          <p id="share-code" className="quiet small">
            {t(`share.locks.${lock}More`)}
          </p>
        )}
        {lock === "given" && (
          <Digits length={CODE_LENGTH} value={code} onChange={setCode} label={t("share.locks.given")} describedBy="share-code" invalid={false} autoComplete="off" />
        )}
      </Field>
      <Field legend={t("share.often")}>
        <div className="chips">
          <Chip name="times" checked={times === "any"} onChoose={() => setTimes("any")} label={t("share.any")} />
          <Chip name="times" checked={times === "own"} onChoose={() => setTimes("own")} label={t("share.limited")} />
        </div>
        {times === "own" && (
          <div className="own">
            <input className="own-number" type="number" inputMode="numeric" min="1" max="1000" aria-label={t("share.limitedMore")} value={count} onChange={(event) => setCount(event.target.value)} />
            <span className="quiet small">{t("share.limitedMore")}</span>
          </div>
        )}
      </Field>
      {problem !== null && (
        <p className="badge badge-stop" role="alert">
          <Icon of={CircleAlert} />
          <span>{problem}</span>
        </p>
      )}
      <Button type="submit" aria-busy={sending} resting={obstacles.length > 0}>
        {t(sending ? "share.making" : "share.make")}
      </Button>
    </form>
  );
}

/** The exam as a guest reads whose it is. `name`: what stands for the name, which this page itself knows masked only; "": none. */
function seenBy(exam: PatientExam, name: string): PatientExam {
  return { ...exam, patient: { ...exam.patient, name }, guest: { anonymous: name === "", until: "" } };
}

/** Why what is chosen cannot be shared without the name. */
function obstaclesOf(series: ExamSeries[], report: boolean, anonymous: Shares["anonymous"], t: Translate): string[] {
  const found = series.flatMap((one) => {
    const why = anonymous.series[one.series];
    return why === undefined ? [] : [`${nameOf(one, t)}: ${t(`share.why.${why}`)}`];
  });
  return report && anonymous.report === "names" ? [...found, t("share.why.report")] : found;
}

function nameOf(series: ExamSeries, t: Translate): string {
  const number = series.number === null ? t("images.seriesUnnumbered") : t("images.series", { n: series.number });
  return `${series.description || number} · ${series.modality}`;
}

function Field({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <fieldset className="card stack field">
      <legend className="field-legend">{legend}</legend>
      {children}
    </fieldset>
  );
}

function Chip({ name, checked, onChoose, label }: { name: string; checked: boolean; onChoose: () => void; label: string }) {
  return (
    <label className={checked ? "chip chip-on" : "chip"}>
      <input type="radio" name={name} checked={checked} onChange={onChoose} />
      <span>{label}</span>
    </label>
  );
}

interface ChoiceProps {
  checked: boolean;
  onToggle: () => void;
  label: string;
  more?: string | undefined;
  picture?: ReactNode;
  resting?: boolean;
}

function Choice({ checked, onToggle, label, more, picture, resting = false }: ChoiceProps) {
  return (
    <li>
      <label className="choice">
        <input type="checkbox" checked={checked} disabled={resting} onChange={onToggle} />
        {picture && <span className="choice-picture">{picture}</span>}
        <span>
          {label}
          {more !== undefined && <span className="quiet small"> {more}</span>}
        </span>
      </label>
    </li>
  );
}
