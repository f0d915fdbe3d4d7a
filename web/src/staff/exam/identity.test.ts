import { describe, expect, it } from "vitest";

import { isIdCard, isPhone } from "./identity";

describe("a phone number", () => {
  it.each(["13912345678", "139 1234 5678", "+86 139-1234-5678", "１３９１２３４５６７８", "+85291234567"])("[DOC-10] is taken as typed: %s", (typed) =>
    expect(isPhone(typed)).toBe(true));
  it.each(["", "1391234567", "139123456789", "12912345678", "+8612345", "0757-83301234"])("[DOC-10] is refused: %s", (typed) => expect(isPhone(typed)).toBe(false));
});

describe("an ID card number", () => {
  // GB 11643-1999, annex: the standard's own examples.
  it.each(["11010519491231002X", "440524188001010014", "11010519491231002x"])("[DOC-10] is taken with its own check character: %s", (typed) =>
    expect(isIdCard(typed)).toBe(true));
  it.each(["110105194912310021", "11010519491231002", "1101051949123100200", ""])("[DOC-10] is refused: %s", (typed) => expect(isIdCard(typed)).toBe(false));
});
