import { describe, expect, it } from "vitest";

import type { SeriesPlace } from "../../api/types";
import { ViewerError } from "./errors";
import { createPieceCache } from "./piece_cache";
import { toEvict, type PixelStore, type StoredRange } from "./pixel_store";
import { pageOf, pagesOf } from "./plan_fixture";
import { createSeriesLoader, firstFrame } from "./series_loader";
import { readIndex } from "./series_index";
import type { RangeOptions, Transport } from "./transport";

const MIB = 1 << 20;

function memoryStore(works = true): PixelStore & { kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  const key = (object: string, { start, bytes }: StoredRange) => `${object}@${start}+${bytes}`;
  return {
    kept,
    warm: () => undefined,
    ranges: async (object) =>
      [...kept.keys()].filter((name) => name.startsWith(object)).map((name) => {
        const [start, bytes] = name.split("@")[1]!.split("+").map(Number);
        return { start: start!, bytes: bytes! };
      }),
    read: async (object, range) => kept.get(key(object, range)) ?? null,
    write: async (object, start, bytes) => {
      if (works) kept.set(key(object, { start, bytes: bytes.length }), bytes.slice());
      return works;
    },
    remove: async (object, range) => void kept.delete(key(object, range)),
    touch: async () => undefined,
    clear: async () => kept.clear(),
  };
}

/** Each read waits until it is let through; zeros come back, with a bit flipped at each place of `flips` in the object. */
function slowCloud(frames: number) {
  const reads: { object: string; start: number; end: number; options: RangeOptions; answer: (error?: Error) => void }[] = [];
  const flips: { object: string; at: number }[] = [];
  const place: SeriesPlace = { base: "/", index: "i", tier: "online", expires_at: "", renew_at: "" };
  const transport: Transport = {
    place: async () => place,
    renew: async () => place,
    page: async () => pageOf(frames),
    range: (object, start, end, options) =>
      new Promise((resolve, reject) => {
        options.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
        let answered = false;
        const answer = (error?: Error) => {
          if (answered) return;
          answered = true;
          if (error) return reject(error);
          const buffer = new Uint8Array(end - start);
          for (const flip of flips) if (flip.object === object && flip.at >= start && flip.at < end) buffer[flip.at - start]! ^= 4;
          options.received?.(buffer, buffer.length);
          resolve(buffer);
        };
        reads.push({ object, start, end, options, answer });
      }),
  };
  return { transport, reads, flips, place };
}

function timers() {
  const waiting: (() => void)[] = [];
  const later = (_: number, call: () => void) => {
    waiting.push(call);
    return () => void waiting.splice(waiting.indexOf(call), 1);
  };
  return { later, waiting, elapse: () => waiting.splice(0).forEach((call) => call()) };
}

const settle = () => new Promise((done) => setTimeout(done));

async function opened(frames: number, { store = memoryStore(), memory = 64 * MIB, everything = true, alone = false, tier = "online" as SeriesPlace["tier"] } = {}) {
  const [cloud, clock] = [slowCloud(frames), timers()];
  cloud.place.tier = tier;
  const loader = createSeriesLoader({
    transport: cloud.transport, pages: async () => ["i"], cache: createPieceCache(store, memory), later: clock.later, everything,
    decodable: () => true,
  });
  await loader.open();
  if (!alone) loader.drawn("full");
  const answerAll = async () => {
    for (let done = 0; done < cloud.reads.length; done++) {
      cloud.reads[done]!.answer();
      await settle();
    }
  };
  return { loader, store, ...cloud, ...clock, answerAll };
}

