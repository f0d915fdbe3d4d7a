/** What is on the screen now. Draws at most once per animation frame, and says which frame the picture really is. */
import type { Decoded } from "../decode/decoded";
import { createPainter } from "../display/canvas";
import { fallbackWindow, isGrey, shownWindow, type Look } from "../display/picture";
import type { Window } from "../display/window";
import { place, type Placement, type Size } from "../geometry/placement";
import { pixelAspect } from "../geometry/scale";
import type { Quality } from "../loader/codestream";
import type { ErrorKind } from "../loader/errors";
import type { Scene } from "../tools";
import type { Ready } from "./session";
import { createStore, type Store } from "./store";

export interface Shown {
  /** The frame that is drawn, which may for a moment be the one before; null when nothing is. */
  frame: number | null;
  quality: Quality | null;
  window: Window | null;
  placement: Placement | null;
  /** Why the frame asked for is not drawn. */
  absent: "arriving" | "unsupported" | ErrorKind | null;
}

export interface Box extends Size {
  left: number;
  top: number;
}

export interface Screen {
  readonly shown: Store<Shown>;
  /** Something that the picture depends on has changed. */
  invalidate(): void;
  /** @param stage where the picture is fitted in, within the canvas; the canvas fills `root`. CSS px. */
  resize(stage: Box, root: Size): void;
  scene(): Scene;
  /** The picture and frame that are drawn. */
  drawn(): { picture: Decoded; placement: Placement } | null;
  /** Leaves nothing on the canvas. */
  close(): void;
}

/** How long the last picture may stay while the next is fetched; then the screen goes dark rather than show the wrong one. */
const STALE_MS = 150;

export function createScreen(canvas: HTMLCanvasElement, { index, loader, pictures, view }: Ready): Screen {
  const painter = createPainter(canvas);
  const shown = createStore<Shown>({ frame: null, quality: null, window: null, placement: null, absent: "arriving" });
  let stage: Box = { left: 0, top: 0, width: 1, height: 1 };
  let root: Size = { width: 1, height: 1 };
  let fallback: { window: Window; quality: Quality } | null = null;
  let current: { picture: Decoded; placement: Placement } | null = null;
  let pending = 0;
  let stale = 0;

  const frameOf = () => index.frames[view.get().frame]!;
  const sizeOf = (): Size => ({ width: frameOf().format.columns, height: frameOf().format.rows });
  const look = (): Look => ({
    window: view.get().window,
    fallback: fallback?.window ?? UNKNOWN,
    invert: view.get().invert,
  });

  /** A series that names no window gets one from its first picture, and keeps it. */
  function learnFallback(picture: Decoded): void {
    const frame = frameOf();
    if (!isGrey(frame) || (fallback && (fallback.quality === "full" || picture.quality !== "full"))) return;
    fallback = { window: fallbackWindow(picture, frame), quality: picture.quality };
  }

  function draw(): void {
    pending = 0;
    const frame = frameOf();
    const picture = pictures.get(frame.index);
    if (!picture) return drawNothing();
    window.clearTimeout(stale);
    stale = 0;
    learnFallback(picture);
    const ratio = canvas.width / root.width;
    const placement = place(sizeOf(), pixelAspect(frame.plane), stage, view.get());
    const onCanvas = { ...placement, left: placement.left + stage.left, top: placement.top + stage.top };
    painter.draw(picture, frame, look(), onCanvas, ratio);
    current = { picture, placement };
    canvas.dataset.quality = picture.quality;
    const cannot = picture.quality === "full" ? null : cannotCome(frame.index);
    loader.drawn(cannot ? "full" : picture.quality);
    shown.set({
      frame: frame.index, quality: picture.quality, window: shownWindow(frame, look()), placement, absent: cannot,
    });
  }

  /** Why a frame that is shown at a quarter stays so, for ever or for hours. */
  function cannotCome(frame: number): "unsupported" | "archived" | null {
    if (loader.limited(frame)) return "unsupported";
    return loader.archived ? "archived" : null;
  }

  function drawNothing(): void {
    const { frame } = view.get();
    const error = loader.errorOf(frame) ?? loader.error;
    const absent = error?.kind ?? (index.piece(frame, "quarter") ? null : loader.limited(frame) ? without(frame) : cannotCome(frame));
    if (absent) return clear(absent);
    if (!stale) stale = window.setTimeout(() => clear("arriving"), STALE_MS);
  }

  /** Why a frame without a picture has none. */
  function without(frame: number): "withheld" | "unsupported" {
    return index.frames[frame]?.format.codec === "withheld" ? "withheld" : "unsupported";
  }

  function clear(absent: Shown["absent"]): void {
    window.clearTimeout(stale);
    stale = 0;
    current = null;
    painter.blank();
    delete canvas.dataset.quality;
    shown.set({ frame: null, quality: null, window: null, placement: null, absent });
  }

  const invalidate = () => {
    pending ||= window.requestAnimationFrame(draw);
  };
  const stops = [
    view.subscribe(invalidate),
    loader.subscribe(invalidate),
    pictures.subscribe((frame) => {
      if (frame === view.get().frame) invalidate();
    }),
  ];

  return {
    shown,
    invalidate,
    resize(nextStage, nextRoot) {
      [stage, root] = [nextStage, nextRoot];
      const ratio = window.devicePixelRatio || 1;
      canvas.width = Math.max(1, Math.round(root.width * ratio));
      canvas.height = Math.max(1, Math.round(root.height * ratio));
      painter.blank();
      if (pending) window.cancelAnimationFrame(pending);
      draw(); // in the same frame: a resized canvas is empty
    },
    scene: () => ({
      index,
      viewport: stage,
      picture: sizeOf(),
      aspect: pixelAspect(frameOf().plane),
      window: shownWindow(frameOf(), look()),
      shape: frameOf().voi.function,
    }),
    drawn: () => current,
    close() {
      stops.forEach((stop) => stop());
      window.clearTimeout(stale);
      if (pending) window.cancelAnimationFrame(pending);
      current = null;
      painter.blank();
      delete canvas.dataset.quality;
    },
  };
}

const UNKNOWN: Window = { center: 128, width: 256 };
