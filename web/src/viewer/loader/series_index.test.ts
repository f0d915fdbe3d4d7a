import { describe, expect, it } from "vitest";

import { ViewerError } from "./errors";
import { PARCELS } from "./golden";
import type { IndexPage } from "./index_types";
import { pageOf, pagesOf } from "./plan_fixture";
import { isWhole, readIndex } from "./series_index";

const ct = () => structuredClone(PARCELS.find(({ name }) => name === "ct-signed-16")!.index);

describe("readIndex", () => {
  it("gives each frame its pieces in the order in which their bytes are joined", () => {
    const index = readIndex(ct());
    expect(index.frames).toHaveLength(3);
    expect(index.pieces(1).map(({ name }) => name)).toEqual(["quarter", "half", "full"]);
    expect(index.pieces(1).map(({ object }) => object.split(".")[1])).toEqual(["low", "rest", "rest"]);
  });

  it("reads every vector's index", () => {
    for (const { index } of PARCELS) expect(readIndex(structuredClone(index)).frames).toHaveLength(index.page.count);
  });

  const spoiled: [string, (page: IndexPage) => void][] = [
    ["another schema", (page) => Object.assign(page, { schema: "series_index.v2" })],
    ["a column that is too short", (page) => page.columns.full.crc32.pop()],
    ["a piece beyond its object", (page) => (page.columns.full.bytes[2]! += 10_000_000)],
    ["a piece in the header", (page) => (page.columns.quarter.offset[0] = 4)],
    ["an object that is not listed", (page) => (page.columns.half.object[0] = 9)],
    ["a format that is not listed", (page) => (page.columns.format[0] = 7)],
    ["a count that is not that of its columns", (page) => (page.page.count = 4)],
  ];
  it.each(spoiled)("refuses %s", (_, spoil) => {
    const page = ct();
    spoil(page);
    expect(() => readIndex(page)).toThrow(ViewerError);
  });

  it("puts pages together to what one page would say", () => {
    const [whole, joined] = [readIndex(pageOf(25)), readIndex(...pagesOf(25, 10))];
    expect(joined.frames).toEqual(whole.frames);
    expect(joined.objects).toEqual(whole.objects);
    for (const { index } of whole.frames) expect(joined.pieces(index)).toEqual(whole.pieces(index));
    expect(pagesOf(25, 10).map(isWhole)).toEqual([false, false, false]);
    expect(isWhole(pageOf(25))).toBe(true);
  });

  const mixed: [string, (pages: IndexPage[]) => IndexPage[]][] = [
    ["a page left out", ([a, , c]) => [a!, c!]],
    ["the last page left out", ([a, b]) => [a!, b!]],
    ["pages out of order", ([a, b, c]) => [b!, a!, c!]],
    ["a page of another version", ([a, b, c]) => [a!, { ...b!, version: 7 }, c!]],
    ["a page of another series", ([a, b, c]) => [a!, { ...b!, series: "z".repeat(32) }, c!]],
    ["no page at all", () => []],
  ];
  it.each(mixed)("refuses %s: a series is never shown with images missing in silence", (_, mix) => {
    expect(() => readIndex(...mix(pagesOf(25, 10)))).toThrow(ViewerError);
  });
});
