import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { patientDoors, type Doors } from "../api/doors";
import type { PatientExam } from "../api/types";
import { uncoverPage } from "../state/first_picture";
import { useText } from "../text";
import { createDevice } from "./state/device";
import { takeEarly } from "./state/early";
import { seriesOf } from "./state/exam_series";
import { createSession, type Device, type Phase, type Ready, type Session } from "./state/session";
import type { Screen } from "./state/screen";
import { Icon } from "./ui/icons";
import { Notice } from "./ui/notice";
import { Panel } from "./ui/panel";
import { Slider } from "./ui/slider";
import { Stage } from "./ui/stage";
import { Strip } from "./ui/strip";
import { Title } from "./ui/title";
import { Toolbar } from "./ui/toolbar";
import { useCine } from "./ui/use_cine";
import { useKeyboard } from "./ui/use_keyboard";
import { useQuiet } from "./ui/use_quiet";
import { useStore } from "./ui/use_store";
import "./ui/viewer.css";

export interface ViewerProps {
  exam: Pick<PatientExam, "item" | "studies">;
  /** How this reader gets in; the patient's unless told otherwise. */
  doors?: Doors;
  /** Where the report is read, if it is not beside the images. */
  report?: string | null;
  /** Keyed name of the series to show: the page's address says it. */
  series: string;
  /** The reader chose another. */
  onSeries: (series: string) => void;
  onClose: () => void;
  /** It is a part of a page, not the page. */
  beside?: boolean;
}

/** The reading room for one exam's images. */
export function Viewer({ exam, doors = patientDoors, report = null, series: current, onSeries, onClose, beside = false }: ViewerProps) {
  const Frame = beside ? "section" : "main";
  const { t } = useText();
  const [first] = useState(current);
  const [{ device, begun }] = useState(() => takeEarly(first, pagesOf(exam, first)) ?? { device: createDevice(), begun: null });
  const all = useMemo(() => seriesOf(exam), [exam]);
  const series = all.find((one) => one.series === current);
  const root = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [screen, setScreen] = useState<Screen | null>(null);
  const [more, setMore] = useState(false);
  const [arrived, setArrived] = useState(false);
  const quiet = useQuiet(root, more);
  useEffect(() => {
    device.open();
    return device.close;
  }, [device]);
  useEffect(uncoverPage, []); // after the stage's own effect, which has drawn

  const turn = useCallback(
    (direction: 1 | -1) => {
      const next = all[all.findIndex((one) => one.series === current) + direction];
      if (next) onSeries(next.series);
    },
    [all, current, onSeries],
  );
  const help = useCallback(() => setMore((open) => !open), []);
  const leave = useCallback(() => (more ? setMore(false) : onClose()), [more, onClose]);
  const seen = useCallback(() => setArrived(true), []);

  return (
    <Frame
      ref={root}
      className="viewer"
      data-room="dark"
      data-quiet={quiet || undefined}
      data-many={all.length > 1 || undefined}
      aria-label={t("viewer.label", { item: exam.item })}
    >
      <canvas key={`canvas ${current}`} ref={canvas} className="viewer-canvas" role="img" aria-label={series?.description || exam.item} />
      <header className="viewer-chrome viewer-top">
        <button type="button" className="viewer-back" onClick={onClose}>
          <Icon name="back" />
          <span>{t("viewer.back")}</span>
        </button>
        {series && <Title exam={exam} series={series} />}
        {report !== null && (
          <a className="viewer-report" href={report}>
            <Icon name="report" />
            <span>{t("viewer.report")}</span>
          </a>
        )}
      </header>
      <Room key={current} {...{ series: current, pages: series?.pages ?? NONE, begun: current === first ? begun : null, door: doors.series, device, root, canvas, screen, setScreen, turn, help, leave, more, seen }} />
      {all.length > 1 && (
        <div className="viewer-chrome viewer-side">
          <Strip exam={exam} doors={doors} current={current} load={arrived} onPick={onSeries} />
        </div>
      )}
    </Frame>
  );
}

const NONE: string[] = [];

function pagesOf(exam: Pick<PatientExam, "studies">, name: string): string[] {
  return seriesOf(exam).find(({ series }) => series === name)?.pages ?? NONE;
}

interface RoomProps {
  series: string;
  pages: string[];
  /** This series, if the page's first script has begun to open it. */
  begun: Session | null;
  door: Doors["series"];
  device: Device;
  root: React.RefObject<HTMLElement | null>;
  canvas: React.RefObject<HTMLCanvasElement | null>;
  screen: Screen | null;
  setScreen: (screen: Screen | null) => void;
  turn: (direction: 1 | -1) => void;
  help: () => void;
  leave: () => void;
  more: boolean;
  seen: () => void;
}

/** One series; the workers and the store outlive it. */
function Room({ series, pages, begun, door, device, ...room }: RoomProps) {
  const { t } = useText();
  const [session] = useState(() => begun ?? createSession({ series, pages: async () => pages, door }, device));
  useEffect(() => {
    session.open();
    return session.close;
  }, [session]);
  const now: Phase = useStore(session.phase, (p) => p.now);
  useKeyboard({ view: now.state === "ready" ? now.view : null, screen: room.screen, help: room.help, close: room.leave });
  if (now.state === "opening") return <Notice quiet text={t("viewer.opening")} />;
  if (now.state === "failed")
    return <Notice text={t(`viewer.error.${now.error.kind}`)} retry={now.error.retry ? session.open : undefined} />;
  if (now.index.frames.length === 0) return <Notice text={t("viewer.empty")} more={t("viewer.emptyMore")} />;
  return <Reading ready={now} {...room} />;
}

function Reading({ ready, root, canvas, screen, setScreen, turn, help, more, seen }: Omit<RoomProps, "series" | "pages" | "begun" | "door" | "device"> & { ready: Ready }) {
  useCine(ready);
  useEffect(() => {
    if (!screen) return;
    const look = () => {
      const { quality, absent } = screen.shown.get();
      if (quality === "full" || (absent && absent !== "arriving")) seen();
    };
    look(); // it may have come before anybody listened
    return screen.shown.subscribe(look);
  }, [screen, seen]);
  return (
    <>
      <Stage ready={ready} root={root} canvas={canvas} onScreen={setScreen} onTurn={turn} />
      <div className="viewer-marks">
        {screen && <Fetching screen={screen} />}
        <Partial ready={ready} />
      </div>
      <div className="viewer-chrome viewer-bottom">
        <Slider ready={ready} />
      </div>
      {screen && (
        <div className="viewer-chrome viewer-rail">
          <Toolbar view={ready.view} screen={screen} open={more} onMore={help} />
        </div>
      )}
      {screen && more && <Panel view={ready.view} screen={screen} />}
    </>
  );
}

/** What is shown is not the image but a quarter of it, and for hours: the words stay on it until the image is there. */
function Fetching({ screen }: { screen: Screen }) {
  const { t } = useText();
  const preview = useStore(screen.shown, ({ absent, frame }) => absent === "archived" && frame !== null);
  if (!preview) return null;
  return (
    <div className="viewer-fetching" role="status">
      <strong>{t("viewer.archived")}</strong>
      <span>{t("viewer.archivedMore")}</span>
    </div>
  );
}

/** A series that is not whole says so for as long as it is looked at. */
function Partial({ ready }: { ready: Ready }) {
  const { t } = useText();
  const { complete, received, declared } = ready.index;
  if (complete) return null;
  const words = declared === null ? t("viewer.partialOpen", { received }) : t("viewer.partial", { received, declared });
  return <p className="viewer-partial" role="status">{words}</p>;
}