describe("a series", () => {
  it("begins in the middle of a stack and at the beginning of what moves", () => {
    expect(firstFrame(readIndex(pageOf(101)))).toBe(50);
    expect(firstFrame(readIndex({ ...pageOf(101), frame_rate: 15 }))).toBe(0);
  });

  const named: [string, string[], string[]][] = [
    ["the pages that the exam names beside the first", ["i", "p1", "p2"], ["i", "p1", "p2"]],
    ["the exam's own pages when the series has grown since", ["p0", "p1", "p2"], ["i", "p0", "p1", "p2"]],
  ];
  it.each(named)("of several pages is read whole: %s", async (_, pages, read) => {
    const asked: string[] = [];
    const [a, b, c] = pagesOf(25, 10);
    const all: Record<string, unknown> = { i: a, p0: a, p1: b, p2: c };
    const page = async (name: string) => (asked.push(name), all[name]);
    const loader = createSeriesLoader({
      transport: { ...slowCloud(1).transport, page }, pages: async () => pages, cache: createPieceCache(memoryStore(), MIB),
      later: timers().later, everything: true, decodable: () => true,
    });
    expect((await loader.open()).frames).toHaveLength(25);
    expect(asked).toEqual(read);
    expect(loader.interest.current).toBe(12);
  });

  it("is here in full at the end, and the next visit asks for nothing", async () => {
    const first = await opened(60);
    await first.answerAll();
    expect(first.loader.progress()).toMatchObject({ preview: 60, frames: 60 });
    for (let frame = 0; frame < 60; frame++) expect(first.loader.available(frame)).toBe("full");
    const second = await opened(60, { store: first.store });
    expect(second.reads).toHaveLength(0);
    expect(second.loader.available(7)).toBe("full");
    expect((await second.loader.bytes(7, "full"))!.map(({ bytes }) => bytes.length)).toEqual([16_000, 35_000, 110_000]);
  });

  it("is left alone with its first image until that is drawn, and its quarter with nothing at all", async () => {
    const { loader, reads } = await opened(200, { alone: true });
    for (const [object, quality] of [["low", "quarter"], ["rest", "full"]] as const) {
      expect(reads.map((read) => read.object.split(".")[1])).toEqual([object]);
      reads.splice(0).forEach(({ answer }) => answer());
      await settle();
      expect(reads).toHaveLength(0);
      loader.drawn(quality);
    }
    expect(reads).toHaveLength(3);
  });

  it("comes all the same when its first image never does", async () => {
    const { reads, elapse } = await opened(200, { alone: true });
    reads.splice(0);
    elapse();
    expect(reads.length).toBeGreaterThan(0);
  });

  it("never has more than three requests under way", async () => {
    const { reads } = await opened(200);
    expect(reads).toHaveLength(3);
    reads.splice(0).forEach(({ answer }) => answer());
    await settle();
    expect(reads).toHaveLength(3);
  });

  it("drops a far request for the frame where the reader has stopped", async () => {
    const { loader, reads, elapse } = await opened(400);
    while (reads.some(({ object }) => object.endsWith(".low"))) {
      reads.splice(0).forEach(({ answer }) => answer());
      await settle();
    }
    const before = [...reads];
    loader.focus(10);
    elapse();
    await settle();
    expect(before.filter(({ options }) => options.signal?.aborted)).toHaveLength(1);
    expect(reads.at(-1)!.end - reads.at(-1)!.start).toBe(145_000);
  });

  it("waits and tries again when the line is down, and keeps what has come", async () => {
    const { loader, reads, waiting, elapse } = await opened(40);
    reads.splice(0).forEach(({ answer }) => answer(new ViewerError("offline", "")));
    await settle();
    expect(loader.waiting).toBe(true);
    expect(reads).toHaveLength(0);
    expect(waiting.length).toBe(1);
    elapse();
    expect(reads.length).toBeGreaterThan(0);
    expect(loader.error).toBeNull();
  });

  it("stops with a reason when access has ended, and goes on when the reader asks", async () => {
    const { loader, reads } = await opened(40);
    reads.splice(0).forEach(({ answer }) => answer(new ViewerError("refused", "")));
    await settle();
    expect(loader.error?.kind).toBe("refused");
    expect(reads).toHaveLength(0);
    loader.retry();
    expect(reads.length).toBeGreaterThan(0);
  });

  it("that the device stores stays in memory by a small part only, and is read again when it is looked at", async () => {
    const store = memoryStore();
    let readings = 0;
    const { loader, answerAll } = await opened(60, { store: { ...store, read: (...where) => (readings++, store.read(...where)) } });
    await answerAll();
    for (let frame = 0; frame < 60; frame++)
      expect((await loader.bytes(frame, "full"))!.map(({ bytes }) => bytes.length)).toEqual([16_000, 35_000, 110_000]);
    expect(readings).toBeGreaterThan(0);
    expect(loader.progress().bytes).toBe(loader.progress().totalBytes);
  });

  it("larger than memory, on a device that stores nothing, is not downloaded over and over", async () => {
    const { loader, reads, elapse, answerAll } = await opened(100, { store: memoryStore(false), memory: 4 * MIB });
    await answerAll();
    const all = reads.length;
    loader.focus(0);
    elapse();
    await answerAll();
    expect(reads.length - all).toBeLessThanOrEqual(2);
    expect(loader.available(0)).toBe("full");
  });
});

