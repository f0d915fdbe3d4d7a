"""What must be the same at the end of a day whatever was delivered in which order, and what may differ, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from functions.adapters.table.port import Row
from functions.adapters.vault.port import Vault
from functions.core.study import keys
from functions.core.study.changes import events
from functions.core.study.keys import Bucket
from functions.core.study.release import VIEWABLE
from iac.operator.reconcile.differences import differences

DIGEST = re.compile("[0-9a-f]{64}")
TIMES_OF_A_LINK = ("issued_at", "expires_at", "ttl")


def lasting(rows: Iterable[Row]) -> list[Row]:
    """Rows without what tells of the way to them.

    When a case was earned, and whether an exam had earned it before its images left it for another exam. How often an exam was
    held in between, and so its serial, its notices and their links. What was drawn of an exam that its patient does not see, or
    of a report's version that was overtaken: it is shown to nobody, and drawn anew at the release.
    """
    rows = list(rows)
    exams = {row["exam"]: row for row in rows if row["kind"] == "exam"}
    found: list[Row] = []
    for row in rows:
        exam = exams.get(row.get("exam", ""))
        shown = exam is not None and exam["release"] == "released"
        kept = _lasting(row, shown=shown, current=exam["report_version"] if exam else 0)
        if row["kind"] == "case" and (exam is None or exam["imaging"] not in VIEWABLE):
            continue
        found += [kept] if kept else []
    return found


def _lasting(row: Row, *, shown: bool, current: int) -> dict[str, Any] | None:
    match row["kind"]:
        case "notice":
            return None
        case "link":
            return _without(row, *TIMES_OF_A_LINK) if row["channel"] == "paper" and shown else None
        case "exam":
            return _without(row, "release_serial")
        case "case":
            return _without(row, "at", "day_sk")
        case "study":
            return dict(row) if shown else _without(row, "films")
        case "report":
            return dict(row) if shown and row["report_version"] == current else _without(row, "document")
    return dict(row)


def _without(row: Row, *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def unlike(one: Iterable[Row], other: Iterable[Row]) -> list[str]:
    """Rows and fields that differ and should not."""
    return differences(lasting(one), lasting(other))


def made_of(rows: Iterable[Row]) -> list[tuple[Bucket, str]]:
    """The objects that rows name as made here: indexes, thumbnails, films, report PDFs."""
    found: list[tuple[Bucket, str]] = []
    for row in rows:
        if row["kind"] == "series":
            prefix = keys.parcel_prefix(row["tenant"], row["study"], row["series"])
            found += [("pixels", prefix + name) for name in (*row["pages"], row["index"], row["thumbnail"]) if name]
        if row["kind"] == "study" and row.get("films"):
            prefix = keys.derived_prefix(row["tenant"], row["study"])
            found += [("derived", prefix + name) for name in (*row["films"]["pages"], row["films"]["pdf"])]
        if row["kind"] == "report" and row.get("document"):
            place = row["document"]
            found.append(("derived", keys.derived_prefix(row["tenant"], place["exam"]) + place["name"]))
    return found


def misnamed(vault: Vault, objects: Iterable[tuple[Bucket, str]]) -> list[str]:
    """Objects that hold anything but the bytes that their names say."""
    wrong = []
    for bucket, key in objects:
        (name,) = DIGEST.findall(key.rsplit("/", 1)[1])
        if sha256(vault.get(bucket, key)).hexdigest() != name:
            wrong.append(f"{bucket}/{key}")
    return wrong


def told_once(rows: Iterable[Row], requests: list[str]) -> None:
    """One SMS for each notice, one notice for each release, and one for what each patient sees now.

    requests: ids of the messages that were sent.
    """
    assert len(set(requests)) == len(requests)
    rows = list(rows)
    notices = [row for row in rows if row["kind"] == "notice"]
    assert sorted(requests) == sorted(row["event"][:32] for row in notices)
    assert {row["state"] for row in notices} == {"sent"}
    for row in rows:
        if row["kind"] == "exam" and row["release"] == "released":
            (release,) = (event for event in events(None, row, "") if event["type"] == "exam_released")
            assert release["id"][:32] in requests
