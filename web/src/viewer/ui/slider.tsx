/** Where in the series, and how much of it is here: one bar for both. */
import { useEffect, useState } from "react";

import { useText } from "../../text";
import type { Ready } from "../state/session";
import { useStore } from "./use_store";

const REFRESH_MS = 200;

export function Slider({ ready }: { ready: Ready }) {
  const { t } = useText();
  const { view, index } = ready;
  const frame = useStore(view, (v) => v.frame);
  const loaded = useLoaded(ready);
  const total = index.frames.length;
  const percent = Math.floor(loaded * 100);
  return (
    <div className="viewer-slider" data-own-gestures>
      {total > 1 && (
        <input
          type="range"
          min={0}
          max={total - 1}
          value={frame}
          aria-label={t("viewer.tools.scroll")}
          aria-valuetext={t("viewer.position", { n: frame + 1, total })}
          onChange={(event) => view.set({ frame: Number(event.target.value), playing: false })}
        />
      )}
      <div className="viewer-loaded" data-whole={percent >= 100 || undefined} role="progressbar" aria-valuenow={percent}
        aria-valuemin={0} aria-valuemax={100} aria-label={t("viewer.percent", { n: percent })} title={t("viewer.percent", { n: percent })}>
        <span style={{ transform: `scaleX(${loaded})` }} />
      </div>
    </div>
  );
}

function useLoaded({ loader }: Ready): number {
  const [loaded, setLoaded] = useState(0);
  useEffect(() => {
    let timer = 0;
    const read = () => {
      timer = 0;
      const { bytes, totalBytes } = loader.progress();
      setLoaded(totalBytes ? bytes / totalBytes : 0);
    };
    const soon = () => {
      timer ||= window.setTimeout(read, REFRESH_MS);
    };
    soon();
    const stop = loader.subscribe(soon);
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, [loader]);
  return loaded;
}
