"""How long the viewer's own workers take to check and decode every slice of a series, with nothing to wait for."""

from __future__ import annotations

from typing import Any

from bench.harness import NotHere
from bench.ohif.patient import SentStudy
from tests.browser.devices import DESK, open_chromium, open_device
from tests.browser.web_server import DIST

PIECES = ("quarter", "half", "full")
GIVEN_UP_MS = 60_000
# as many workers as the viewer starts, a job at a time each; the first job of each, which waits for its codec, is not counted
_DECODE = """async ({ base, worker, jobs }) => {
  const objects = new Map();
  for (const name of new Set(jobs.flatMap((job) => job.parts.map((part) => part.object))))
    objects.set(name, new Uint8Array(await (await fetch(base + name, { credentials: "same-origin" })).arrayBuffer()));
  const workers = Array.from({ length: Math.min(3, Math.max(1, navigator.hardwareConcurrency - 1)) }, () =>
    new Worker(worker, { type: "module" }));
  const answer = (one, job, id) => new Promise((done, failed) => {
    one.onmessage = ({ data }) => data.decoded ? done() : failed(new Error(JSON.stringify(data)));
    one.onerror = (event) => failed(new Error(event.message));
    const parts = job.parts.map(({ object, offset, bytes, crc32 }) =>
      ({ bytes: objects.get(object).slice(offset, offset + bytes), crc32 }));
    one.postMessage({ id, parts, format: job.format, quality: "full" });
  });
  await Promise.all(workers.map((one) => answer(one, jobs[0], 0)));
  const start = performance.now();
  let next = 0;
  await Promise.all(workers.map(async (one) => {
    while (next < jobs.length) { const id = next++; await answer(one, jobs[id], id); }
  }));
  return (performance.now() - start) / 1000;
}"""
_OPEN = """(url) => fetch(url, { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } })"""
# an evaluation has no time-out of its own
_IN_TIME = f"""(asked) => Promise.race([({_DECODE})(asked), new Promise((_, failed) =>
  setTimeout(() => failed(new Error("not decoded in {GIVEN_UP_MS} ms")), {GIVEN_UP_MS}))])"""


def decode_s(sent: SentStudy) -> float:
    """Seconds for all frames in full. Raises playwright's Error when one fails."""
    worker = next((DIST / "assets").glob("worker-*.js"), None)
    if worker is None:
        raise NotHere("web/dist has no decode worker")
    with open_chromium() as browser, open_device(browser, DESK) as context:
        sent.sign_in(context)
        page = context.new_page()
        page.goto(f"{sent.origin}/")
        page.evaluate(_OPEN, f"/api/patient/v1/series/{sent.series}/open")
        asked = {"base": sent.base, "worker": f"/assets/{worker.name}", "jobs": _jobs(sent.index)}
        return float(page.evaluate(_IN_TIME, asked))


def _jobs(index: dict[str, Any]) -> list[dict[str, Any]]:
    """What the viewer sends its workers (web/src/viewer/decode/job.ts), with the place of each part instead of its bytes."""
    columns, formats, objects = index["columns"], index["formats"], index["objects"]

    def part(frame: int, name: str) -> dict[str, Any]:
        at = columns[name]
        home = objects[at["object"][frame]]["name"]
        return {"object": home, "offset": at["offset"][frame], "bytes": at["bytes"][frame], "crc32": at["crc32"][frame]}

    return [
        {"format": formats[columns["format"][frame]], "parts": [part(frame, name) for name in PIECES]}
        for frame in range(len(columns["frame"]))
    ]
