/** Brings the bytes of one series to this device, in the order in which the reader needs them. Knows nothing of pictures. */
import type { SeriesPlace } from "../../api/types";
import { NEEDED, type Quality } from "./codestream";
import { crc32 } from "./crc32";
import { asViewerError, ViewerError } from "./errors";
import type { FrameFormat } from "./index_types";
import type { PieceCache } from "./piece_cache";
import { layoutOf, nextRequest, toAbandon, type Interest, type Layout, type RangeRequest } from "./plan";
import { isWhole, readIndex, type Piece, type PieceName, type SeriesIndex } from "./series_index";
import type { Transport } from "./transport";

/** Requests at a time: enough to hide the round trip, few enough that the frame on screen gets the line. */
const PARALLEL = 3;
const SETTLE_MS = 120;
/** How long to wait before asking again whether full images have come from the archive. */
const LOOK_MS = [5000, 10_000, 20_000, 40_000, 60_000] as const;
/** Objects that go to the archive (docs/retention.md). */
const FULL_IMAGES = ".rest";
/** Longest that the first image keeps the line to itself: it may never come. */
const FIRST_ALONE_MS = 5000;
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000] as const;

export interface Progress {
  /** Frames that can be shown at least at a quarter. */
  preview: number;
  frames: number;
  bytes: number;
  totalBytes: number;
}

export interface SeriesLoader {
  /** @throws ViewerError when the series cannot be opened or read. */
  open(): Promise<SeriesIndex>;
  /**
   * The first image was drawn, as well as it is here: then its rest may come, and after all of it the series. Without a word all
   * comes after a while.
   */
  drawn(quality: Quality): void;
  /** Tells where the reader looks; loading follows. */
  focus(frame: number): void;
  readonly interest: Readonly<Interest>;
  /** The best quality whose pieces are all here, or null. */
  available(frame: number): Quality | null;
  /** @returns the pieces of that quality with their bytes, to be checked again; null when something is not here any more. */
  bytes(frame: number, quality: Quality): Promise<{ piece: Piece; bytes: Uint8Array }[] | null>;
  /** What was kept here has rotted: fetches the piece once more past every cache; the second time, the frame is given up. */
  damaged(piece: Piece): Promise<void>;
  /** Whether this frame will never be there in full: its codec is none of ours, or nothing was stored that could be shown. */
  limited(frame: number): boolean;
  /** A frame that cannot be shown, whatever comes. */
  giveUp(frame: number, error: ViewerError): void;
  errorOf(frame: number): ViewerError | null;
  /** What stops the whole series, or null. */
  readonly error: ViewerError | null;
  /** True while full images lie in the archive: they were asked for, and come by themselves. */
  readonly archived: boolean;
  /** True while requests fail and are tried again. */
  readonly waiting: boolean;
  /** The reader asks to try again after an error. */
  retry(): void;
  progress(): Progress;
  subscribe(listener: () => void): () => void;
  close(): void;
}

export interface LoaderDeps {
  transport: Transport;
  /** Names of all pages of the index, as the exam knows them. */
  pages: () => Promise<readonly string[]>;
  cache: PieceCache;
  /** Calls back after `ms`; returns how to cancel. */
  later: (ms: number, call: () => void) => () => void;
  everything: boolean;
  /** Whether the full quality of such frames can be decoded here; what cannot is not downloaded. */
  decodable: (format: FrameFormat) => boolean;
}

