/** From stored values to values with a meaning, e.g. HU (PS3.3 C.11.1). */
import type { LutTable, ModalityLut } from "../loader/index_types";

export function rescaled(stored: number, { slope, intercept, lut }: ModalityLut): number {
  return lut ? lookUp(lut, stored) : stored * slope + intercept;
}

/** PS3.3 C.11.1.1: values below the first entry take the first, above the last the last. */
export function lookUp(table: LutTable, value: number): number {
  const at = Math.min(table.values.length - 1, Math.max(0, Math.round(value) - table.first));
  return table.values[at] ?? 0;
}

/** 0 … 2^bits − 1 as 0 … 255, not yet rounded. */
export function eightBits(value: number, bits: number): number {
  return bits === 8 ? value : value * (255 / (2 ** bits - 1));
}
