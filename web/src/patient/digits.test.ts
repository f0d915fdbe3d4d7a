import { expect, it } from "vitest";

import { digitsIn } from "./digits";

it("takes digits as they are typed, pasted or written full-width", () => {
  expect(["1234", " 12-34 ", "１２３４", "尾号1234", "12 34\n"].map(digitsIn)).toEqual(Array(5).fill("1234"));
  expect(digitsIn("abc")).toBe("");
});
