/** Mouse, pen and fingers on the picture. Turns presses into drags of a tool; decides nothing about what they mean. */
import { keepInSight, zoomAt, type Point } from "../geometry/placement";
import type { Screen } from "../state/screen";
import type { Store } from "../state/store";
import { FITTED, type View } from "../state/view";
import { dragTool, type DragToolId, type Scene } from "../tools";
import { clampFrame } from "../tools/scroll";

export interface GestureDeps {
  view: Store<View>;
  screen: Pick<Screen, "scene">;
  /** Upper left corner of the stage, in client coordinates. */
  origin: () => Point;
  /** A sideways swipe on the whole picture: to the next series (1) or the one before (-1). */
  turn: (direction: 1 | -1) => void;
}

const TURN_PX = 64;
const DECIDE_PX = 8;
const DOUBLE_TAP_MS = 300;
const NOTCH_PX = 50;
const TRACKPAD_PX_PER_FRAME = 24;
const ZOOM_PER_PX = 1 / 400;

type Gesture =
  | { kind: "tool"; tool: DragToolId; from: Point; start: View; scene: Scene; touch: boolean; axis: "free" | "open" | "sideways" }
  | { kind: "pinch"; start: View; middle: Point; distance: number };

/** @returns how to let go of the element. */
export function listenToGestures(element: HTMLElement, { view, screen, origin, turn }: GestureDeps): () => void {
  const fingers = new Map<number, Point>();
  let gesture: Gesture | null = null;
  let lastTap = { at: 0, point: { x: 0, y: 0 } };
  let wheel = 0;

  const at = (event: MouseEvent): Point => ({ x: event.clientX - origin().x, y: event.clientY - origin().y });

  function down(event: PointerEvent): void {
    if (hasOwnGestures(event.target)) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    const touch = event.pointerType === "touch";
    if (!touch) return begin(event, toolOf(event.button, view.get().tool), false);
    fingers.set(event.pointerId, at(event));
    if (fingers.size === 1) begin(event, view.get().tool, true);
    else if (fingers.size === 2) beginPinch();
  }

  function begin(event: PointerEvent, tool: DragToolId | null, touch: boolean): void {
    if (!tool) return;
    const { zoom } = view.get();
    const axis = touch && tool === "scroll" && zoom === 1 ? "open" : "free";
    const start = { ...view.get(), playing: false };
    gesture = { kind: "tool", tool, from: at(event), start, scene: screen.scene(), touch, axis };
  }

  function beginPinch(): void {
    const [a, b] = [...fingers.values()] as [Point, Point];
    gesture = { kind: "pinch", start: view.get(), middle: middleOf(a, b), distance: distanceOf(a, b) };
  }

  function move(event: PointerEvent): void {
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, at(event));
    if (gesture?.kind === "pinch") pinch(gesture);
    else if (gesture) drag(gesture, at(event));
  }

  function drag(now: Extract<Gesture, { kind: "tool" }>, point: Point): void {
    const [dx, dy] = [point.x - now.from.x, point.y - now.from.y];
    if (now.axis === "open") {
      if (Math.hypot(dx, dy) < DECIDE_PX) return;
      now.axis = Math.abs(dx) > 1.3 * Math.abs(dy) ? "sideways" : "free";
    }
    if (now.axis === "sideways") return;
    const tool = dragTool(now.tool);
    if (!tool.availableIn(now.scene)) return;
    view.set({ ...tool.drag(now.start, { dx, dy, touch: now.touch }, now.scene), playing: false });
  }

  function pinch({ start, middle, distance }: Extract<Gesture, { kind: "pinch" }>): void {
    const [a, b] = [...fingers.values()] as [Point, Point];
    if (!a || !b) return;
    const { viewport, picture, aspect } = screen.scene();
    const now = middleOf(a, b);
    const posed = zoomAt(start, distanceOf(a, b) / distance, middle, viewport);
    const moved = { ...posed, panX: posed.panX + now.x - middle.x, panY: posed.panY + now.y - middle.y };
    view.set(keepInSight(moved, picture, aspect, viewport));
  }

  function up(event: PointerEvent): void {
    const ended = gesture;
    fingers.delete(event.pointerId);
    gesture = null;
    if (ended?.kind !== "tool" || event.type === "pointercancel") return;
    const point = at(event);
    const [dx, dy] = [point.x - ended.from.x, point.y - ended.from.y];
    if (ended.axis === "sideways" && Math.abs(dx) > TURN_PX) turn(dx < 0 ? 1 : -1);
    if (Math.hypot(dx, dy) < DECIDE_PX && ended.touch) tap(point, event.timeStamp);
  }

  function tap(point: Point, time: number): void {
    const again = time - lastTap.at < DOUBLE_TAP_MS && distanceOf(point, lastTap.point) < 32;
    lastTap = { at: again ? 0 : time, point };
    if (again) toggleZoom(point);
  }

  /** Twice as near where it was tapped, or back to the whole picture. */
  function toggleZoom(point: Point): void {
    const now = view.get();
    view.set(now.zoom !== 1 || now.panX !== 0 || now.panY !== 0 ? FITTED : zoomAt(now, 2.5, point, screen.scene().viewport));
  }

  function roll(event: WheelEvent): void {
    event.preventDefault();
    const scene = screen.scene();
    if (event.ctrlKey) return zoomBy(2 ** (-event.deltaY * ZOOM_PER_PX * 4), at(event), scene);
    const notched = event.deltaMode !== 0 || Math.abs(event.deltaY) >= NOTCH_PX;
    wheel = notched ? Math.sign(event.deltaY) : wheel + event.deltaY / TRACKPAD_PX_PER_FRAME;
    const frames = Math.trunc(wheel);
    wheel -= frames;
    if (frames) view.set({ frame: clampFrame(view.get().frame + frames, scene.index.frames.length), playing: false });
  }

  function zoomBy(factor: number, point: Point, { viewport, picture, aspect }: Scene): void {
    view.set(keepInSight(zoomAt(view.get(), factor, point, viewport), picture, aspect, viewport));
  }

  // Or the browser takes a swipe for a fling, which `touch-action` hides but does not end: it swallows the tap after it.
  const noFling = (event: TouchEvent) => {
    if (!hasOwnGestures(event.target)) event.preventDefault();
  };
  const noMenu = (event: Event) => event.preventDefault();
  const double = (event: MouseEvent) => {
    if (event.button === 0) toggleZoom(at(event));
  };
  const listeners = [
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", up],
    ["pointercancel", up],
    ["touchstart", noFling],
    ["wheel", roll],
    ["dblclick", double],
    ["contextmenu", noMenu],
  ] as [string, EventListener][];
  for (const [name, listener] of listeners) element.addEventListener(name, listener, { passive: false });
  return () => {
    for (const [name, listener] of listeners) element.removeEventListener(name, listener);
  };
}

function hasOwnGestures(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button, input, a, [data-own-gestures]") !== null;
}

function toolOf(button: number, active: DragToolId): DragToolId | null {
  return ([active, "pan", "zoom"] as const)[button] ?? null;
}

function middleOf(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function distanceOf(a: Point, b: Point): number {
  return Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
}
