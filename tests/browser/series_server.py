"""A cloud that holds a few series packed by the real packer, and can be told to misbehave: for tests of the viewer's loader.

The routes, cookies and headers are those of docs/interfaces.md §3; the signature check is replaced by a cookie of one value.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from functions.core.imaging import display, series_index
from functions.core.imaging.parcel import Heads, Received, open_heads, pack
from iac.gateway.web_app import WebApp
from tests.browser import stand_in
from tests.browser.web_server import DIST

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
FOREVER = "private, max-age=31536000, immutable"


def keyed(text: str, length: int) -> str:
    """Stands in for the cloud's keyed names."""
    return "".join(LETTERS[byte % 32] for byte in hashlib.sha256(text.encode()).digest()[:length])


@dataclass(frozen=True)
class PackedSeries:
    """`objects`: what the bucket holds under the series' prefix, by name. `index`: first page. `sources`: file of each frame."""

    name: str
    index_name: str
    index: dict[str, Any]
    objects: dict[str, bytes]
    row: dict[str, Any]
    sources: tuple[Path, ...]

    @property
    def base(self) -> str:
        return f"{stand_in.BASE}{self.name}/"

    def piece(self, frame: int, name: str) -> tuple[str, int, int]:
        """(object, offset, bytes) of a piece, as the index says."""
        columns = self.index["columns"][name]
        return self.index["objects"][columns["object"][frame]]["name"], columns["offset"][frame], columns["bytes"][frame]


def packed(
    paths: Sequence[Path],
    description: str,
    *,
    declared: int | None = None,
    page_frames: int = series_index.PAGE_FRAMES,
    withheld: Collection[int] = (),
    change: Callable[[dict[str, Any]], None] = lambda page: None,
) -> PackedSeries:
    """Pack the files of one series as the agent does, and index them as ingest does.

    withheld: which files, from 0, are of images in conflict. change: of each page, for odd cases.
    """
    name = keyed(description, 32)
    received = [_received(path) for path in paths]
    parcels = list(pack(received, workers=2))
    objects = {f"{blob.sha256}.{blob.kind}": blob.data for parcel in parcels for blob in parcel.blobs if blob.kind != "heads"}
    heads = [open_heads(parcel.heads.data) for parcel in parcels]
    wanted = declared or len(paths)
    pages = series_index.build(
        heads,
        series=name,
        version=1,
        declared=wanted,
        complete=wanted <= len(paths),
        frame_name=_frame_name,
        page_frames=page_frames,
        withheld={received[number].sop_uid for number in withheld},
    )
    homes = {_frame_name(one.sop_uid, 1): path for one, path in zip(received, paths, strict=True)}
    sources = tuple(homes[frame] for page in pages for frame in page["columns"]["frame"] if frame in homes)
    names = []
    for page in pages:
        change(page)
        stored = gzip.compress(json.dumps(page, separators=(",", ":")).encode(), mtime=0)
        objects[f"{hashlib.sha256(stored).hexdigest()}.index"] = stored
        names.append(f"{hashlib.sha256(stored).hexdigest()}.index")
    page = pages[0]
    thumbnail = _thumbnail(heads, objects)
    objects[thumbnail_name := f"{hashlib.sha256(thumbnail).hexdigest()}.thumb.jpg"] = thumbnail
    row = {
        "series": name,
        "number": 1,
        "modality": page["modality"],
        "description": description,
        "body_part": page["body_part"],
        "frames": page["page"]["frames"],
        "received": page["received"],
        "declared": wanted,
        "complete": page["complete"],
        "thumbnail": thumbnail_name,
        "index": names[0],
        "pages": names,
    }
    return PackedSeries(name, names[0], page, objects, row, sources)


def _frame_name(sop_uid: str, number: int) -> str:
    return keyed(f"{sop_uid}#{number}", 16)


def _received(path: Path) -> Received:
    ds = dcmread(path)
    out = DicomBytesIO()
    out.is_little_endian, out.is_implicit_VR = True, ds.file_meta.TransferSyntaxUID.is_implicit_VR
    write_dataset(out, ds)
    return Received(str(ds.SOPInstanceUID), str(ds.SOPClassUID), str(ds.file_meta.TransferSyntaxUID), out.getvalue())


