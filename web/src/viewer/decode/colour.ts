/** YBR to RGB (PS3.3 C.7.6.3.1.2), for pixel data whose photometric interpretation says so. */
import type { Decoded } from "./decoded";

export function toRgb(picture: Decoded, photometric: string): Decoded {
  if (picture.samples !== 3 || !photometric.startsWith("YBR_") || !(picture.values instanceof Uint8Array)) return picture;
  if (photometric === "YBR_FULL" || photometric === "YBR_FULL_422") return { ...picture, values: fromYbr(picture.values, 0, 1, 1) };
  if (photometric === "YBR_PARTIAL_422" || photometric === "YBR_PARTIAL_420")
    return { ...picture, values: fromYbr(picture.values, 16, 255 / 219, 255 / 224) };
  return picture;
}

function fromYbr(ybr: Uint8Array, black: number, lumaGain: number, chromaGain: number): Uint8Array {
  const rgb = new Uint8ClampedArray(ybr.length); // rounds and clips
  for (let i = 0; i < ybr.length; i += 3) {
    const luma = (ybr[i]! - black) * lumaGain;
    const blue = (ybr[i + 1]! - 128) * chromaGain;
    const red = (ybr[i + 2]! - 128) * chromaGain;
    rgb[i] = luma + 1.402 * red;
    rgb[i + 1] = luma - 0.344136 * blue - 0.714136 * red;
    rgb[i + 2] = luma + 1.772 * blue;
  }
  return new Uint8Array(rgb.buffer);
}
