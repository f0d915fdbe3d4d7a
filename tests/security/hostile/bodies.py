"""HTTP bodies, headers and cookies that no client of ours would send. None may get anything but a refusal."""

from __future__ import annotations

import json
from typing import Any

JSON = "application/json"
SHA = "ab" * 32
GOOD: dict[str, dict[str, Any]] = {
    "/edge/v1/enrolments": {"code": "ABCD-EFGH-JKMN", "ae_title": "LIGHTBOX", "public_key": "-----BEGIN PUBLIC KEY-----\n"},
    "/edge/v1/tokens": {},
    "/edge/v1/grants": {"study_uid": "1.2.3", "series_uid": "1.2.3.4", "objects": [{"kind": "low", "sha256": SHA, "bytes": 100}]},
    "/edge/v1/manifests": {"kind": "manifest", "sha256": SHA, "study_uid": "1.2.3", "series_uid": "1.2.3.4"},
    "/edge/v1/manifests/status": {"sha256": [SHA]},
    "/edge/v1/reports": {"sha256": SHA},
    "/edge/v1/reports/status": {"sha256": [SHA]},
    "/edge/v1/heartbeats": {"version": "1", "spool": {"objects": 0, "bytes": 0, "free_bytes": 1}, "parked": 0},
    "/patient/v1/links/open": {"token": "A" * 27},
    "/patient/v1/sessions": {"token": "A" * 27, "mode": "phone_tail", "answer": "1234"},
    "/patient/v1/series/{series}/open": {},
    "/patient/v1/derived/open": {"study": "a" * 32},
}


def bodies(good: dict[str, Any]) -> dict[str, tuple[bytes, str]]:
    """(body, content type) by name; each is wrong whatever the route."""
    text = json.dumps(good).encode()
    return {
        "nothing": (b"", JSON),
        "no JSON": (b"<xml/>", JSON),
        "half of it": (text[:-1], JSON),
        "it twice": (text * 2, JSON),
        "a list of it": (b"[" + text + b"]", JSON),
        "a text of it": (json.dumps(text.decode()).encode(), JSON),
        "a number": (b"1e400", JSON),
        "no number": (b"NaN", JSON),
        "brackets": (b"[" * 8000, JSON),
        "objects in objects": (b'{"a":' * 1600, JSON),
        "ten megabytes": (b" " * 10_000_000 + text, JSON),
        "another encoding": (text.decode().encode("utf-16"), JSON),
        "bytes that are no text": (b'{"\xff\xfe": 1}', JSON),
        "half a character": (text[:-1] + (b', "x"' if good else b'"x"') + b': "\\ud800"}', JSON),
        "a key twice": (b'{"x": 1, "x": 2}', JSON),
        "an unknown key": (json.dumps({**good, "__proto__": {"admin": True}}).encode(), JSON),
        "form data": (b"token=x&answer=1", "application/x-www-form-urlencoded"),
        "plain text": (text, "text/plain"),
        "no content type": (text, ""),
        "a content type that only begins so": (text, "application/json-seq"),
        "two content types": (text, "text/plain, application/json"),
        "a script": (b"<script>alert(1)</script>", "text/html"),
    }


TEXTS = {  # in the place of each text of a good body
    "a line break at the end": lambda text: text + "\n",
    "a NUL": lambda text: text + "\x00",
    "a path": lambda text: "../" + text,
    "an escaped path": lambda text: "%2e%2e%2f" + text,
    "wide digits": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text) + "１",
    "a script": lambda text: "<script>alert(1)</script>",
    "an override": lambda text: "\u202e" + text,
    "seven thousand letters": lambda text: text + "a" * 7000,
    "a key of the table": lambda text: "TENANT#tongren#STUDY#" + text,
    "template marks": lambda text: "{schema}{0}%s${x}" + text,
}
AUTHORIZATIONS = [
    "",
    "Bearer x",
    "Basic QTpC",
    "Lightbox",
    'Lightbox key="a"',
    'Lightbox key="../KEY", time="2026-11-24T06:05:00Z", nonce="' + "1" * 22 + '", token="", signature="AAAAAAAAAAA="',
    'Lightbox key="a", key="b", time="x", nonce="y", token="z", signature="w"',
    'Lightbox key="a\r\nX-Evil: 1", time="x"',
    "Lightbox " + 'key="a", ' * 5000,
    'Lightbox key="a", time="9999-99-99T99:99:99Z", nonce="' + "1" * 22 + '", token="", signature="AAAAAAAAAAA="',
    'Lightbox key="a", time="２０２６-11-24T06:05:00Z", nonce="' + "1" * 22 + '", token="", signature="AAAAAAAAAAA="',
    "\x00",
    "é" * 100,
]
COOKIES = [
    "",
    "=",
    ";" * 5000,
    "__Host-lightbox",
    "__Host-lightbox=",
    "__Host-lightbox=../x",
    "__Host-lightbox=" + "a" * 27,
    "__Host-lightbox=" + "a" * 5000,
    "__Host-lightbox=a; __Host-lightbox=b",
    "__Host-lightbox=\x00",
    '__Host-lightbox="' + "a" * 27 + '"',
    "__Secure-lightbox=x; lightbox=x",
    "é=é",
]
