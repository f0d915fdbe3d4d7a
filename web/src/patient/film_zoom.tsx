import { Maximize, X, ZoomIn, ZoomOut, type LucideIcon } from "lucide-react";
import { useEffect, useRef } from "react";

import type { ExamFilm } from "../api/types";
import { Icon } from "../look/parts";
import { useText } from "../text";
import { useZoom } from "./use_zoom";

interface FilmZoomProps {
  src: string;
  film: ExamFilm;
  name: string;
  onClose: () => void;
}

/** One sheet on a dark ground, as on a light box: two fingers, wheel, double tap, keys or buttons. */
export function FilmZoom({ src, film, name, onClose }: FilmZoomProps) {
  const { t } = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const { frame, picture, larger, smaller, whole, onKeyDown } = useZoom(film);

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  return (
    <dialog ref={dialog} className="zoom" data-room="dark" aria-label={name} onClose={onClose} onKeyDown={onKeyDown}>
      <div className="zoom-frame" ref={frame}>
        <img ref={picture} src={src} alt={name} draggable="false" />
      </div>
      <div className="zoom-tools">
        <Tool icon={ZoomOut} label={t("film.smaller")} onPress={smaller} />
        <Tool icon={ZoomIn} label={t("film.larger")} onPress={larger} />
        <Tool icon={Maximize} label={t("film.whole")} onPress={whole} />
        <Tool icon={X} label={t("close")} onPress={onClose} />
      </div>
    </dialog>
  );
}

function Tool({ icon, label, onPress }: { icon: LucideIcon; label: string; onPress: () => void }) {
  return (
    <button type="button" className="zoom-tool" onClick={onPress}>
      <Icon of={icon} />
      <span>{label}</span>
    </button>
  );
}
