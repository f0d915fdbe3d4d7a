import { expect, test } from "vitest";

import { STEPS, whereIs } from "./progress";

test("each state shows what is done, what is under way and what comes", () => {
  const way = (state: Parameters<typeof whereIs>[1]) => STEPS.map((step) => whereIs(step, state));
  expect(way("registered")).toEqual(["done", "next", "next", "next"]);
  expect(way("imaging")).toEqual(["done", "now", "next", "next"]);
  expect(way("reporting")).toEqual(["done", "done", "now", "next"]);
  expect(way("ready")).toEqual(["done", "done", "done", "done"]);
});