export function createSeriesLoader({ transport, pages, cache, later, everything, decodable }: LoaderDeps): SeriesLoader {
  const interest: Interest = { current: 0, direction: 1, settled: true, everything };
  const underWay = new Map<RangeRequest, AbortController>();
  const asked = new Set<Piece>();
  /** Pieces that once came wrong, and those that were right and once read wrong from the device. */
  const struck = new Set<Piece>();
  const rotten = new Set<Piece>();
  const errors = new Map<number, ViewerError>();
  const listeners = new Set<() => void>();
  let layout: Layout | null = null;
  let fatal: ViewerError | null = null;
  /** What of the first image was drawn: of its quarter, and in full. */
  let [previewed, begun] = [false, false];
  /** Full images lie in the archive, until the first of them is here; and whether to ask for none meanwhile. */
  let [archived, away] = [false, false];
  let [failures, looks] = [0, 0];
  let closed = false;
  let cancelSettle: () => void = () => undefined;
  let cancelAlone: () => void = () => undefined;
  let cancelBackoff: (() => void) | null = null;
  let cancelLook: (() => void) | null = null;

  const tell = () => listeners.forEach((listener) => listener());

  const isAway = (piece: Piece) => away && piece.object.endsWith(FULL_IMAGES);

  const worthFetching = (piece: Piece) => piece.name !== "full" || decodable(layout!.index.frames[piece.frame]!.format);

  const missing = (piece: Piece) => {
    if (asked.has(piece) || errors.has(piece.frame)) return false;
    if (!worthFetching(piece) || isAway(piece)) return false;
    const presence = cache.presence(piece);
    return presence === "absent" || (presence === "letGo" && piece.frame === interest.current);
  };

  function pump(): void {
    while (layout && !closed && !fatal && !cancelBackoff) {
      if (underWay.size >= PARALLEL) {
        const waits = interest.settled && layout.index.pieces(interest.current).some(missing);
        const stale = waits ? toAbandon([...underWay.keys()], interest.current) : null;
        if (!stale) return;
        underWay.get(stale)?.abort();
        underWay.delete(stale);
      }
      const request = nextRequest(layout, missing, interest);
      if (!request) return;
      if (!begun && !mayComeAlone(request)) return;
      void run(request);
    }
  }

  /** The first image has line and processor to itself, its quarter before the rest of it: nothing is on the screen yet. */
  function mayComeAlone({ purpose, pieces }: RangeRequest): boolean {
    if (purpose !== "shown" || underWay.size > 0) return false;
    return previewed || pieces[0]!.name === "quarter" || !layout!.index.piece(interest.current, "quarter");
  }

  async function run(request: RangeRequest): Promise<void> {
    const controller = new AbortController();
    const wrong = new Set<Piece>();
    underWay.set(request, controller);
    request.pieces.forEach((piece) => asked.add(piece));
    try {
      await transport.range(request.object, request.start, request.end, {
        signal: controller.signal,
        fresh: request.pieces.some((piece) => struck.has(piece) || rotten.has(piece)),
        received: (buffer, filled) => {
          const arrived = cache.arrive(request, buffer, filled);
          for (const piece of arrived)
            if (!isRight(piece, request, buffer)) {
              wrong.add(piece);
              void discard(piece, struck);
            }
          if (arrived.length > 0) tell();
        },
      });
      failures = 0;
      if (request.object.endsWith(FULL_IMAGES)) [archived, looks] = [false, 0];
    } catch (error) {
      if (!controller.signal.aborted) failed(asViewerError(error), request.pieces.filter((piece) => !wrong.has(piece)));
    }
    underWay.delete(request);
    request.pieces.forEach((piece) => asked.delete(piece));
    void cache.settle(request);
    tell();
    pump();
  }

  /** Out of memory and store. Once it is fetched again, past every cache; twice for the same cause, its frame is given up. */
  async function discard(piece: Piece, before: Set<Piece>): Promise<void> {
    if (before.has(piece)) giveUp(piece.frame, new ViewerError("damaged", `${piece.name} of frame ${piece.frame}`));
    before.add(piece);
    await cache.drop(piece);
  }

  function failed(error: ViewerError, pieces: readonly Piece[]): void {
    if (error.kind === "damaged") {
      for (const piece of pieces) if (cache.presence(piece) !== "here") void discard(piece, struck);
      return;
    }
    if (error.kind === "archived") return lookLater();
    if (error.kind !== "offline" && error.kind !== "unavailable") {
      fatal = error;
      return;
    }
    cancelBackoff ??= later(BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)]!, () => {
      cancelBackoff = null;
      pump();
    });
    failures += 1;
  }

  /** Full images are in the archive: none is asked for until the cloud says that they are there. */
  function lookLater(): void {
    [archived, away] = [true, true];
    if (closed) return;
    cancelLook ??= later(LOOK_MS[Math.min(looks, LOOK_MS.length - 1)]!, () => void look());
    looks += 1;
  }

  async function look(): Promise<void> {
    cancelLook?.();
    cancelLook = null;
    try {
      away = liesInArchive(await transport.renew());
    } catch (error) {
      const known = asViewerError(error);
      if (known.kind !== "offline" && known.kind !== "unavailable") fatal = known;
    }
    if (closed || fatal) return tell();
    if (away) return lookLater();
    pump();
    tell();
  }

  function begin(): void {
    cancelAlone();
    if (begun) return;
    begun = true;
    pump();
  }

  function giveUp(frame: number, error: ViewerError): void {
    errors.set(frame, error);
    if (frame === interest.current) begin(); // its place on the screen is taken by words
    tell();
  }

  const qualityHere = (frame: number, quality: Quality): boolean => {
    const index = layout?.index;
    const format = index?.frames[frame]?.format;
    if (!format || (quality === "full" && !decodable(format))) return false;
    const all = piecesFor(format, quality).map((name) => index?.piece(frame, name) ?? null);
    return all.every((piece) => piece !== null && cache.presence(piece) === "here");
  };

  return {
    interest,
    get error() {
      return fatal;
    },
    get archived() {
      return archived;
    },
    get waiting() {
      return cancelBackoff !== null;
    },
    async open() {
      const index = await readPages(transport, pages);
      if (index.frames.length > 0) await cache.recall(index);
      layout = layoutOf(index);
      if (liesInArchive(await transport.place())) lookLater();
      interest.current = firstFrame(index);
      const comes = (piece: Piece) => worthFetching(piece) && !isAway(piece);
      begun ||= !index.frames[interest.current] || !index.pieces(interest.current).some(comes);
      if (!begun && !closed) cancelAlone = later(FIRST_ALONE_MS, begin);
      pump();
      return index;
    },
    drawn(quality) {
      if (begun) return;
      if (quality === "full") return begin();
      previewed = true;
      pump();
    },
    focus(frame) {
      if (frame === interest.current) return;
      interest.direction = frame > interest.current ? 1 : -1;
      interest.current = frame;
      interest.settled = false;
      cancelSettle();
      cancelSettle = later(SETTLE_MS, () => {
        interest.settled = true;
        pump();
        tell();
      });
      pump();
    },
    available(frame) {
      for (const quality of ["full", "half", "quarter"] as const) if (qualityHere(frame, quality)) return quality;
      return null;
    },
    async bytes(frame, quality) {
      const index = layout!.index;
      const found: { piece: Piece; bytes: Uint8Array }[] = [];
      for (const name of piecesFor(index.frames[frame]!.format, quality)) {
        const piece = index.piece(frame, name);
        const bytes = piece && (await cache.read(piece));
        if (!piece || !bytes) {
          pump();
          return null;
        }
        found.push({ piece, bytes });
      }
      return found;
    },
    async damaged(piece) {
      await discard(piece, rotten);
      tell();
      pump();
    },
    limited: (frame) => !layout!.index.piece(frame, "full") || !decodable(layout!.index.frames[frame]!.format),
    giveUp,
    errorOf: (frame) => errors.get(frame) ?? null,
    retry() {
      fatal = null;
      errors.clear();
      struck.clear();
      rotten.clear();
      cancelBackoff?.();
      cancelBackoff = null;
      if (away) void look();
      tell();
      pump();
    },
    progress() {
      const sum: Progress = { preview: 0, frames: 0, bytes: 0, totalBytes: 0 };
      for (const { index } of layout?.index.frames ?? []) {
        const pieces = layout!.index.pieces(index).filter(worthFetching);
        sum.frames += 1;
        if (pieces[0] && cache.presence(pieces[0]) !== "absent") sum.preview += 1;
        for (const piece of pieces) {
          sum.totalBytes += piece.bytes;
          if (cache.presence(piece) !== "absent") sum.bytes += piece.bytes;
        }
      }
      return sum;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed = true;
      cancelSettle();
      cancelAlone();
      cancelBackoff?.();
      cancelLook?.();
      for (const controller of underWay.values()) controller.abort();
      listeners.clear();
    },
  };
}

