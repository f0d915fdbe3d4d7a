/**
 * The first image on the screen before React is: drawn by the reading room's own means, where the room will draw it. Around it
 * stands an empty room of the same shape, so that nothing moves when the controls come.
 */
import { coverPage } from "../../state/first_picture";
import "../ui/viewer.css";
import { keepFitted } from "./fit";
import { createScreen } from "./screen";
import type { Ready } from "./session";

/** What gives the rows around the stage their height (viewer/index.tsx); words and icons are yet to come. */
const ROOM = `<canvas class="viewer-canvas"></canvas><div class="viewer-top"></div><div class="viewer-stage"></div>
<div class="viewer-bottom"><div class="viewer-slider">SLIDER<div></div></div></div>
<div class="viewer-rail"><div class="viewer-toolbar"><button class="viewer-tool" disabled><i class="viewer-icon"></i><span>&nbsp;</span></button></div></div>`;
const SIDE = `<div class="viewer-side"><div class="viewer-strip"><ul><li><button class="viewer-series" disabled>
<i class="viewer-thumb"></i><span>&nbsp;</span><span>&nbsp;</span></button></li></ul></div></div>`;
const SLIDER = `<input type="range" disabled>`;

/**
 * Covers the page with it, until the page says otherwise.
 *
 * @param many whether the exam has several series.
 * @param seen called once, when it is on the screen as well as it will be.
 */
export function showFirstPicture(ready: Ready, many: boolean, seen: () => void): void {
  const room = document.createElement("div");
  room.className = "viewer viewer-first";
  room.dataset.room = "dark";
  room.toggleAttribute("data-many", many);
  room.ariaHidden = "true";
  room.innerHTML = ROOM.replace("SLIDER", ready.index.frames.length > 1 ? SLIDER : "") + (many ? SIDE : "");
  document.body.append(room);
  const screen = createScreen(room.querySelector("canvas")!, ready);
  const stop = keepFitted(screen, room, room.querySelector(".viewer-stage")!);
  coverPage(() => {
    stop();
    screen.close();
    room.remove();
  });
  const look = () => {
    const { quality, absent } = screen.shown.get();
    if (quality !== "full" && absent === null) return;
    unwatch();
    window.requestAnimationFrame(() => window.setTimeout(seen)); // painted by then
  };
  const unwatch = screen.shown.subscribe(look);
  look();
}

/** Calls back once, when the frame on the screen can be drawn. @returns how to stop. */
export function whenDrawable({ loader, pictures }: Ready, call: () => void): () => void {
  if (pictures.get(loader.interest.current)) {
    call();
    return () => undefined;
  }
  const stop = pictures.subscribe((frame) => {
    if (frame !== loader.interest.current) return;
    stop();
    call();
  });
  return stop;
}
