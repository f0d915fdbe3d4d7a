import { describe, expect, it } from "vitest";

import { formatRoute, parseRoute, type Route } from "./routes";

describe("routes", () => {
  const routes: Route[] = [
    { page: "exam" },
    { page: "report" },
    { page: "film" },
    { page: "images" },
    { page: "series", series: "abcdefghijklmnopqrstuvwxyz234567" },
  ];
  it.each(routes)("come back from their own address: $page", (route) => {
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });

  it.each(["", "#", "#/", "#/elsewhere", "#/images/../report", "#/images/a/b", "#t=secret"])("fall back to the exam for %s", (fragment) => {
    expect(parseRoute(fragment)).toEqual({ page: "exam" });
  });
});
