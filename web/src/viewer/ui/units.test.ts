import { describe, expect, it } from "vitest";

import { translator } from "../../text";
import { unitOf } from "./units";

function frame(unit: string, samples = 1) {
  return { modalityLut: { slope: 1, intercept: 0, unit, lut: null }, format: { samples } } as Parameters<typeof unitOf>[0];
}

describe("a pixel's value", () => {
  it.each([
    ["HU", "HU"],
    ["HU_MOD", "HU"],
    ["BQML", "Bq/mL"],
    ["GML", "g/mL"],
    ["g/ml", "g/mL"],
    ["PCT", "%"],
    ["1CM", "1/cm"],
    ["US", ""],
    ["NONE", ""],
    ["", ""],
  ])("in %j is followed by %j, whatever the language", (unit, symbol) => {
    expect(unitOf(frame(unit))).toEqual({ quantity: null, symbol });
  });

  it.each([
    ["SIGNAL INTENSITY", "信号强度", "Signal intensity"],
    ["normalized", "归一化值", "Normalized value"],
    ["Z_EFF", "有效原子序数", "Effective atomic number"],
    ["CNTS", "计数", "Counts"],
  ])("of %s is named in the reader's language", (unit, chinese, english) => {
    const { quantity, symbol } = unitOf(frame(unit));
    expect(translator("zh-CN")(`viewer.quantity.${quantity!}`)).toBe(chinese);
    expect(translator("en")(`viewer.quantity.${quantity!}`)).toBe(english);
    expect(symbol).toBe("");
  });

  it("in a maker's own unit keeps the maker's word", () => {
    expect(unitOf(frame("10^-3 mm2/s"))).toEqual({ quantity: null, symbol: "10^-3 mm2/s" });
  });

  it("of a colour has no unit", () => {
    expect(unitOf(frame("HU", 3))).toEqual({ quantity: null, symbol: "" });
  });
});
