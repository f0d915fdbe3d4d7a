import { describe, expect, it } from "vitest";

import { keptOf } from "./kept";

const NOW = Date.parse("2026-11-24T06:00:00Z");

describe("how long an exam is kept", () => {
  it.each([
    ["2041-11-24", "long"],
    ["2026-12-26", "long"],
    ["2026-12-24", "ending"],
    ["2026-11-24", "ending"],
    [undefined, null],
    ["soon", null],
  ])("until %s is %s", (day, kept) => {
    expect(keptOf(day, NOW)).toBe(kept);
  });
});
