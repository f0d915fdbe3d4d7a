import type { Screen } from "./screen";

/** Fits the picture into the stage now and whenever room or stage change. @returns how to stop. */
export function keepFitted(screen: Screen, room: Element, stage: Element): () => void {
  const measure = () => {
    const [outer, inner] = [room.getBoundingClientRect(), stage.getBoundingClientRect()];
    const box = { left: inner.left - outer.left, top: inner.top - outer.top, width: inner.width, height: inner.height };
    screen.resize(box, { width: outer.width, height: outer.height });
  };
  const watcher = new ResizeObserver(measure);
  watcher.observe(stage);
  watcher.observe(room);
  measure();
  return () => watcher.disconnect();
}
