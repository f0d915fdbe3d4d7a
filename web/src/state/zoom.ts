/**
 * A picture under two fingers: where it lies and how large, in CSS pixels of its frame.
 *
 * `scale` 1 is the whole picture in the frame; `x`, `y` move its centre from the frame's centre. Pure: the page applies it.
 */

export interface Zoom {
  scale: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export const FITTED: Zoom = { scale: 1, x: 0, y: 0 };
export const LARGEST = 8;

/** Enlarge by `factor` so that the point under the fingers (from the frame's centre) stays under them. */
export function zoomAt(zoom: Zoom, factor: number, point: { x: number; y: number }, picture: Size, frame: Size): Zoom {
  const scale = Math.min(Math.max(zoom.scale * factor, 1), LARGEST);
  const grown = scale / zoom.scale;
  return held({ scale, x: point.x - (point.x - zoom.x) * grown, y: point.y - (point.y - zoom.y) * grown }, picture, frame);
}

export function panBy(zoom: Zoom, dx: number, dy: number, picture: Size, frame: Size): Zoom {
  return held({ ...zoom, x: zoom.x + dx, y: zoom.y + dy }, picture, frame);
}

/** The picture fitted into the frame, whole. */
export function fit(picture: Size, frame: Size): Size {
  const ratio = Math.min(frame.width / picture.width, frame.height / picture.height);
  return { width: picture.width * ratio, height: picture.height * ratio };
}

/** Never lets the picture leave the frame: no margin wider than the fitted picture leaves. */
function held(zoom: Zoom, picture: Size, frame: Size): Zoom {
  const fitted = fit(picture, frame);
  const reachX = Math.max((fitted.width * zoom.scale - frame.width) / 2, 0);
  const reachY = Math.max((fitted.height * zoom.scale - frame.height) / 2, 0);
  return { scale: zoom.scale, x: clamp(zoom.x, reachX), y: clamp(zoom.y, reachY) };
}

function clamp(value: number, reach: number): number {
  return Math.min(Math.max(value, -reach), reach) + 0;
}
