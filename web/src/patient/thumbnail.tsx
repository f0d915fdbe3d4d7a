import { ImageOff } from "lucide-react";

import type { ExamSeries } from "../api/types";
import { Icon } from "../look/parts";
import { useInSight } from "../look/use_in_sight";
import { useRetriedFile } from "../look/use_named_file";
import { useSeriesPlace } from "./queries";
import "./thumbnail.css";

/** A series' own picture. Its place is opened when it comes into sight, so that a long list asks for little. */
export function Thumbnail({ series }: { series: ExamSeries }) {
  const [box, seen] = useInSight<HTMLSpanElement>("200px");
  const place = useSeriesPlace(series.series, seen && series.thumbnail !== null);
  const picture = useRetriedFile(place.data && series.thumbnail !== null ? place.data.base + series.thumbnail : undefined);
  const missing = series.thumbnail === null || place.isError || picture.state === "lost" || picture.state === "damaged";
  return (
    <span className="thumbnail" ref={box}>
      {missing && <Icon of={ImageOff} />}
      {!missing && picture.src && <img className="appear" src={picture.src} alt="" decoding="async" />}
    </span>
  );
}
