/**
 * Where the reader is, as a fragment: it never reaches a server or its log, and a reload stays on the page.
 *
 *   /e#t=TOKEN             the link of the SMS and of the QR code (read once, then taken out of the address)
 *   /e#/                   the exam
 *   /s#t=TOKEN             the link of a share; inside, the same pages as far as it gives them
 *   /e#/share              what the patient shares, and with what limits
 *   /e#/report, #/film     the report, the film
 *   /e#/agreement          the hospital's user agreement
 *   /e#/images[/SERIES]    the list of series, one series in the viewer
 */

export type Route =
  | { page: "exam" }
  | { page: "report" }
  | { page: "film" }
  | { page: "images" }
  | { page: "share" }
  | { page: "agreement" }
  | { page: "series"; series: string };

export function parseRoute(fragment: string): Route {
  const [page, series, ...rest] = fragment.replace(/^#\/?/, "").split("/");
  if (page === "images" && series && rest.length === 0 && /^[a-z2-7]{1,64}$/.test(series)) return { page: "series", series };
  if (series) return { page: "exam" };
  if (page === "report" || page === "film" || page === "images" || page === "share" || page === "agreement") return { page };
  return { page: "exam" };
}

export function formatRoute(route: Route): string {
  if (route.page === "exam") return "#/";
  if (route.page === "series") return `#/images/${route.series}`;
  return `#/${route.page}`;
}
