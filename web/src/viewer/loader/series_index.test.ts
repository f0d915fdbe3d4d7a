import { describe, expect, it } from "vitest";

import { ViewerError } from "./errors";
import { PARCELS } from "./golden";
import type { IndexPage } from "./index_types";
import { readIndex } from "./series_index";

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
});
