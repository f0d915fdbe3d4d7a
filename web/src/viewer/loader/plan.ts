/**
 * Which bytes to ask for next. Pure: the caller says what is there and where the reader looks, and sends what comes back.
 *
 * Order: everything of the frame on screen; then the quarter of every frame (the whole series can be paged through);
 * then the rest, from the frame on screen outwards. Neighbours in an object travel together, up to about 1 MiB, so that
 * a series costs a handful of requests; what the reader is waiting for travels alone and first.
 */
import type { Piece, SeriesIndex } from "./series_index";
import { PIECES } from "./series_index";

export const MERGE_BYTES = 1 << 20;
/** A request for frames further away than this may be dropped for the frame on screen. */
const FAR_FRAMES = 12;

export type Purpose = "shown" | "preview" | "full";

/** One range read: `pieces` lie in `object` from `start` to `end` (exclusive), sorted and without gaps. */
export interface RangeRequest {
  object: string;
  start: number;
  end: number;
  pieces: readonly Piece[];
  purpose: Purpose;
}

export interface Interest {
  /** Frame on screen. */
  current: number;
  /** 1 or -1: where the reader was going. */
  direction: 1 | -1;
  /** False while the reader pages quickly: full resolution of a frame that will be gone is not asked for. */
  settled: boolean;
  /** Whether to load all of the series, or only what is looked at (a reader who saves data). */
  everything: boolean;
}

/** Pieces of each object in the order of their bytes. */
export interface Layout {
  readonly index: SeriesIndex;
  readonly objects: ReadonlyMap<string, readonly Piece[]>;
  readonly place: ReadonlyMap<Piece, number>;
}

export function layoutOf(index: SeriesIndex): Layout {
  const objects = new Map<string, Piece[]>();
  for (const frame of index.frames)
    for (const piece of index.pieces(frame.index)) {
      const list = objects.get(piece.object);
      if (list) list.push(piece);
      else objects.set(piece.object, [piece]);
    }
  const place = new Map<Piece, number>();
  for (const list of objects.values()) {
    list.sort((a, b) => a.offset - b.offset);
    list.forEach((piece, i) => place.set(piece, i));
  }
  return { index, objects, place };
}

/**
 * @param missing whether a piece is neither here, nor under way, nor given up.
 * @returns the next request, or null when nothing is left to ask for.
 */
export function nextRequest(layout: Layout, missing: (piece: Piece) => boolean, interest: Interest): RangeRequest | null {
  const { index } = layout;
  const shown = index.pieces(interest.current).filter(missing);
  const first = shown[0];
  if (first && (first.name === "quarter" || interest.settled || !hasQuarter(index, interest.current)))
    return grow(layout, first, (piece) => piece.frame === interest.current && missing(piece), Infinity, "shown");

  for (const frame of outwards(interest, index.frames.length)) {
    const piece = index.piece(frame, "quarter");
    if (piece && missing(piece)) return grow(layout, piece, (p) => p.name === "quarter" && missing(p), MERGE_BYTES, "preview");
  }
  if (!interest.everything) return null;
  for (const frame of outwards(interest, index.frames.length))
    for (const name of PIECES) {
      const piece = index.piece(frame, name);
      if (piece && missing(piece)) return grow(layout, piece, missing, MERGE_BYTES, "full");
    }
  return null;
}

/**
 * @returns the request under way that should give its place to the frame on screen, or null. Only asked when that frame
 * lacks pieces and no place is free.
 */
export function toAbandon<T extends RangeRequest>(underWay: readonly T[], current: number): T | null {
  let worst: T | null = null;
  let worstDistance = FAR_FRAMES;
  for (const request of underWay) {
    if (request.purpose === "preview") continue;
    const distance = Math.min(...request.pieces.map((piece) => Math.abs(piece.frame - current)));
    if (distance > worstDistance) [worst, worstDistance] = [request, distance];
  }
  return worst;
}

function hasQuarter(index: SeriesIndex, frame: number): boolean {
  return index.piece(frame, "quarter") !== null;
}

function grow(layout: Layout, seed: Piece, wanted: (p: Piece) => boolean, limit: number, purpose: Purpose): RangeRequest {
  const list = layout.objects.get(seed.object) as readonly Piece[];
  let low = layout.place.get(seed) as number;
  let high = low;
  let bytes = seed.bytes;
  const fits = (next: Piece | undefined, before: Piece, after: Piece): next is Piece =>
    next !== undefined && wanted(next) && before.offset + before.bytes === after.offset && bytes + next.bytes <= limit;
  for (let grew = true; grew; ) {
    grew = false;
    const after = list[high + 1];
    if (after && fits(after, list[high]!, after)) [high, bytes, grew] = [high + 1, bytes + after.bytes, true];
    const before = list[low - 1];
    if (before && fits(before, before, list[low]!)) [low, bytes, grew] = [low - 1, bytes + before.bytes, true];
  }
  const pieces = list.slice(low, high + 1);
  const last = pieces[pieces.length - 1]!;
  return { object: seed.object, start: pieces[0]!.offset, end: last.offset + last.bytes, pieces, purpose };
}

function* outwards({ current, direction }: Interest, count: number): Generator<number> {
  yield current;
  for (let d = 1; d < count; d++)
    for (const frame of [current + direction * d, current - direction * d]) if (frame >= 0 && frame < count) yield frame;
}
