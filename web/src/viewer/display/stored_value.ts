/** From the bits in the container to the stored value (PS3.5 8.1.1). */
import type { FrameFormat } from "../loader/index_types";

/**
 * @param exact true for full quality: bits outside BitsStored are none of the value's. At a lower quality the wavelet's
 * overshoot may leave the range by a little; it is clipped, not folded over.
 * @returns for each content of the container (256 or 65536) its stored value.
 */
export function storedValues(format: FrameFormat, exact: boolean): Int32Array {
  const known = tables.get(format) ?? {};
  tables.set(format, known);
  return (known[exact ? "exact" : "rough"] ??= build(format, exact));
}

/** A series has a handful of formats, and each drag of the window asks again. */
const tables = new WeakMap<FrameFormat, { exact?: Int32Array; rough?: Int32Array }>();

function build(format: FrameFormat, exact: boolean): Int32Array {
  const container = format.bits_allocated > 8 ? 16 : 8;
  const stored = Math.min(format.bits_stored, container);
  const shift = Math.max(0, Math.min(format.high_bit, container - 1) - stored + 1);
  const values = new Int32Array(1 << container);
  const [low, high] = format.signed ? [-(2 ** (stored - 1)), 2 ** (stored - 1) - 1] : [0, 2 ** stored - 1];
  for (let raw = 0; raw < values.length; raw++) {
    if (exact || shift > 0) {
      const bits = (raw >> shift) & (2 ** stored - 1);
      values[raw] = format.signed && bits > high ? bits - 2 ** stored : bits;
    } else {
      const whole = format.signed ? (raw << (32 - container)) >> (32 - container) : raw;
      values[raw] = Math.min(high, Math.max(low, whole));
    }
  }
  return values;
}