describe("a piece that comes wrong", () => {
  it("is fetched once more past the caches, its neighbours are kept, and only right bytes are stored", async () => {
    const store = memoryStore();
    const { loader, reads, flips, answerAll } = await opened(40, { store });
    const [low, rest] = reads as [(typeof reads)[0], (typeof reads)[0]];
    reads.splice(0).forEach(({ answer }) => answer());
    await settle();
    const preview = reads.find(({ object, end, start }) => object === low.object && end - start > 20_000)!;
    const frame = frameAt(preview.start);
    flips.push({ object: low.object, at: preview.start + 9 }, { object: rest.object, at: 16 + 145_000 * frame + 40_000 });
    preview.answer();
    await settle();
    expect(loader.available(frame)).toBeNull();
    expect(loader.available(frame + 1)).toBe("quarter");
    flips.splice(0);
    await answerAll();
    expect(reads.filter(({ options }) => options.fresh).length).toBeGreaterThan(0);
    expect(loader.available(frame)).toBe("full");
    for (const bytes of store.kept.values()) expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it("twice, is given up with its frame and no other, until the reader asks again", async () => {
    const { loader, flips, answerAll, reads } = await opened(20);
    const { object } = reads.find((read) => read.object.endsWith(".rest"))!;
    flips.push({ object, at: 16 + 145_000 * 10 + 40_000 });
    await answerAll();
    expect(loader.errorOf(10)?.kind).toBe("damaged");
    for (const frame of [9, 11]) expect(loader.available(frame)).toBe("full");
    flips.splice(0);
    loader.retry();
    await answerAll();
    expect(loader.errorOf(10)).toBeNull();
    expect(loader.available(10)).toBe("full");
  });

  it("does not count against the same piece when its answer also ended early", async () => {
    const { loader, flips, answerAll, reads } = await opened(20);
    const [{ object, start, end, options, answer }] = reads as [(typeof reads)[0]];
    const half = new Uint8Array(end - start);
    half[5] = 1;
    options.received?.(half, half.length);
    answer(new ViewerError("damaged", ""));
    await settle();
    expect(loader.errorOf(10)).toBeNull();
    expect(object.endsWith(".low") && flips.length === 0).toBe(true);
    await answerAll();
    expect(loader.available(10)).toBe("full");
  });
});

describe("a range that is not the one asked for", () => {
  it("is asked for once more past the caches; then its frames are given up, and the others come", async () => {
    const { loader, reads, answerAll } = await opened(20);
    const wrong = () => reads.splice(0).forEach(({ answer, object }) => answer(object.endsWith(".rest") ? new ViewerError("damaged", "") : undefined));
    wrong();
    await settle();
    expect(loader.errorOf(10)).toBeNull();
    expect(reads.find(({ object }) => object.endsWith(".rest"))?.options.fresh).toBe(true);
    wrong();
    await settle();
    expect(loader.errorOf(10)?.kind).toBe("damaged");
    await answerAll();
    expect(loader.error).toBeNull();
    expect(loader.available(11)).toBe("full");
  });
});

describe("a piece that has rotted on the device", () => {
  it("is fetched once past the caches, then given up with its frame", async () => {
    const { loader, reads, answerAll } = await opened(20);
    await answerAll();
    const piece = (await loader.bytes(10, "full"))![2]!.piece;
    const count = reads.length;
    await loader.damaged(piece);
    const again = reads.slice(count).filter(({ start, end }) => start <= piece.offset && piece.offset + piece.bytes <= end);
    expect(again.map(({ options }) => options.fresh)).toEqual([true]);
    await answerAll();
    expect(loader.available(10)).toBe("full");
    await loader.damaged(piece);
    expect(loader.errorOf(10)?.kind).toBe("damaged");
    expect(loader.errorOf(11)).toBeNull();
  });
});

describe("a series whose full images lie in the archive", () => {
  const kindsOf = (reads: { object: string }[]) => new Set(reads.map(({ object }) => object.split(".")[1]));

  it("shows its quarters, asks again by itself, and becomes full without being opened anew", async () => {
    const { loader, reads, place, answerAll, elapse } = await opened(20, { tier: "offline" });
    await answerAll();
    expect(kindsOf(reads)).toEqual(new Set(["low"]));
    expect([loader.archived, loader.error, loader.available(10), loader.available(0)]).toEqual([true, null, "quarter", "quarter"]);
    place.tier = "recalling";
    elapse();
    await settle();
    await answerAll();
    expect([loader.archived, kindsOf(reads).has("rest")]).toEqual([true, false]);
    place.tier = "online";
    elapse();
    await settle();
    expect(loader.archived).toBe(true); // until the first of it is here
    await answerAll();
    expect([loader.archived, loader.available(10), loader.available(0)]).toEqual([false, "full", "full"]);
  });

  it("stays a preview when storage refuses what the cloud called online", async () => {
    const { loader, reads, elapse, answerAll } = await opened(20);
    for (const read of [...reads]) read.answer(read.object.endsWith(".rest") ? new ViewerError("archived", "rest") : undefined);
    await settle();
    for (let turn = 0; turn < 4; turn++) {
      for (const read of [...reads]) read.answer(read.object.endsWith(".rest") ? new ViewerError("archived", "rest") : undefined);
      await settle();
    }
    expect([loader.archived, loader.error, loader.available(10)]).toEqual([true, null, "quarter"]);
    elapse();
    await settle();
    await answerAll();
    expect([loader.archived, loader.available(10)]).toEqual([false, "full"]);
  });

  it("says so when the session ends while it waits", async () => {
    const { loader, transport, elapse } = await opened(20, { tier: "recalling" });
    transport.renew = () => Promise.reject(new ViewerError("signedOut", "401"));
    elapse();
    await settle();
    expect(loader.error?.kind).toBe("signedOut");
  });
});

const frameAt = (offset: number) => (offset - 16) / 16_000;

describe("what is stored", () => {
  it("makes room for the longest unused", () => {
    const sizes = new Map([["a", 50], ["b", 50], ["c", 50]]);
    const used = new Map([["a", 3], ["b", 1], ["c", 2]]);
    expect(toEvict(sizes, used, 150)).toEqual([]);
    expect(toEvict(sizes, used, 100)).toEqual(["b"]);
    expect(toEvict(sizes, used, 99)).toEqual(["b", "c"]);
  });
});
