/**
 * The bytes of one series that are on this device: in memory up to a limit, and in the pixel store. Bytes are handed out
 * as they came; whoever decodes them checks their CRC-32 first.
 */
import type { PixelStore } from "./pixel_store";
import type { RangeRequest } from "./plan";
import type { Piece, SeriesIndex } from "./series_index";

interface Chunk {
  object: string;
  start: number;
  bytes: number;
  buffer: Uint8Array | null;
  stored: boolean;
  /** Still being received: not evicted, not written. */
  arriving: boolean;
  /** Pieces of it whose checksum is wrong. */
  bad: Set<Piece>;
  used: number;
}

/** `letGo`: was here, had to make room, and the store could not keep it. */
export type Presence = "here" | "absent" | "letGo";

export interface PieceCache {
  /** Finds what an earlier visit left on the device. */
  recall(index: SeriesIndex): Promise<void>;
  presence(piece: Piece): Presence;
  read(piece: Piece): Promise<Uint8Array | null>;
  /** Takes what is filled so far of a range; returns the pieces that are new. */
  arrive(request: RangeRequest, buffer: Uint8Array, filled: number): Piece[];
  /** The request ended, whole or cut short: what has arrived goes into the store. */
  settle(request: RangeRequest): Promise<void>;
  /** Forgets a piece whose checksum is wrong, and all that came in the same answer. */
  drop(piece: Piece): Promise<void>;
}

/** Of what the store keeps too, this part of the limit stays in memory: to read it again takes milliseconds. */
const STORED_SHARE = 1 / 8;

export function createPieceCache(store: PixelStore, limitBytes: number): PieceCache {
  const chunks = new Map<Piece, Chunk>();
  const letGo = new WeakSet<Piece>();
  const arriving = new Map<RangeRequest, Chunk>();
  let held = 0;
  let clock = 0;

  function makeRoom(): void {
    const idle = [...new Set(chunks.values())].filter((c) => c.buffer && !c.arriving).sort((a, b) => a.used - b.used);
    let twice = idle.reduce((sum, chunk) => sum + (chunk.stored ? chunk.buffer!.length : 0), 0);
    for (const chunk of idle) {
      if (held <= limitBytes && !(chunk.stored && twice > limitBytes * STORED_SHARE)) continue;
      const size = chunk.buffer!.length;
      held -= size;
      chunk.buffer = null;
      if (chunk.stored) twice -= size;
      else forget(chunk, (piece) => letGo.add(piece));
    }
  }

  function forget(chunk: Chunk, each: (piece: Piece) => void): void {
    for (const [piece, owner] of chunks)
      if (owner === chunk) {
        chunks.delete(piece);
        each(piece);
      }
  }

  async function bufferOf(chunk: Chunk): Promise<Uint8Array | null> {
    chunk.used = ++clock;
    if (chunk.buffer) return chunk.buffer;
    const buffer = await store.read(chunk.object, chunk);
    if (!buffer) {
      forget(chunk, () => undefined); // cleared behind our back: absent, to be fetched again
      return null;
    }
    if (!chunk.buffer) held += buffer.length;
    chunk.buffer = buffer;
    makeRoom();
    return buffer;
  }

  return {
    async recall(index) {
      const byObject = new Map<string, Chunk[]>();
      const names = index.objects.map((object) => object.name);
      const found = await Promise.all(names.map((object) => store.ranges(object)));
      names.forEach((object, i) => {
        const known = { object, buffer: null, stored: true, arriving: false, used: 0 };
        byObject.set(object, found[i]!.map((range) => ({ ...range, ...known, bad: new Set<Piece>() })));
      });
      for (const frame of index.frames)
        for (const piece of index.pieces(frame.index)) {
          const chunk = byObject.get(piece.object)?.find((c) => holds(c, piece));
          if (chunk) chunks.set(piece, chunk);
        }
      void store.touch(names);
    },
    presence: (piece) => (chunks.has(piece) ? "here" : letGo.has(piece) ? "letGo" : "absent"),
    async read(piece) {
      const chunk = chunks.get(piece);
      if (!chunk) return null;
      const buffer = await bufferOf(chunk);
      return buffer ? buffer.subarray(piece.offset - chunk.start, piece.offset - chunk.start + piece.bytes) : null;
    },
    arrive(request, buffer, filled) {
      let chunk = arriving.get(request);
      if (!chunk) {
        chunk = {
          object: request.object, start: request.start, bytes: 0, buffer, stored: false, arriving: true, bad: new Set(),
          used: ++clock,
        };
        arriving.set(request, chunk);
        held += buffer.length;
      }
      const fresh: Piece[] = [];
      for (const piece of request.pieces)
        if (piece.offset + piece.bytes - request.start <= filled && chunks.get(piece) !== chunk && !chunk.bad.has(piece)) {
          chunks.set(piece, chunk);
          chunk.bytes = Math.max(chunk.bytes, piece.offset + piece.bytes - chunk.start);
          letGo.delete(piece);
          fresh.push(piece);
        }
      return fresh;
    },
    async settle(request) {
      const chunk = arriving.get(request);
      if (!chunk) return;
      arriving.delete(request);
      const buffer = chunk.buffer!;
      if (chunk.bytes === 0) {
        held -= buffer.length;
        return;
      }
      if (chunk.bytes < buffer.length) {
        held -= buffer.length - chunk.bytes;
        chunk.buffer = buffer.slice(0, chunk.bytes);
      }
      // A piece that turns out bad while the range is written takes the range out of the store again.
      if (chunk.bad.size === 0) chunk.stored = await store.write(chunk.object, chunk.start, chunk.buffer!);
      chunk.arriving = false;
      if (chunk.stored && chunk.bad.size > 0) {
        chunk.stored = false;
        await store.remove(chunk.object, chunk);
      }
      makeRoom();
    },
    async drop(piece) {
      const chunk = chunks.get(piece);
      if (!chunk) return;
      if (chunk.arriving) {
        chunk.bad.add(piece);
        chunks.delete(piece);
        return;
      }
      forget(chunk, () => undefined);
      if (chunk.buffer) held -= chunk.buffer.length;
      chunk.buffer = null;
      await store.remove(chunk.object, chunk);
    },
  };
}

function holds(chunk: Chunk, piece: Piece): boolean {
  return piece.offset >= chunk.start && piece.offset + piece.bytes <= chunk.start + chunk.bytes;
}
