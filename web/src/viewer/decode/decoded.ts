/** What a decoder hands on: pixel values as they were stored, not yet rescaled or windowed. */
import type { Quality } from "../loader/codestream";

export interface Decoded {
  quality: Quality;
  /** Columns and rows of this picture; at a quarter, a quarter of the frame's, rounded up. */
  width: number;
  height: number;
  /** 1: one value per pixel; 3: R, G, B; 4: R, G, B, A. */
  samples: 1 | 3 | 4;
  /** Bits as they stand in the container; a LUT over all of them gives them their meaning. */
  values: Uint8Array | Uint16Array;
}

/** @returns the length of an edge of `size` pixels, halved `times` times as the wavelet does. */
export function halved(size: number, times: number): number {
  return Math.ceil(size / 2 ** times);
}
