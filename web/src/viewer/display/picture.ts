/** How a frame is shown: which of the display's ways fits, and what the reader's window does to it. */
import type { Decoded } from "../decode/decoded";
import type { Frame } from "../loader/series_index";
import { greyTable, fittedWindow, windowInForce } from "./grey";
import { paintColour, paintGrey, paintPalette } from "./paint";
import { rescaled } from "./modality";
import { storedValues } from "./stored_value";
import type { Window } from "./window";

export interface Look {
  window: Window | null;
  fallback: Window;
  invert: boolean;
}

/** Whether windowing means something for this frame: one grey value per pixel. */
export function isGrey(frame: Frame): boolean {
  return frame.format.samples === 1 && !usesPalette(frame);
}

export function paint(picture: Decoded, frame: Frame, look: Look): Uint32Array<ArrayBuffer> {
  const exact = picture.quality === "full";
  if (picture.samples !== 1) return paintColour(picture, picture.samples === 4 ? 8 : frame.format.bits_stored, look.invert);
  if (usesPalette(frame)) return paintPalette(picture.values, frame.format, frame.palette!);
  const { format, modalityLut, voi } = frame;
  return paintGrey(picture.values, greyTable({ format, modalityLut, voi, exact, ...look }));
}

export function fallbackWindow(picture: Decoded, frame: Frame): Window {
  return fittedWindow(picture.values, frame.format, frame.modalityLut, picture.quality === "full");
}

export function shownWindow(frame: Frame, look: Look): Window | null {
  return isGrey(frame) ? windowInForce({ ...look, voi: frame.voi }) : null;
}

/** The value at a pixel, rescaled, e.g. HU; R, G, B for colour; null outside of the picture. */
export function probe(picture: Decoded, frame: Frame, column: number, row: number): number[] | null {
  if (column < 0 || row < 0 || column >= picture.width || row >= picture.height) return null;
  const at = (row * picture.width + column) * picture.samples;
  if (picture.samples !== 1) return [...picture.values.subarray(at, at + 3)];
  const stored = storedValues(frame.format, true)[picture.values[at]!]!;
  return [usesPalette(frame) ? stored : rescaled(stored, frame.modalityLut)];
}

function usesPalette(frame: Frame): boolean {
  return frame.palette !== null && frame.format.photometric === "PALETTE COLOR";
}
