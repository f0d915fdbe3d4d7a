/** VOI windows (PS3.3 C.11.2.1.2): a value in, a grey level from 0 to 255 out, not yet rounded. */
import type { VoiFunction } from "../loader/index_types";

export interface Window {
  center: number;
  width: number;
}

export function windowed(value: number, { center, width }: Window, shape: VoiFunction): number {
  if (shape === "SIGMOID") return 255 / (1 + Math.exp((-4 * (value - center)) / width));
  if (shape === "LINEAR_EXACT") {
    if (value <= center - width / 2) return 0;
    if (value > center + width / 2) return 255;
    return ((value - center) / width + 0.5) * 255;
  }
  const [mid, span] = [center - 0.5, width - 1];
  if (value <= mid - span / 2) return 0;
  if (value > mid + span / 2) return 255;
  return ((value - mid) / span + 0.5) * 255;
}

/** The narrowest window that the shape allows: LINEAR divides by width − 1. */
export function narrowest(shape: VoiFunction): number {
  return shape === "LINEAR" ? 1 : 0.001;
}
