import { describe, expect, it } from "vitest";

import { formatCount, formatDateTime, formatDay, formatTime, formatWait, itemsOf, parseAge } from "./format";

describe("dates", () => {
  it("are written as people in each language write them", () => {
    expect(formatDateTime("2026-11-24T06:05:00Z", "zh-CN")).toBe("2026年11月24日 周二 14:05");
    expect(formatDateTime("2026-11-24T06:05:00Z", "en")).toBe("Tue 24 Nov 2026, 14:05");
  });

  it("are the hospital's, on either side of midnight", () => {
    expect(formatDateTime("2026-11-24T16:30:00Z", "zh-CN")).toBe("2026年11月25日 周三 00:30");
    expect(formatDateTime("2026-11-24T16:30:00Z", "zh-CN", "Asia/Urumqi")).toBe("2026年11月24日 周二 22:30");
    expect(formatTime("2026-11-24T16:30:00Z", "en", "UTC")).toBe("16:30");
  });

  it("shorten September to three letters as every other month", () => {
    expect(formatDateTime("2026-09-01T00:00:00Z", "en")).toBe("Tue 1 Sep 2026, 08:00");
  });

  it("stand alone where there is no time", () => {
    expect(formatDay("2029-09-04", "zh-CN")).toBe("2029年9月4日");
    expect(formatDay("2029-09-04", "en")).toBe("4 Sep 2029");
    expect(formatDay("soon", "en")).toBe("");
    expect(formatDateTime("2029-09-04", "en", "America/Lima")).toBe("4 Sep 2029");
  });

  it("fall back to China's time for a zone that the browser does not know, and to nothing for no time", () => {
    expect(formatTime("2026-11-24T06:05:00Z", "en", "Mars/Olympus")).toBe("14:05");
    expect(formatDateTime("", "zh-CN")).toBe("");
    expect(formatTime("soon", "en")).toBe("");
  });
});

describe("waits", () => {
  it.each([
    [725_000, "12:05"],
    [59_001, "1:00"],
    [1, "0:01"],
    [0, "0:00"],
    [-5_000, "0:00"],
  ])("of %i ms read %s", (ms, text) => {
    expect(formatWait(ms)).toBe(text);
  });
});

describe("the items of an exam", () => {
  it.each([
    ["胸部CT平扫", ["胸部CT平扫"]],
    ["胸部CT平扫；上腹部CT平扫+增强", ["胸部CT平扫；", "上腹部CT平扫+增强"]],
    ["CT chest, plain; CT abdomen ;MR brain", ["CT chest, plain;", "CT abdomen ;", "MR brain"]],
    ["胸部CT平扫；；腹部；", ["胸部CT平扫；；", "腹部；"]],
    ["", []],
  ])("of %j end after their separators", (item, items) => {
    expect(itemsOf(item)).toEqual(items);
  });
});

describe("ages", () => {
  it("are read from DICOM's age string", () => {
    expect(parseAge("063Y")).toEqual({ unit: "years", n: 63 });
    expect(parseAge("004M")).toEqual({ unit: "months", n: 4 });
    expect(parseAge("002W")).toEqual({ unit: "weeks", n: 2 });
    expect(parseAge("011D")).toEqual({ unit: "days", n: 11 });
  });

  it.each(["", "63", "63Y", "063", "0630Y", "063X"])("are left out when they are not one: %s", (age) => {
    expect(parseAge(age)).toBeNull();
  });
});

it("groups numbers", () => {
  expect([0, 999, 1204, 1_000_000].map(formatCount)).toEqual(["0", "999", "1,204", "1,000,000"]);
});
