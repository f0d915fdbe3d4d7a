/** Words of native pixel data in zstd (FORMAT.md): little-endian, 1-bit pixels one byte each, YBR_FULL_422 two bytes each. */
import { decompress } from "fzstd";

import { ViewerError } from "../loader/errors";
import type { FrameFormat } from "../loader/index_types";
import type { Decoded } from "./decoded";

/** @throws ViewerError `unsupported` above 16 bits, `undecodable` when the bytes are not a frame of this format. */
export function decodeZstd(bytes: Uint8Array, format: FrameFormat): Decoded {
  const { rows, columns, samples, bits_allocated: bits } = format;
  if (bits > 16 || (samples !== 1 && samples !== 3)) throw new ViewerError("unsupported", `${samples} × ${bits} bits`);
  const subsampled = isSubsampled(format);
  const size = rows * columns * (subsampled ? 2 : samples * Math.max(1, bits / 8));
  let raw: Uint8Array;
  try {
    // Room for what the format says and no more: a frame that claims to be larger is refused, not expanded.
    raw = decompress(bytes, new Uint8Array(size));
  } catch (error) {
    throw new ViewerError("undecodable", `zstd: ${String(error)}`);
  }
  if (raw.length !== size) throw new ViewerError("undecodable", `zstd: ${raw.length} bytes, ${size} expected`);
  let values: Uint8Array | Uint16Array = raw;
  if (bits === 16) values = new Uint16Array(raw.buffer, raw.byteOffset, size / 2);
  if (subsampled) values = spread(raw);
  else if (samples === 3 && format.planar === 1) values = interleave(values, rows * columns);
  return { quality: "full", width: columns, height: rows, samples, values };
}

function isSubsampled({ photometric, samples, bits_allocated: bits }: FrameFormat): boolean {
  return (photometric === "YBR_FULL_422" || photometric === "YBR_PARTIAL_422") && samples === 3 && bits === 8;
}

/** Y1 Y2 CB CR → Y1 CB CR, Y2 CB CR (PS3.3 C.7.6.3.1.2). */
function spread(raw: Uint8Array): Uint8Array {
  const values = new Uint8Array((raw.length / 2) * 3);
  for (let from = 0, to = 0; from < raw.length; from += 4, to += 6) {
    const [first, second, blue, red] = [raw[from]!, raw[from + 1]!, raw[from + 2]!, raw[from + 3]!];
    values.set([first, blue, red, second, blue, red], to);
  }
  return values;
}

function interleave<T extends Uint8Array | Uint16Array>(planes: T, pixels: number): T {
  const values = planes.slice() as T;
  for (let i = 0; i < pixels; i++)
    for (let sample = 0; sample < 3; sample++) values[i * 3 + sample] = planes[sample * pixels + i]!;
  return values;
}
