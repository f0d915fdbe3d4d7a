import { describe, expect, it } from "vitest";

import { layoutOf, MERGE_BYTES, nextRequest, toAbandon, type Interest, type RangeRequest } from "./plan";
import { seriesOf } from "./plan_fixture";
import type { Piece } from "./series_index";

const still = (current: number, change: Partial<Interest> = {}): Interest => ({
  current, direction: 1, settled: true, everything: true, ...change,
});

/** Asks until nothing is left, as if each answer came at once. */
function all(frames: number, interest: Interest): RangeRequest[] {
  const layout = layoutOf(seriesOf(frames));
  const got = new Set<Piece>();
  const requests: RangeRequest[] = [];
  for (;;) {
    const request = nextRequest(layout, (piece) => !got.has(piece), interest);
    if (!request) return requests;
    request.pieces.forEach((piece) => got.add(piece));
    requests.push(request);
  }
}

describe("what to ask for next", () => {
  it("is the frame on screen, then a quarter of all, then the rest", () => {
    const purposes = all(120, still(60)).map(({ purpose }) => purpose);
    expect(purposes.slice(0, 2)).toEqual(["shown", "shown"]);
    expect(purposes.lastIndexOf("preview")).toBeLessThan(purposes.indexOf("full"));
  });

  it("gets every byte exactly once, in ranges without gaps of about 1 MiB", () => {
    const requests = all(120, still(60));
    const pieces = requests.flatMap((request) => [...request.pieces]);
    expect(new Set(pieces).size).toBe(pieces.length);
    expect(pieces).toHaveLength(360);
    for (const { start, end, pieces: parts } of requests) {
      expect(parts.reduce((sum, piece) => sum + piece.bytes, 0)).toBe(end - start);
      expect(end - start).toBeLessThanOrEqual(MERGE_BYTES);
    }
    expect(requests.length).toBeLessThan(40);
  });

  it("goes outwards from the frame on screen", () => {
    const full = all(200, still(100)).filter(({ purpose }) => purpose === "full");
    const distance = ({ pieces }: RangeRequest) => Math.min(...pieces.map(({ frame }) => Math.abs(frame - 100)));
    const distances = full.map(distance);
    expect([...distances].sort((a, b) => a - b)).toEqual(distances);
  });

  it("leaves full resolution alone while the reader pages quickly", () => {
    const first = nextRequest(layoutOf(seriesOf(50)), (piece) => piece.frame !== 20 || piece.name !== "quarter", still(20, { settled: false }));
    expect(first?.purpose).toBe("preview");
  });

  it("asks only for what is looked at when the reader saves data", () => {
    expect(all(120, still(60, { everything: false })).some(({ purpose }) => purpose === "full")).toBe(false);
  });
});

describe("what to abandon", () => {
  const layout = layoutOf(seriesOf(400));
  const far = nextRequest(layout, (piece) => piece.name !== "quarter", still(20))!;
  const request = { ...far, purpose: "full" as const };

  it("is what is far from the frame on screen", () => {
    expect(toAbandon([request], 300)).toBe(request);
  });

  it("is not what is near it, nor the preview", () => {
    expect(toAbandon([request], 25)).toBeNull();
    expect(toAbandon([{ ...request, purpose: "preview" }], 300)).toBeNull();
  });
});
