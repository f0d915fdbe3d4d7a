import { useCallback, useEffect, useRef, type KeyboardEvent } from "react";

import { FITTED, fit, panBy, zoomAt, type Size, type Zoom } from "../state/zoom";

const STEP = 1.5;
const DOUBLE_TAP = 2.5;
const PAN_STEP_PX = 60;
const DOUBLE_TAP_MS = 300;

interface Finger {
  x: number;
  y: number;
}

/** Fingers, wheel, keys and buttons on one picture; `state/zoom.ts` computes, this applies it to the element. */
export function useZoom(size: Size) {
  const frame = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLImageElement>(null);
  const zoom = useRef<Zoom>(FITTED);
  const { width, height } = size;

  const apply = useCallback(
    (change: (zoom: Zoom, picture: Size, frame: Size) => Zoom) => {
      const [box, image] = [frame.current, picture.current];
      if (box === null || image === null) return;
      const space = { width: box.clientWidth, height: box.clientHeight };
      const fitted = fit({ width, height }, space);
      zoom.current = change(zoom.current, { width, height }, space);
      image.style.width = `${fitted.width}px`;
      image.style.height = `${fitted.height}px`;
      image.style.transform = `translate(${zoom.current.x}px, ${zoom.current.y}px) scale(${zoom.current.scale})`;
    },
    [width, height],
  );

  useEffect(() => {
    const box = frame.current;
    if (box === null) return;
    const sized = new ResizeObserver(() => apply((now, p, f) => panBy(now, 0, 0, p, f)));
    sized.observe(box);
    const release = listen(box, apply);
    return () => {
      sized.disconnect();
      release();
    };
  }, [apply]);

  const centre = { x: 0, y: 0 };
  const larger = () => apply((now, p, f) => zoomAt(now, STEP, centre, p, f));
  const smaller = () => apply((now, p, f) => zoomAt(now, 1 / STEP, centre, p, f));
  const whole = () => apply(() => FITTED);
  const move = (dx: number, dy: number) => apply((now, p, f) => panBy(now, dx * PAN_STEP_PX, dy * PAN_STEP_PX, p, f));

  const keys: Record<string, () => void> = {
    "+": larger,
    "=": larger,
    "-": smaller,
    "0": whole,
    ArrowLeft: () => move(1, 0),
    ArrowRight: () => move(-1, 0),
    ArrowUp: () => move(0, 1),
    ArrowDown: () => move(0, -1),
  };
  function onKeyDown(event: KeyboardEvent) {
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  return { frame, picture, larger, smaller, whole, onKeyDown };
}

type Apply = (change: (zoom: Zoom, picture: Size, frame: Size) => Zoom) => void;

function listen(box: HTMLElement, apply: Apply): () => void {
  const fingers = new Map<number, Finger>();
  let lastTap = 0;

  /** From the frame's centre, as state/zoom.ts wants it. */
  function fromCentre(x: number, y: number): Finger {
    const area = box.getBoundingClientRect();
    return { x: x - area.left - area.width / 2, y: y - area.top - area.height / 2 };
  }

  function down(event: PointerEvent) {
    box.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size > 1) return;
    if (event.timeStamp - lastTap < DOUBLE_TAP_MS) {
      const point = fromCentre(event.clientX, event.clientY);
      apply((now, p, f) => (now.scale > 1 ? FITTED : zoomAt(now, DOUBLE_TAP, point, p, f)));
      lastTap = 0;
    } else {
      lastTap = event.timeStamp;
    }
  }

  function move(event: PointerEvent) {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const after = { x: event.clientX, y: event.clientY };
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, after);
    if (other === undefined) {
      apply((now, p, f) => panBy(now, after.x - before.x, after.y - before.y, p, f));
      return;
    }
    const factor = distance(after, other) / Math.max(distance(before, other), 1);
    const middle = fromCentre((after.x + other.x) / 2, (after.y + other.y) / 2);
    apply((now, p, f) => zoomAt(panBy(now, (after.x - before.x) / 2, (after.y - before.y) / 2, p, f), factor, middle, p, f));
  }

  function up(event: PointerEvent) {
    fingers.delete(event.pointerId);
  }

  function wheel(event: WheelEvent) {
    event.preventDefault();
    const point = fromCentre(event.clientX, event.clientY);
    apply((now, p, f) => zoomAt(now, Math.exp(-event.deltaY / 400), point, p, f));
  }

  box.addEventListener("pointerdown", down);
  box.addEventListener("pointermove", move);
  box.addEventListener("pointerup", up);
  box.addEventListener("pointercancel", up);
  box.addEventListener("wheel", wheel, { passive: false });
  return () => {
    box.removeEventListener("pointerdown", down);
    box.removeEventListener("pointermove", move);
    box.removeEventListener("pointerup", up);
    box.removeEventListener("pointercancel", up);
    box.removeEventListener("wheel", wheel);
  };
}

function distance(a: Finger, b: Finger): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
