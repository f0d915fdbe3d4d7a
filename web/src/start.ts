/**
 * The page's first script, small: it asks for what this address will need while the rest of the code is still on its way, so
 * that an image waits for as few round trips, one after the other, as can be.
 */

// Tokens and shared parts first: a page's own rules come after them.
import "./look/tokens.css";
import "./look/base.css";
import "./look/parts.css";
import "./look/pages.css";
import { ahead, beginVisit } from "./api/ahead";
import { parseRoute } from "./routes";
import { tokenIn } from "./state/link_token";
import { startWorker } from "./viewer/decode/make_worker";
import { createPixelStore } from "./viewer/loader/pixel_store";

/** Longest that the pages' code waits for the first image, which needs the processor that it would take. */
const IMAGE_FIRST_MS = 1000;

const { pathname, hash } = window.location;
const token = tokenIn(hash);
const route = parseRoute(hash);
const series = token === null && route.page === "series" ? route.series : null;
const exam = pathname === "/e" || pathname === "/s" || token !== null ? beginVisit(ahead, { token, series }) : Promise.resolve(null);

const parsed = new Promise<unknown>((done) => {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", done, { once: true });
  else done(null);
});
let seen: Promise<unknown> = Promise.resolve();

if (series !== null) {
  startWorker();
  createPixelStore(window.indexedDB).warm();
  const early = import("./viewer/state/early")
    .then(({ beginEarly }) => beginEarly(series, exam))
    .catch(() => undefined); // the viewer opens it then
  seen = Promise.race([early, new Promise((done) => window.setTimeout(done, IMAGE_FIRST_MS))]);
  import("./viewer").catch(() => undefined); // the page asks again, and says so
}

void Promise.all([parsed, seen]).then(() => import("./main"));
