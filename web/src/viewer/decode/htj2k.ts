/** HTJ2K by OpenJPH in WebAssembly. One decoder is kept for good: each one that is not deleted costs 0.7 MB. */
import { joinCodestream, type Quality } from "../loader/codestream";
import { ViewerError } from "../loader/errors";
import type { FrameFormat } from "../loader/index_types";
import { halved, type Decoded } from "./decoded";

/** The part of codec-openjph that is used here. */
export interface OpenJph {
  HTJ2KDecoder: new () => Htj2kDecoder;
}

export interface Htj2kDecoder {
  getEncodedBuffer(bytes: number): Uint8Array;
  decodeSubResolution(skip: number): void;
  getDecodedBuffer(): Uint8Array;
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number; isSigned: boolean };
  delete(): void;
}

/** How many of the stream's resolutions are left out at each quality, for streams cut at tile-parts. */
const SKIPPED: Record<Quality, number> = { quarter: 2, half: 1, full: 0 };

/**
 * @param parts checked pieces of one frame, in order.
 * @throws ViewerError `undecodable` when the codec refuses the stream or its size is not the index's.
 */
export function decodeHtj2k(
  decoder: Htj2kDecoder,
  parts: readonly Uint8Array[],
  format: FrameFormat,
  quality: Quality,
): Decoded {
  // A quarter beside another codec is a small stream of its own, complete with its end.
  const derived = format.codec !== "htj2k" && quality === "quarter";
  const stream = joinCodestream(parts, derived || quality === "full");
  const skip = derived ? 0 : SKIPPED[quality];
  let output: Uint8Array;
  try {
    decoder.getEncodedBuffer(stream.length).set(stream);
    decoder.decodeSubResolution(skip);
    output = decoder.getDecodedBuffer();
  } catch (error) {
    throw new ViewerError("undecodable", `htj2k: ${String(error)}`);
  }
  const info = decoder.getFrameInfo();
  const levels = derived ? format.levels : skip;
  const width = halved(format.columns, levels);
  const height = halved(format.rows, levels);
  const wide = info.bitsPerSample > 8;
  const samples = format.samples === 3 ? 3 : 1;
  const [streamWidth, streamHeight] = derived ? [width, height] : [format.columns, format.rows];
  const fits =
    info.width === streamWidth &&
    info.height === streamHeight &&
    info.componentCount === format.samples &&
    output.length === width * height * samples * (wide ? 2 : 1) &&
    // Samples as the packer writes them: the frame's own container and sign, but signed bytes widened to 16 bits.
    (derived || (wide === (format.bits_allocated > 8 || format.signed) && info.isSigned === format.signed));
  if (!fits)
    throw new ViewerError(
      "undecodable",
      `htj2k: ${info.width}×${info.height}×${info.componentCount}, ${info.bitsPerSample} bits, ${output.length} bytes`,
    );
  const copy = output.slice(); // the codec's memory is used again by the next frame
  let values: Uint8Array | Uint16Array = copy;
  if (wide) values = format.bits_allocated > 8 ? new Uint16Array(copy.buffer) : narrowed(new Int16Array(copy.buffer));
  return { quality, width, height, samples, values };
}

/** Signed bytes, which the packer widens to 16 bits, as bytes again; the wavelet's overshoot is clipped. */
function narrowed(wide: Int16Array): Uint8Array {
  return new Uint8Array(Int8Array.from(wide, (value) => Math.min(127, Math.max(-128, value))).buffer);
}
