import { describe, expect, it } from "vitest";

import { asAmount, formatMoney, formatMonth, nextMonth, readMoney } from "./money";

describe("money", () => {
  it.each([
    ["0.00", "¥0.00"],
    ["4.00", "¥4.00"],
    ["-4.00", "−¥4.00"],
    ["1234567.80", "¥1,234,567.80"],
    ["123456789012.34", "¥123,456,789,012.34"],
  ])("[LIFE-07] is shown with the digits that came: %s", (amount, shown) => expect(formatMoney(amount)).toBe(shown));

  it.each([
    ["4", 4, false, "4"],
    ["0.1", 4, false, "0.1"],
    ["３．５０", 4, false, "3.50"],
    ["1,200.5", 4, false, "1200.5"],
    ["−4.00", 2, true, "-4.00"],
    ["-4", 4, false, null],
    ["4.005", 2, true, null],
    ["007.5", 4, false, "7.5"],
    ["4,0元", 4, false, null],
    ["", 4, false, null],
    ["1e3", 4, false, null],
  ])("[LIFE-07] is read as typed: %s", (typed, digits, signed, money) => expect(readMoney(typed, digits, signed)).toBe(money));

  it("has two digits as an amount", () => {
    expect(["4", "4.5", "-4.05"].map(asAmount)).toEqual(["4.00", "4.50", "-4.05"]);
  });
});

describe("a month", () => {
  it("has its name in both languages", () => {
    expect([formatMonth("2026-11", "zh-CN"), formatMonth("2026-01", "en")]).toEqual(["2026年11月", "Jan 2026"]);
  });

  it("is followed by the next, over the year's end too", () => {
    expect([nextMonth("2026-11"), nextMonth("2026-12")]).toEqual(["2026-12", "2027-01"]);
  });
});
