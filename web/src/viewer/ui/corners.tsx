/** What stands at the edges of the image: orientation, place in the series, window, scale, and the words of a preview. */
import { useEffect, useState } from "react";

import { useText } from "../../text";
import { formatLevel, formatMm } from "./numbers";
import { edgeLetters, sliceLocation } from "../geometry/orientation";
import { scaleBar } from "../geometry/scale";
import type { Screen, Shown } from "../state/screen";
import type { Ready } from "../state/session";
import { unitOf } from "./units";
import { useStore } from "./use_store";

/** Shorter than this, a preview is over before it could be read. */
const PREVIEW_WORDS_MS = 350;

export function Corners({ ready, screen, value }: { ready: Ready; screen: Screen; value: number[] | null }) {
  const { t } = useText();
  const shown = useStore(screen.shown, (s) => s);
  const previewing = usePreviewing(shown);
  const waiting = ready.loader.waiting;
  if (shown.frame === null || !shown.placement) return null;
  const frame = ready.index.frames[shown.frame]!;
  const letters = edgeLetters(frame.plane);
  const mm = sliceLocation(frame.plane, frame.position);
  const bar = scaleBar(frame.plane, shown.placement.scale);
  const unit = unitOf(frame);
  const own = frame.voi.lut !== null && shown.window === null && frame.format.samples === 1;
  return (
    <div className="viewer-corners" aria-hidden="true" data-quality={shown.quality}>
      {letters && (
        <>
          <span className="viewer-letter" data-edge="top">{letters.top}</span>
          <span className="viewer-letter" data-edge="right">{letters.right}</span>
          <span className="viewer-letter" data-edge="bottom">{letters.bottom}</span>
          <span className="viewer-letter" data-edge="left">{letters.left}</span>
        </>
      )}
      <p className="viewer-corner" data-corner="top-left">
        <span data-testid="position">{shown.frame + 1} / {ready.index.frames.length}</span>
        {mm !== null && <span>{t("viewer.location", { mm: formatMm(mm) })}</span>}
      </p>
      <p className="viewer-corner" data-corner="top-right">
        {shown.absent === "unsupported" && <span className="viewer-warn">{t("viewer.unsupportedQuarter")}</span>}
        {previewing && shown.absent === null && (
          <span data-testid="preview">{t(waiting ? "viewer.previewWaiting" : "viewer.preview")}</span>
        )}
        {value && (
          <span data-testid="value">
            {unit.quantity && `${t(`viewer.quantity.${unit.quantity}`)} `}
            {value.map(formatLevel).join(" ")} {unit.symbol}
          </span>
        )}
      </p>
      <p className="viewer-corner" data-corner="bottom-left">
        {bar && (
          <>
            <span className="viewer-scale" style={{ width: `${bar.lengthPx}px` }} />
            <span>{t(bar.magnified ? "viewer.magnified" : "viewer.scale", { mm: bar.lengthMm })}</span>
          </>
        )}
      </p>
      <p className="viewer-corner" data-corner="bottom-right">
        {shown.window && (
          <span data-testid="window">
            {t("viewer.windowShort", { width: formatLevel(shown.window.width), center: formatLevel(shown.window.center) })}
          </span>
        )}
        {own && <span>{t("viewer.windowOwn")}</span>}
      </p>
    </div>
  );
}

function usePreviewing({ frame, quality }: Shown): boolean {
  const partial = frame !== null && quality !== "full";
  const [long, setLong] = useState(false);
  useEffect(() => {
    if (!partial) return;
    const timer = window.setTimeout(() => setLong(true), PREVIEW_WORDS_MS);
    return () => {
      window.clearTimeout(timer);
      setLong(false);
    };
  }, [partial]);
  return partial && long;
}
