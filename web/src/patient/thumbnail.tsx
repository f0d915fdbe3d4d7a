import { ImageOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import type { ExamSeries } from "../api/types";
import { Icon } from "../look/parts";
import { useSeriesPlace } from "./queries";
import "./thumbnail.css";

/** A series' own picture. Its place is opened when it comes into sight, so that a long list asks for little. */
export function Thumbnail({ series }: { series: ExamSeries }) {
  const box = useRef<HTMLSpanElement>(null);
  const [seen, setSeen] = useState(false);
  const [broken, setBroken] = useState(false);
  const place = useSeriesPlace(series.series, seen && series.thumbnail !== null);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
          setSeen(true);
          watcher.disconnect();
        }
      },
      { rootMargin: "200px" },
    );
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);

  const missing = series.thumbnail === null || broken || place.isError;
  return (
    <span className="thumbnail" ref={box}>
      {missing && <Icon of={ImageOff} />}
      {!missing && place.data && (
        <img className="appear" src={place.data.base + series.thumbnail} alt="" decoding="async" onError={() => setBroken(true)} />
      )}
    </span>
  );
}
