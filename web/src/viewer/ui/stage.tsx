/** The image and what lies on it. The canvas fills the room; the picture is fitted into the stage between the controls. */
import { useEffect, useRef, useState, type RefObject } from "react";

import { useText } from "../../text";
import { probe } from "../display/picture";
import { pixelAt } from "../geometry/placement";
import { keepFitted } from "../state/fit";
import { createScreen, type Screen } from "../state/screen";
import type { Ready } from "../state/session";
import { Corners } from "./corners";
import { listenToGestures } from "./gestures";
import { Notice } from "./notice";
import { useStore } from "./use_store";

interface StageProps {
  ready: Ready;
  root: RefObject<HTMLElement | null>;
  canvas: RefObject<HTMLCanvasElement | null>;
  onScreen: (screen: Screen | null) => void;
  onTurn: (direction: 1 | -1) => void;
}

export function Stage({ ready, root, canvas, onScreen, onTurn }: StageProps) {
  const stage = useRef<HTMLDivElement>(null);
  const [screen, setScreen] = useState<Screen | null>(null);
  const [value, setValue] = useState<number[] | null>(null);
  const turn = useRef(onTurn);
  useEffect(() => {
    turn.current = onTurn;
  }, [onTurn]);

  useEffect(() => {
    const [area, room, surface] = [stage.current!, root.current!, canvas.current!];
    const made = createScreen(surface, ready);
    const unwatch = keepFitted(made, room, area);
    const origin = () => {
      const { left, top } = area.getBoundingClientRect();
      return { x: left, y: top };
    };
    const deaf = listenToGestures(room, {
      view: ready.view, screen: made, origin, turn: (direction) => turn.current(direction),
    });
    const hover = (event: PointerEvent) => {
      if (event.pointerType !== "mouse") return;
      const drawn = made.drawn();
      const { frame, quality } = made.shown.get();
      if (!drawn || frame === null || quality !== "full") return setValue(null); // a preview has no true values
      const { x, y } = origin();
      const { column, row } = pixelAt({ x: event.clientX - x, y: event.clientY - y }, drawn.placement, drawn.picture);
      setValue(probe(drawn.picture, ready.index.frames[frame]!, column, row));
    };
    const hide = () => setValue(null);
    room.addEventListener("pointermove", hover);
    room.addEventListener("pointerleave", hide);
    setScreen(made);
    onScreen(made);
    return () => {
      room.removeEventListener("pointermove", hover);
      room.removeEventListener("pointerleave", hide);
      unwatch();
      deaf();
      made.close();
      onScreen(null);
    };
  }, [ready, root, canvas, onScreen]);

  return (
    <div className="viewer-stage" ref={stage}>
      {screen && <Corners ready={ready} screen={screen} value={value} />}
      {screen && <Absence ready={ready} screen={screen} />}
    </div>
  );
}

/** Why there is no picture, in words. */
function Absence({ ready, screen }: { ready: Ready; screen: Screen }) {
  const { t } = useText();
  const shown = useStore(screen.shown, (s) => s);
  if (shown.frame !== null || !shown.absent) return null;
  if (shown.absent === "arriving") return <Notice quiet text={t("viewer.frameOpening")} />;
  const again = !["unsupported", "withheld", "signedOut", "malformed", "archived"].includes(shown.absent);
  const where = { n: ready.view.get().frame + 1, total: ready.index.frames.length };
  return (
    <Notice
      text={t(`viewer.error.${shown.absent}`)}
      more={where.total > 1 ? t("viewer.position", where) : undefined}
      retry={again ? () => ready.loader.retry() : undefined}
    />
  );
}
