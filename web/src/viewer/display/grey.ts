/** One table from the container's bits to a grey level: stored value, rescale, VOI, inversion in a single look-up per pixel. */
import type { FrameFormat, LutTable, ModalityLut, Voi } from "../loader/index_types";
import { lookUp, rescaled } from "./modality";
import { storedValues } from "./stored_value";
import { windowed, type Window } from "./window";

export interface GreyRule {
  format: FrameFormat;
  modalityLut: ModalityLut;
  voi: Voi;
  /** The reader's window; null shows the image as its makers meant it. */
  window: Window | null;
  /** What to use when neither the reader nor the image names a window. */
  fallback: Window;
  invert: boolean;
  /** Full quality; see `storedValues`. */
  exact: boolean;
}

/** @returns grey levels 0–255 (0 = black) for each content of the container, 256 or 65536 of them. */
export function greyTable(rule: GreyRule): Uint8ClampedArray {
  const stored = storedValues(rule.format, rule.exact);
  const levels = new Uint8ClampedArray(stored.length);
  const level = levelOf(rule);
  const negative = (rule.format.photometric === "MONOCHROME1") !== rule.invert;
  const padded = paddingOf(rule.format);
  for (let raw = 0; raw < stored.length; raw++) {
    const value = stored[raw] as number;
    if (padded(value)) continue; // not a measurement: black, whatever the window says
    const grey = level(rescaled(value, rule.modalityLut));
    levels[raw] = negative ? 255 - grey : grey;
  }
  return levels;
}

/** The window that is in force, or null when a VOI LUT is. */
export function windowInForce({ window, voi, fallback }: Pick<GreyRule, "window" | "voi" | "fallback">): Window | null {
  if (window) return window;
  if (voi.lut) return null;
  return voi.windows[0] ?? fallback;
}

function levelOf(rule: GreyRule): (value: number) => number {
  const window = windowInForce(rule);
  if (window) return (value) => windowed(value, window, rule.voi.function);
  const lut = rule.voi.lut as LutTable;
  const most = 2 ** lut.bits - 1;
  return (value) => (lookUp(lut, value) / most) * 255;
}

/** PS3.3 C.7.5.1.1.2: one padding value, or a range of them. */
export function paddingOf({ padding }: FrameFormat): (stored: number) => boolean {
  if (!padding) return () => false;
  const low = Math.min(padding.value, padding.limit);
  const high = Math.max(padding.value, padding.limit);
  return (stored) => stored >= low && stored <= high;
}

/** The span of a picture's values after rescale, padding left out: a window for images that name none. */
export function spanOf(values: ArrayLike<number>, format: FrameFormat, modalityLut: ModalityLut, exact: boolean): Window {
  const stored = storedValues(format, exact);
  const padded = paddingOf(format);
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = stored[values[i]!]!;
    if (padded(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return { center: 0.5, width: 2 };
  const ends = [rescaled(low, modalityLut), rescaled(high, modalityLut)];
  const [dark, bright] = [Math.min(...ends), Math.max(...ends)];
  return { center: (dark + bright + 1) / 2, width: Math.max(2, bright - dark + 1) };
}
