"""Different data sets under one SOP Instance UID of a series: found while it is indexed, and told to a person [ING-04].

What is found is a function of the series' manifests, so that it is the same whatever order or repetition brought them. Contents
are compared only where two data sets of one instance meet, since that takes their pixels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from functions.adapters.observability import count, logger
from functions.adapters.table.changing import change
from functions.adapters.table.port import Row
from functions.adapters.wiring import Deps
from functions.core.errors import NotArrived, ObjectMissing
from functions.core.imaging.parcel import Fetch, Heads, Instance
from functions.core.imaging.series_index import HeadsRows
from functions.core.imaging.versions import Agreement, Versions, agreement, contested, versions_of
from functions.core.study import keys
from functions.core.study.bookkeeping import QuarantineEntry
from functions.core.study.records import Series
from functions.core.times import iso
from functions.ingest.heads import Kept, read_heads

if TYPE_CHECKING:
    from functions.core.imaging.content import Content

KEPT_OBJECTS = 96 * 1024 * 1024  # of pixel objects, each at most 32 MiB: instances lie in them one beside the other
KEPT_CONTENTS = 100_000

_objects: Kept[bytes] = Kept(KEPT_OBJECTS, len)
_contents: Kept[Content] = Kept(KEPT_CONTENTS, lambda _: 1)

COMPARED_BYTES = 2 * 1024**3  # of a series, as received: some 3000 slices, each beside a compressed version of it

Name = tuple[str, str]  # SOP Instance UID, digest of a data set
Place = tuple[str, int]  # digest of a heads object, number of an instance in it


@dataclass(frozen=True)
class Conflicts:
    """instances: with contents that differ; undecoded: those of them whose pixels could only be compared as bytes;
    withheld: SOP Instance UIDs of those whose pictures differ."""

    instances: int = 0
    undecoded: int = 0
    withheld: frozenset[str] = field(default_factory=frozenset)

    @property
    def counts(self) -> dict[str, int]:
        """As a series' row has them; empty when there is none."""
        if not self.instances:
            return {}
        return {"instances": self.instances, "withheld": len(self.withheld), "undecoded": self.undecoded}


def conflicts_in(series: Series, heads: Mapping[str, HeadsRows], deps: Deps, limit: int = COMPARED_BYTES) -> Conflicts:
    """heads: rows of each heads object of the series, by digest; limit: bytes to compare. Raises as `read_heads`."""
    versions = versions_of(heads.values())
    doubtful = contested(versions)
    if not doubtful:
        return Conflicts()
    contents = _contents_of(series, doubtful, _comparable(doubtful, versions, limit), heads, deps)
    instances = undecoded = 0
    withheld = set()
    for uid, digests in doubtful.items():
        found = [contents[uid, sha256] for sha256 in digests]
        verdict = agreement(found)
        if verdict is not Agreement.DUPLICATE:
            instances += 1
            undecoded += not all(one.decoded for one in found)
        if verdict is Agreement.PICTURE_DIFFERS:
            withheld.add(uid)
    about = {"study": series.study, "series": series.series, "instances": instances, "withheld": len(withheld)}
    logger.info("versions compared", extra={**about, "of": len(doubtful), "undecoded": undecoded})
    return Conflicts(instances, undecoded, frozenset(withheld))


def note_conflicts(tenant: str, study: str, series: str, deps: Deps) -> None:
    """A series with conflicts waits for a person; the entry of one that has none any more is closed."""
    blank = QuarantineEntry(tenant, "series", series, "", study=study)

    def decide(entry: Row | None) -> Row | None:
        row = deps.table.get(*Series(tenant, study, series, "").key())  # after the entry: of two at once the later sees the newer
        conflicts = row.get("conflicts") if row else None
        if not conflicts:
            return {**entry, "open": False} if entry and entry["open"] else None
        reason = "instance_conflict" if conflicts["withheld"] else "attributes_conflict"
        at = entry["at"] if entry and entry["open"] else iso(deps.clock.now())
        new = replace(blank, reason=reason, at=at, count=conflicts["instances"])
        if entry is None or QuarantineEntry.from_row(entry) != new:
            logger.warning("instances conflict", extra={"study": study, "series": series, **conflicts})
            count("InstancesConflict", reason=reason)
        return new.to_row()

    change(deps.table, *blank.key(), decide)


def _comparable(doubtful: Mapping[str, Iterable[str]], versions: Versions, left: int) -> set[str]:
    """Which instances to compare, the first in order: a call of ingest has two minutes, and what takes longer would never end."""
    chosen = set()
    for uid in sorted(doubtful):
        left -= sum(versions[uid][sha256].bytes for sha256 in doubtful[uid])
        if left < 0:
            break
        chosen.add(uid)
    return chosen


def _contents_of(
    series: Series, doubtful: Mapping[str, Iterable[str]], comparable: Collection[str], heads: Mapping[str, HeadsRows], deps: Deps
) -> dict[Name, Content]:
    """What is not compared is like nothing but itself. Instances that share a heads object come one after the other, so that its
    pixels are fetched once."""
    from functions.core.imaging.content import Content

    return {
        (uid, sha256): _content_of(series, [where[part] for part in sorted(where)], deps)
        if uid in comparable
        else Content(sha256, sha256, decoded=False)
        for (uid, sha256), where in _places(doubtful, heads).items()
    }


def _places(doubtful: Mapping[str, Iterable[str]], heads: Mapping[str, HeadsRows]) -> dict[Name, dict[int, Place]]:
    """Each data set's parts and where they are, in the order of the heads objects."""
    wanted = {(uid, sha256) for uid, digests in doubtful.items() for sha256 in digests}
    found: dict[Name, dict[int, Place]] = {}
    for name, rows in heads.items():
        for number, one in enumerate(rows.instances):
            if (one.sop_uid, one.sha256) in wanted:
                found.setdefault((one.sop_uid, one.sha256), {}).setdefault(one.part, (name, number))
    return found


def _content_of(series: Series, places: list[Place], deps: Deps) -> Content:
    """Kept while the function is warm: a series that grows is compared again with each index."""
    from functions.core.imaging.content import content_of  # with it come the decoders, for which few series have a use

    prefix = keys.parcel_prefix(series.tenant, series.study, series.series)
    name = prefix + "+".join(f"{sha256}#{number}" for sha256, number in places)
    content = _contents.get(name)
    if content is None:
        content = content_of([_part(series, prefix, *place, deps) for place in places])
        _contents.put(name, content)
    return content


def _part(series: Series, prefix: str, sha256: str, number: int, deps: Deps) -> tuple[Heads, Instance, Fetch]:
    heads = read_heads(series.tenant, series.study, series.series, sha256, deps)

    def fetch(kind: str, offset: int, length: int) -> bytes:
        home = heads.low if kind == "low" else heads.rest
        return _object(f"{prefix}{home.sha256 if home else ''}.{kind}", deps)[offset : offset + length]

    return heads, heads.instances[number], fetch


def _object(key: str, deps: Deps) -> bytes:
    """A whole pixel object. Raises NotArrived."""
    body = _objects.get(key)
    if body is None:
        try:
            body = deps.vault.get("pixels", key)
        except ObjectMissing:
            raise NotArrived(reason="parcel_missing") from None
        _objects.put(key, body)
    return body
