import { describe, expect, it } from "vitest";

import { WINDOWING } from "../loader/golden";
import type { FrameFormat } from "../loader/index_types";
import { fittedWindow, greyTable } from "./grey";

const SHAPE = {
  codec: "htj2k", transfer_syntax_uid: "1.2", rows: 1, samples: 1, planar: 0, levels: 2,
} as const;

describe("grey levels", () => {
  it.each(WINDOWING)("$name equals Python's within one level", (row) => {
    const allocated = row.bits_stored > 8 ? 16 : 8;
    const format: FrameFormat = {
      ...SHAPE, columns: row.stored.length, photometric: row.photometric, bits_allocated: allocated,
      // The vectors begin at stored values: the step before is held to parcels.json.
      bits_stored: allocated, high_bit: allocated - 1, signed: row.signed, padding: row.padding,
    };
    const values = allocated > 8 ? Uint16Array.from(row.stored) : Uint8Array.from(row.stored);
    const modalityLut = row.modality_lut;
    const levels = greyTable({
      format, modalityLut, voi: row.voi, window: row.chosen, invert: false, exact: true,
      fallback: fittedWindow(values, format, modalityLut, true),
    });
    row.expected.forEach((level, i) => expect(Math.abs(levels[values[i]!]! - level), `value ${row.stored[i]}`).toBeLessThanOrEqual(1));
  });

  it("inverts everything but padding", () => {
    const format: FrameFormat = {
      ...SHAPE, columns: 4, photometric: "MONOCHROME2", bits_allocated: 8, bits_stored: 8, high_bit: 7, signed: false,
      padding: { value: 0, limit: 0 },
    };
    const rule = {
      format, modalityLut: { slope: 1, intercept: 0, unit: "US", lut: null }, exact: true, window: { center: 128, width: 256 },
      voi: { windows: [], function: "LINEAR" as const, lut: null }, fallback: { center: 128, width: 256 },
    };
    const [plain, inverted] = [greyTable({ ...rule, invert: false }), greyTable({ ...rule, invert: true })];
    for (let value = 1; value < 256; value++) expect(plain[value]! + inverted[value]!).toBe(255);
    expect([plain[0], inverted[0]]).toEqual([0, 0]);
  });

  it("does not fold a preview's overshoot over to black", () => {
    const format: FrameFormat = {
      ...SHAPE, columns: 4, photometric: "MONOCHROME2", bits_allocated: 16, bits_stored: 12, high_bit: 11, signed: false, padding: null,
    };
    const rule = {
      format, modalityLut: { slope: 1, intercept: 0, unit: "US", lut: null }, window: { center: 2048, width: 4096 }, invert: false,
      voi: { windows: [], function: "LINEAR" as const, lut: null }, fallback: { center: 128, width: 256 },
    };
    expect(greyTable({ ...rule, exact: false })[4100]).toBe(255);
    expect(greyTable({ ...rule, exact: true })[4096 + 7]).toBe(greyTable({ ...rule, exact: true })[7]);
  });
});