def _thumbnail(heads: Sequence[Heads], objects: dict[str, bytes]) -> bytes:
    middle = heads[len(heads) // 2]
    instance = middle.instances[len(middle.instances) // 2]
    named = {"low": middle.low, "rest": middle.rest}

    def fetch(kind: str, offset: int, size: int) -> bytes:
        home = named[kind]
        assert home is not None
        return objects[f"{home.sha256}.{kind}"][offset : offset + size]

    return display.thumbnail(middle, instance, 0, fetch)


@dataclass
class SeriesCloud:
    """What it serves, and how it misbehaves. A test changes the fields while the page is open."""

    series: Sequence[PackedSeries]
    origin: str = ""
    # what the hospital calls the exam
    item: str = "胸部CT平扫"
    # (object, first byte, size) of each answered read below /pixels
    reads: list[tuple[str, int, int]] = field(default_factory=list)
    # names of series, once for each time that one was opened or renewed
    opened: list[str] = field(default_factory=list)
    # called with (object, first byte, bytes); what it returns is sent
    spoil: Callable[[str, int, bytes], bytes] = lambda name, start, data: data
    # bytes by which answers to range reads are off; they say so in Content-Range
    shift: int = 0
    # as proxies do that drop the Range header: 200 and the whole object
    whole: bool = False
    # of all series; what lies in the archive storage does not hand out, whatever the row says
    tier: str = "online"
    archived: bool = False
    # status of reads below /pixels instead of an answer; None answers
    refuse: Callable[[str], int | None] = lambda name: None
    signed_for: timedelta = timedelta(minutes=5)
    # only this signature opens anything: change it and those given out are worth nothing
    signature: str = "first"

    def app(self) -> Starlette:
        web = WebApp(DIST, https=False)

        async def page(request: Request) -> Response:
            return await web(request)

        api = "/api/patient/v1"
        return Starlette(
            routes=[
                Route(f"{api}/exam", self._exam),
                Route(f"{api}/sessions", self._leave, methods=["DELETE"]),
                Route(f"{api}/series/{{series}}/open", self._open, methods=["POST"]),
                Route(f"{stand_in.BASE}{{series}}/{{name}}", self._object),
                Route("/{path:path}", page),
            ]
        )

    def exam(self) -> dict[str, Any]:
        """exam.v1"""
        return stand_in.exam(
            [one.row | {"number": place + 1} for place, one in enumerate(self.series)], films=[], report=None, item=self.item
        )

    def image_reads(self) -> list[tuple[str, int, int]]:
        """Reads of pixel objects and thumbnails."""
        return [read for read in self.reads if not read[0].endswith(".index")]

    async def _exam(self, request: Request) -> Response:
        return JSONResponse(self.exam())

    async def _leave(self, request: Request) -> Response:
        return Response(status_code=204)

    async def _open(self, request: Request) -> Response:
        one = self._named(request)
        if one is None:
            return JSONResponse({"code": "not_in_exam", "message": "…", "hint": "…", "retry": False}, 404)
        self.opened.append(one.name)
        now = datetime.now(UTC)
        times = {
            "expires_at": (now + self.signed_for).isoformat(),
            "renew_at": (now + self.signed_for * 0.8).isoformat(),
        }
        answer = JSONResponse({"base": one.base, "index": one.index_name, "tier": self.tier, **times})
        answer.set_cookie("CloudFront-Signature", self.signature, path=one.base, httponly=True)
        return answer

    async def _object(self, request: Request) -> Response:
        one, name = self._named(request), request.path_params["name"]
        status = self.refuse(name)
        if status is None and request.cookies.get("CloudFront-Signature") != self.signature:
            status = 403
        if status is None and (one is None or name not in one.objects):
            status = 404
        if status is None and self.archived and name.endswith(".rest"):
            return JSONResponse({"code": "InvalidObjectState"}, 403)
        if status is not None or one is None:
            return JSONResponse({"code": "refused"}, status or 404)
        data = one.objects[name]
        headers = {"cache-control": FOREVER, "accept-ranges": "bytes", "content-type": "application/octet-stream"}
        if name.endswith(".index"):
            headers["content-type"] = "application/gzip"
        if name.endswith(".jpg"):
            headers["content-type"] = "image/jpeg"
        start, end, status = 0, len(data), 200
        if "range" in request.headers and not self.whole:
            first, last = request.headers["range"].removeprefix("bytes=").split("-")
            start, end, status = int(first) + self.shift, min(int(last) + 1 + self.shift, len(data)), 206
            headers["content-range"] = f"bytes {start}-{end - 1}/{len(data)}"
        self.reads.append((name, start, end - start))
        return Response(self.spoil(name, start, data[start:end]), status, headers)

    def _named(self, request: Request) -> PackedSeries | None:
        return next((one for one in self.series if one.name == request.path_params["series"]), None)


@contextmanager
def serve_series(*series: PackedSeries) -> Iterator[SeriesCloud]:
    """Yields the running cloud. Raises TimeoutError when it does not come up."""
    cloud = SeriesCloud(series)
    server = uvicorn.Server(uvicorn.Config(cloud.app(), host="127.0.0.1", port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + 20
        while not server.started:
            if time.monotonic() > until or not thread.is_alive():
                raise TimeoutError("the series server did not start")
            time.sleep(0.01)
        cloud.origin = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield cloud
    finally:
        server.should_exit = True
        thread.join(10)
