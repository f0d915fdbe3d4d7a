"""Several data sets under one SOP Instance UID: which of them are the same image, and what an index shows of the others [ING-04].

DICOM gives a UID to one image for ever (PS3.5 9), but modalities and archives send changed ones under it. Which is right no
program knows: neither the first, which may be what was corrected, nor the last, which may be what an archive spoilt. So the rule
here knows no first and no last; it is a function of the data sets alone, whatever order, batches or agents brought them
(docs/adr/0013):

- Equal contents are duplicates: one is shown, the one that a browser decodes best.
- Contents that differ in what nobody sees (a corrected name, a private tag) are a conflict; the picture is the same, so that
  one is shown, the same one for all time: the smallest digest of those that a browser decodes best.
- Contents that differ in what is seen or measured are a conflict, and neither is shown: in their place the index has one frame
  without pixels, codec `withheld`, so that the place is not lost and nobody reads a picture that may not be the patient's.

A hospital's own rule (replace, keep version, refuse) or a person's word will choose among `Version`s here, in `shown`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from functions.core.imaging.content import Content
    from functions.core.imaging.series_index import HeadsRows, InstanceRows

SHOWN_BY_BROWSERS = ("htj2k", "zstd", "jpeg")


class Agreement(IntEnum):
    """How much the whole versions of an instance have in common."""

    DUPLICATE = 0  # everything
    UNSEEN_DIFFERS = 1
    PICTURE_DIFFERS = 2


@dataclass(slots=True)
class Version:
    """One data set under a SOP Instance UID. bytes: of all of it; here: which parts arrived; rank: of its picture, 0 the best."""

    sha256: str
    bytes: int
    parts: int
    here: set[int] = field(default_factory=set)
    rank: int = 2

    @property
    def is_whole(self) -> bool:
        return len(self.here) == self.parts

    def add(self, instance: InstanceRows) -> None:
        self.here.add(instance.part)
        if instance.rows:
            self.rank = min(self.rank, int(instance.rows[0].format.codec not in SHOWN_BY_BROWSERS))


Versions = Mapping[str, Mapping[str, Version]]


def versions_of(parcels: Iterable[HeadsRows]) -> Versions:
    """SOP Instance UID → digest of a data set → what is here of it. Parts of two data sets are no whole."""
    found: dict[str, dict[str, Version]] = {}
    for parcel in parcels:
        for one in parcel.instances:
            same = found.setdefault(one.sop_uid, {})
            version = same.get(one.sha256)
            if version is None:
                version = same[one.sha256] = Version(one.sha256, one.bytes, one.parts)
            version.add(one)
    return found


def shown(versions: Iterable[Version]) -> Version:
    """The one that stands for the instance: whole before in part, with its first part before without, decoded by a browser before
    not, then the smallest digest."""
    return min(versions, key=lambda one: (not one.is_whole, 0 not in one.here, one.rank, one.sha256))


def contested(versions: Versions) -> dict[str, list[str]]:
    """SOP Instance UID → digests of its whole data sets, where there are several: their contents are to be compared."""
    found = {}
    for uid, same in versions.items():
        if len(same) > 1:
            whole = sorted(one.sha256 for one in same.values() if one.is_whole)
            if len(whole) > 1:
                found[uid] = whole
    return found


def agreement(contents: Collection[Content]) -> Agreement:
    if len({one.whole for one in contents}) == 1:
        return Agreement.DUPLICATE
    same_picture = len({one.picture for one in contents}) == 1
    return Agreement.UNSEEN_DIFFERS if same_picture else Agreement.PICTURE_DIFFERS
