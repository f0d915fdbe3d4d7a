/** One table from the container's bits to a grey level: stored value, rescale, VOI, inversion in a single look-up per pixel. */
import type { FrameFormat, LutTable, ModalityLut, Voi } from "../loader/index_types";
import { eightBits, lookUp, rescaled } from "./modality";
import { storedValues } from "./stored_value";
import { narrowest, windowed, type Window } from "./window";

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
  if (!window) {
    const lut = rule.voi.lut as LutTable;
    return (value) => eightBits(lookUp(lut, value), lut.bits);
  }
  // A window fitted to the values is a straight line, whatever function the image names for windows of its own.
  const shape = window === rule.fallback ? "LINEAR" : rule.voi.function;
  const width = Math.max(window.width, narrowest(shape));
  return (value) => windowed(value, { center: window.center, width }, shape);
}

/** PS3.3 C.7.5.1.1.2: one padding value, or a range of them. */
export function paddingOf({ padding }: FrameFormat): (stored: number) => boolean {
  if (!padding) return () => false;
  const low = Math.min(padding.value, padding.limit);
  const high = Math.max(padding.value, padding.limit);
  return (stored) => stored >= low && stored <= high;
}

/** Percentiles between which a window is fitted. */
const [DARKEST, BRIGHTEST] = [0.01, 0.995];

/** A window for images that name none: from the 1st to the 99.5th percentile of the values after rescale, padding left out. */
export function fittedWindow(
  values: Uint8Array | Uint16Array, format: FrameFormat, modalityLut: ModalityLut, exact: boolean,
): Window {
  const stored = storedValues(format, exact);
  const padded = paddingOf(format);
  const counts = new Uint32Array(stored.length);
  for (let i = 0; i < values.length; i++) counts[values[i]!]! += 1;
  const bins: { value: number; count: number }[] = [];
  counts.forEach((count, raw) => {
    if (count && !padded(stored[raw]!)) bins.push({ value: rescaled(stored[raw]!, modalityLut), count });
  });
  bins.sort((a, b) => a.value - b.value);
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return { center: 0.5, width: 1 };
  const [low, high] = [percentile(bins, total, DARKEST), percentile(bins, total, BRIGHTEST)];
  const width = Math.max(high - low + 1, 1);
  return { center: low + width / 2, width };
}

/** Linear between neighbouring values. */
function percentile(bins: readonly { value: number; count: number }[], total: number, part: number): number {
  const place = part * (total - 1);
  const [below, above] = [valueAt(bins, Math.floor(place)), valueAt(bins, Math.ceil(place))];
  return below + (above - below) * (place - Math.floor(place));
}

function valueAt(bins: readonly { value: number; count: number }[], rank: number): number {
  let passed = 0;
  for (const { value, count } of bins) {
    passed += count;
    if (rank < passed) return value;
  }
  return bins[bins.length - 1]!.value;
}
