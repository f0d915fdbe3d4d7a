/**
 * Decoded frames, as many as fit, those around the frame on screen first. Decides what to decode next and never shows
 * what its checksum does not vouch for.
 */
import type { Quality } from "../loader/codestream";
import { ViewerError } from "../loader/errors";
import type { SeriesIndex } from "../loader/series_index";
import type { SeriesLoader } from "../loader/series_loader";
import type { Decoded } from "./decoded";
import type { DecodePool } from "./pool";

const RANK: Record<Quality, number> = { quarter: 1, half: 2, full: 3 };
/** Frames decoded before they are asked for: where the reader goes, and a little behind. */
const AHEAD = 12;
const BEHIND = 3;
const SMALL_PIXELS = 1 << 20;

export interface Pictures {
  /** The best decoded picture of a frame, or null. */
  get(frame: number): Decoded | null;
  /** Looks again at what could be decoded; call when the frame on screen or the bytes here have changed. */
  refresh(): void;
  subscribe(listener: (frame: number) => void): () => void;
  close(): void;
}

export interface PicturesDeps {
  index: SeriesIndex;
  loader: SeriesLoader;
  pool: DecodePool;
  limitBytes: number;
}

export function createPictures({ index, loader, pool, limitBytes }: PicturesDeps): Pictures {
  const decoded = new Map<number, Decoded>();
  const underWay = new Map<number, Quality>();
  const listeners = new Set<(frame: number) => void>();
  let held = 0;
  let closed = false;

  const pixelsOf = (frame: number) => index.frames[frame]!.format.rows * index.frames[frame]!.format.columns;

  /** @returns the quality worth decoding now, or null. */
  function wanted(frame: number): Quality | null {
    const best = loader.available(frame);
    const have = decoded.get(frame)?.quality;
    if (!best || loader.errorOf(frame) || (have && RANK[have] >= RANK[best])) return null;
    // Of a frame of usual size the whole comes right after its half: drawing both would only make the first image later.
    if (best === "half" && have && pixelsOf(frame) <= SMALL_PIXELS) return null;
    // While the reader pages quickly a quarter is ten times cheaper than the whole.
    const hurried = !have && !loader.interest.settled && frame === loader.interest.current && index.piece(frame, "quarter") !== null;
    return hurried ? "quarter" : best;
  }

  async function decode(frame: number, quality: Quality): Promise<void> {
    underWay.set(frame, quality);
    const found = await loader.bytes(frame, quality);
    const format = index.frames[frame]!.format;
    const answer =
      found &&
      (await pool.decode({
        parts: found.map(({ piece, bytes }) => ({ bytes, crc32: piece.crc32 })),
        format,
        quality,
      }));
    underWay.delete(frame);
    if (closed || !answer || !found) return;
    if ("damaged" in answer) await loader.damaged(found[answer.damaged]!.piece);
    else if ("failed" in answer) loader.giveUp(frame, new ViewerError(answer.failed, answer.detail));
    else keep(frame, answer.decoded);
    refresh();
  }

  function keep(frame: number, picture: Decoded): void {
    held += picture.values.byteLength - (decoded.get(frame)?.values.byteLength ?? 0);
    decoded.set(frame, picture);
    const { current } = loader.interest;
    const farthest = [...decoded.keys()].sort((a, b) => distance(b, current) - distance(a, current));
    for (const other of farthest) {
      if (held <= limitBytes || other === current) break;
      held -= decoded.get(other)!.values.byteLength;
      decoded.delete(other);
    }
    listeners.forEach((listener) => listener(frame));
  }

  /** Along the series taken as a ring: what plays goes from the last frame to the first. */
  function distance(a: number, b: number): number {
    const apart = Math.abs(a - b);
    return Math.min(apart, index.frames.length - apart);
  }

  function start(place: number): void {
    const count = index.frames.length;
    const frame = ((place % count) + count) % count;
    if (underWay.has(frame)) return;
    const quality = wanted(frame);
    if (quality) void decode(frame, quality);
  }

  function refresh(): void {
    if (closed) return;
    const { current, direction, settled } = loader.interest;
    start(current);
    if (wanted(current) && settled) return; // the frame on screen has the workers to itself
    for (let i = 1; i <= AHEAD && underWay.size < 4; i++) start(current + direction * i);
    for (let i = 1; i <= BEHIND && underWay.size < 4; i++) start(current - direction * i);
  }

  return {
    get: (frame) => (loader.errorOf(frame) ? null : (decoded.get(frame) ?? null)),
    refresh,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      decoded.clear();
      listeners.clear();
    },
  };
}
