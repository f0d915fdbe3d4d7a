"""Documents in the vault under their proper names whose content is made to harm: manifests, reports, heads objects.

Each is a function of a good one and says which reason an operator finds in the quarantine; "" is taken, and harmless.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from typing import Any

import zstandard

from functions.core.imaging import heads

Document = dict[str, Any]
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
OVERRIDE = "\u202eneilA\u202c \u2066x\u2069 \x1b[2J\x00\x07"


def text(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def changed(**changes: Any) -> Callable[[Document], bytes]:
    return lambda good: text({**good, **changes})


def swapped(old: str, new: str) -> Callable[[Document], bytes]:
    """In the text: what no JSON writer would write."""

    def make(good: Document) -> bytes:
        before = text(good)
        after = before.replace(old.encode(), new.encode("utf-8", "surrogatepass"), 1)
        assert after != before
        return after

    return make


def twice(good: Document) -> bytes:
    """The same parcel named twice: its instances would count double."""
    return text({**good, "parcels": good["parcels"] * 2})


ANY: dict[str, tuple[Callable[[Document], bytes], str]] = {
    "nothing": (lambda _: b"", "schema_broken"),
    "zeros": (lambda _: bytes(1000), "schema_broken"),
    "null": (lambda _: b"null", "schema_broken"),
    "a list": (lambda good: b"[" + text(good) + b"]", "schema_broken"),
    "brackets of all the bytes allowed": (lambda _: b"[" * (4 << 20), "schema_broken"),
    "objects in objects": (lambda _: b'{"a":' * 500_000, "schema_broken"),
    "another encoding": (lambda good: text(good).decode().encode("utf-16"), "schema_broken"),
    "a key twice": (swapped("{", '{"tenant": "tongren", '), "schema_broken"),
    "no number": (swapped("{", '{"surprise": NaN, '), "schema_broken"),
    "a number of 100,000 digits": (swapped("{", f'{{"surprise": {"9" * 100_000}, '), "schema_broken"),
    "another hospital": (changed(tenant="tongren"), "tenant_wrong"),
    "a hospital with a line break": (changed(tenant="xiehe\n"), "schema_broken"),
    "a path for a hospital": (changed(tenant="../tongren"), "schema_broken"),
}
MANIFESTS: dict[str, tuple[Callable[[Document], bytes], str]] = ANY | {
    "half a character": (swapped('"CT1"', '"\\ud800"'), "schema_broken"),
    "half a character, as bytes": (swapped('"CT1"', '"\ud800"'), "schema_broken"),
    "a path for a study": (changed(study="../../../../tongren"), "schema_broken"),
    "a study name with a line break": (lambda good: text({**good, "study": good["study"] + "\n"}), "schema_broken"),
    "another's study name": (changed(study="a" * 32), "name_wrong"),
    "a script for a study UID": (changed(study_uid=SCRIPT), "schema_broken"),
    "a parcel twice": (twice, ""),
    "packed in the year 9998": (changed(packed_at="9998-01-01T00:00:00Z"), ""),
    "packed before there were clocks": (changed(packed_at="0001-01-01T00:00:00Z"), "schema_broken"),
}
REPORTS: dict[str, tuple[Callable[[Document], bytes], str]] = ANY | {
    "half a character": (swapped("未见异常", "\\udc00"), "schema_broken"),
    "script and overrides everywhere": (
        changed(findings=SCRIPT + OVERRIDE, impression=OVERRIDE + SCRIPT, item=SCRIPT + OVERRIDE),
        "",
    ),
    "text without end": (changed(findings="A" * 65_536), ""),
    "more text than that": (changed(findings="A" * 65_537), "schema_broken"),
    "a version of 1.0": (swapped('"version": 1', '"version": 1.0'), ""),
    "a version of 1e300": (swapped('"version": 1', '"version": 1e300'), "schema_broken"),
    "audited in the year 2099": (changed(audited_at="2099-01-01T00:00:00Z"), "time_in_future"),
    "examined in a year that no zone has": (changed(examined_at="9999-12-31T23:59:59-08:00"), "schema_broken"),
    "a leap second": (changed(audited_at="2016-12-31T23:59:60Z"), "schema_broken"),
    "thousands of people": (changed(people=[{"role": "auditor", "name": "x"}] * 5000), "schema_broken"),
    "a study UID that is a path": (changed(study_uids=["../1.2.3"]), "schema_broken"),
}
PERSONS: dict[str, tuple[Document, str]] = {
    "a script for a phone": ({"phone": SCRIPT}, "schema_broken"),
    "a phone with a line break": ({"phone": "13800001234\n"}, "schema_broken"),
    "born on no day": ({"birth_date": "9999-99-99"}, "schema_broken"),
    "born in the future": ({"birth_date": "2999-01-01"}, ""),
    "a line break in the id": ({"id": "P1\n2"}, "schema_broken"),
    "a line break in the issuer": ({"issuer": "a\nb"}, "schema_broken"),
    "a script for a name": ({"name": SCRIPT + OVERRIDE}, ""),
}


# -- heads objects ----------------------------------------------------------------------------------------------------------


def forged(directory: bytes, blob: bytes, count: int = 1) -> bytes:
    """A heads object with right checksums over zstd frames, whatever they hold."""
    sizes = [zstandard.get_frame_parameters(part).content_size for part in (directory, blob)]
    head = heads.HEADER.pack(
        *(heads.MAGIC, 1, 1, 0, 0, count, len(directory), sizes[0], len(blob), sizes[1]),
        *(zlib.crc32(directory), zlib.crc32(blob), 0),
    )[:-4]
    return head + struct.pack("<I", zlib.crc32(head)) + directory + blob


def bomb(mebibytes: int) -> bytes:
    squeezed = zstandard.ZstdCompressor(level=1).compressobj(size=mebibytes << 20)
    return b"".join(squeezed.compress(bytes(1 << 20)) for _ in range(mebibytes)) + squeezed.flush()


def entry(**changes: Any) -> Document:
    return {
        "bytes": 8,
        "class": "1.2",
        "head": [0, 8],
        "mode": "verbatim",
        "part": 0,
        "parts": 1,
        "runs": [8],
        "sha256": "a" * 64,
        "sop": "1.2.3",
        "syntax": "1.2.840.10008.1.2.1",
        **changes,
    }


def of_entries(entries: list[Document], blob: bytes = b"12345678", rest: Document | None = None) -> bytes:
    directory = json.dumps({"instances": entries, "low": None, "rest": rest}, separators=(",", ":")).encode()
    return forged(zstandard.compress(directory), zstandard.compress(blob), len(entries))


def millions_of_frames() -> bytes:
    """Three kilobytes that unpack to a directory of 1.2 million frames."""
    few = json.dumps(entry(mode="stored", first_frame=0, frames=[]), separators=(",", ":"))
    frames = ",".join(["[null,null,[16,1,0]]"] * 1_200_000)
    rest = f'{{"bytes":100,"sha256":"{"b" * 64}"}}'
    directory = f'{{"instances":[{few.replace("[]", f"[{frames}]")}],"low":null,"rest":{rest}}}'
    return forged(zstandard.compress(directory.encode()), zstandard.compress(b"12345678"))


def one_blob_for_all() -> bytes:
    """Twenty thousand instances that are one and the same 32 MiB: each would be read for itself."""
    whole = (32 << 20) - 64
    return of_entries([entry(bytes=whole, head=[0, whole], runs=[whole])] * 20_000, bytes(whole))


HEADS: dict[str, Callable[[], bytes]] = {
    "no heads": lambda: b"no parcel",
    "a page": lambda: SCRIPT.encode(),
    "zeros": lambda: bytes(1000),
    "a directory that unpacks to a gigabyte": lambda: forged(bomb(1024), zstandard.compress(b"")),
    "a blob that unpacks to a gigabyte": lambda: forged(zstandard.compress(b"{}"), bomb(1024)),
    "a directory of nothing but brackets": lambda: forged(zstandard.compress(b"[" * (31 << 20)), zstandard.compress(b"")),
    "millions of frames": millions_of_frames,
    "instances that share their bytes": one_blob_for_all,
}
