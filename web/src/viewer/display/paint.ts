/** From a decoded picture to RGBA: grey through a table, palette colour, true colour. */
import type { Decoded } from "../decode/decoded";
import type { FrameFormat, LutTable, Palette } from "../loader/index_types";
import { eightBits, lookUp } from "./modality";
import { storedValues } from "./stored_value";

/** Opaque black, red in the lowest byte, as ImageData lies in memory on every machine that runs a browser. */
const OPAQUE = 0xff000000;

/** @returns one RGBA word per pixel, row by row. */
export function paintGrey(values: Uint8Array | Uint16Array, levels: Uint8ClampedArray): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(levels.length);
  for (let i = 0; i < words.length; i++) words[i] = OPAQUE | (levels[i]! * 0x010101);
  return through(values, words);
}

export function paintPalette(values: Uint8Array | Uint16Array, format: FrameFormat, palette: Palette): Uint32Array<ArrayBuffer> {
  const stored = storedValues(format, true);
  const words = new Uint32Array(stored.length);
  for (let i = 0; i < words.length; i++) {
    const value = stored[i]!;
    words[i] =
      OPAQUE | (byte(palette.blue, value) << 16) | (byte(palette.green, value) << 8) | byte(palette.red, value);
  }
  return through(values, words);
}

/** @param bits stored in a sample; 8 for what a decoder has brought to eight bits already. */
export function paintColour({ values, samples }: Decoded, bits: number, invert: boolean): Uint32Array<ArrayBuffer> {
  const pixels = new Uint32Array(values.length / samples);
  const levels = new Uint8ClampedArray(values instanceof Uint16Array ? 65536 : 256);
  for (let raw = 0; raw < levels.length; raw++) levels[raw] = eightBits(raw, bits);
  const flip = invert ? 0xffffff : 0;
  for (let i = 0, at = 0; i < pixels.length; i++, at += samples) {
    const colour = (levels[values[at + 2]!]! << 16) | (levels[values[at + 1]!]! << 8) | levels[values[at]!]!;
    pixels[i] = OPAQUE | (colour ^ flip);
  }
  return pixels;
}

function through(values: Uint8Array | Uint16Array, words: Uint32Array): Uint32Array<ArrayBuffer> {
  const pixels = new Uint32Array(values.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = words[values[i]!]!;
  return pixels;
}

function byte(table: LutTable, value: number): number {
  return Math.min(255, Math.round(eightBits(lookUp(table, value), table.bits)));
}