function liesInArchive({ tier }: SeriesPlace): boolean {
  return tier === "offline" || tier === "recalling";
}

function isRight(piece: Piece, { start }: RangeRequest, buffer: Uint8Array): boolean {
  return crc32(buffer.subarray(piece.offset - start, piece.offset - start + piece.bytes)) === piece.crc32;
}

/** The first page says whether there are more. The exam may name those of an earlier version: then all are read as it names them. */
async function readPages(transport: Transport, pages: LoaderDeps["pages"]): Promise<SeriesIndex> {
  const { index } = await transport.place();
  const first = await transport.page(index);
  if (isWhole(first)) return readIndex(first);
  const names = await pages();
  const known = names[0] === index ? [first] : [];
  const more = await Promise.all(names.slice(known.length).map((name) => transport.page(name)));
  return readIndex(...known, ...more);
}

/** A cut codestream needs all pieces up to its quality; every other codec stands alone. */
function piecesFor(format: FrameFormat, quality: Quality): readonly PieceName[] {
  return format.codec === "htj2k" ? NEEDED[quality] : [quality];
}

/** The middle of a stack, where the body is; the beginning of what moves or stands alone. */
export function firstFrame(index: SeriesIndex): number {
  const stack = index.frames.length > 2 && index.frames[0]?.position != null && index.frameRate === null;
  return stack ? index.frames.length >> 1 : 0;
}
