"""The four machines of a study and its exam, as tables, and the one state that people see [ING-01].

A study has its images' state and its tier; an exam has its report's state and its release. They run independently: images may
come after the release, a report before the images, a recall while released. Values stand in the table's rows: never rename one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from functions.core.errors import ImpossibleStep


class Imaging(StrEnum):
    """What is there of a study's images."""

    NONE = "none"  # nothing known
    RECEIVING = "receiving"  # something is announced or arriving, nothing can be looked at yet
    VIEWABLE = "viewable"  # at least one series has an index; less is here than was declared, or nothing was declared yet
    COMPLETE = "complete"  # every declared instance is indexed


class ImagingEvent(StrEnum):
    ANNOUNCED = "announced"  # a declaration, or parcels without a frame
    INDEXED = "indexed"  # frames can be looked at, the declared counts are not reached or unknown
    COUNTED = "counted"  # every declared count is reached


class Reporting(StrEnum):
    """The exam's report: the state of its highest version."""

    NONE = "none"
    PRELIMINARY = "preliminary"
    AUDITED = "audited"
    CORRECTED = "corrected"
    RETRACTED = "retracted"


class ReportingEvent(StrEnum):
    """A version higher than all before arrived in this state."""

    PRELIMINARY = "preliminary"
    AUDITED = "audited"
    CORRECTED = "corrected"
    RETRACTED = "retracted"


class Release(StrEnum):
    """Whether the patient sees the exam."""

    HELD = "held"  # something is missing or in doubt (`reasons` of the exam's row)
    RELEASED = "released"
    HIDDEN = "hidden"  # a report was retracted or a person hid it: only a person shows it again


class ReleaseEvent(StrEnum):
    FULFILLED = "fulfilled"  # audited report, images viewable, all match
    DOUBTED = "doubted"  # a condition does not hold, or holds no longer
    WITHDRAWN = "withdrawn"  # a report was retracted, or a person hid the exam
    SHOWN = "shown"  # a person decided to show it again; the conditions are looked at anew


class Tier(StrEnum):
    """How fast the full pixels can be had; the 1/4 picture is always online."""

    ONLINE = "online"
    NEARLINE = "nearline"
    OFFLINE = "offline"
    RECALLING = "recalling"
    EXPIRED = "expired"


class TierEvent(StrEnum):
    COOLED = "cooled"
    ARCHIVED = "archived"
    ASKED_FOR = "asked_for"
    RECALLED = "recalled"
    RETENTION_ENDED = "retention_ended"


M, ME = Imaging, ImagingEvent
IMAGING: Mapping[tuple[Imaging, ImagingEvent], Imaging] = {
    (M.NONE, ME.ANNOUNCED): M.RECEIVING,
    (M.NONE, ME.INDEXED): M.VIEWABLE,
    (M.NONE, ME.COUNTED): M.COMPLETE,
    (M.RECEIVING, ME.ANNOUNCED): M.RECEIVING,
    (M.RECEIVING, ME.INDEXED): M.VIEWABLE,
    (M.RECEIVING, ME.COUNTED): M.COMPLETE,
    (M.VIEWABLE, ME.INDEXED): M.VIEWABLE,
    (M.VIEWABLE, ME.COUNTED): M.COMPLETE,
    (M.COMPLETE, ME.COUNTED): M.COMPLETE,
    (M.COMPLETE, ME.INDEXED): M.VIEWABLE,  # more was declared, or an image came beyond what was
}

R, RE = Reporting, ReportingEvent
REPORTING: Mapping[tuple[Reporting, ReportingEvent], Reporting] = {
    (R.NONE, RE.PRELIMINARY): R.PRELIMINARY,
    (R.NONE, RE.AUDITED): R.AUDITED,
    (R.NONE, RE.CORRECTED): R.CORRECTED,
    (R.NONE, RE.RETRACTED): R.RETRACTED,
    (R.PRELIMINARY, RE.PRELIMINARY): R.PRELIMINARY,
    (R.PRELIMINARY, RE.AUDITED): R.AUDITED,
    (R.PRELIMINARY, RE.CORRECTED): R.CORRECTED,
    (R.PRELIMINARY, RE.RETRACTED): R.RETRACTED,
    (R.AUDITED, RE.PRELIMINARY): R.PRELIMINARY,  # the audit was taken back
    (R.AUDITED, RE.AUDITED): R.AUDITED,
    (R.AUDITED, RE.CORRECTED): R.CORRECTED,
    (R.AUDITED, RE.RETRACTED): R.RETRACTED,
    (R.CORRECTED, RE.PRELIMINARY): R.PRELIMINARY,
    (R.CORRECTED, RE.AUDITED): R.AUDITED,
    (R.CORRECTED, RE.CORRECTED): R.CORRECTED,
    (R.CORRECTED, RE.RETRACTED): R.RETRACTED,
    (R.RETRACTED, RE.PRELIMINARY): R.PRELIMINARY,
    (R.RETRACTED, RE.AUDITED): R.AUDITED,
    (R.RETRACTED, RE.CORRECTED): R.CORRECTED,
    (R.RETRACTED, RE.RETRACTED): R.RETRACTED,
}

L, LE = Release, ReleaseEvent
RELEASE: Mapping[tuple[Release, ReleaseEvent], Release] = {
    (L.HELD, LE.FULFILLED): L.RELEASED,
    (L.HELD, LE.DOUBTED): L.HELD,
    (L.HELD, LE.WITHDRAWN): L.HIDDEN,
    (L.HELD, LE.SHOWN): L.HELD,
    (L.RELEASED, LE.FULFILLED): L.RELEASED,
    (L.RELEASED, LE.DOUBTED): L.HELD,
    (L.RELEASED, LE.WITHDRAWN): L.HIDDEN,
    (L.RELEASED, LE.SHOWN): L.RELEASED,
    (L.HIDDEN, LE.WITHDRAWN): L.HIDDEN,
    (L.HIDDEN, LE.SHOWN): L.HELD,
}

T, TE = Tier, TierEvent
TIER: Mapping[tuple[Tier, TierEvent], Tier] = {
    (T.ONLINE, TE.COOLED): T.NEARLINE,
    (T.ONLINE, TE.ARCHIVED): T.OFFLINE,
    (T.NEARLINE, TE.ARCHIVED): T.OFFLINE,
    (T.OFFLINE, TE.ASKED_FOR): T.RECALLING,
    (T.RECALLING, TE.ASKED_FOR): T.RECALLING,
    (T.RECALLING, TE.RECALLED): T.ONLINE,
    (T.ONLINE, TE.RETENTION_ENDED): T.EXPIRED,
    (T.NEARLINE, TE.RETENTION_ENDED): T.EXPIRED,
    (T.OFFLINE, TE.RETENTION_ENDED): T.EXPIRED,
    (T.RECALLING, TE.RETENTION_ENDED): T.EXPIRED,
}

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def step(table: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """The one way a state changes. Raises ImpossibleStep, changing nothing."""
    try:
        return table[state, event]
    except KeyError:
        raise ImpossibleStep(machine=type(state).__name__, state=state.value, event=event.value) from None


class ExamState(StrEnum):
    """What people see of an exam, derived; stored nowhere."""

    REGISTERED = "registered"
    IMAGED = "imaged"
    REPORTED = "reported"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


def exam_state(imaging: Imaging, reporting: Reporting, release: Release, tier: Tier = Tier.ONLINE) -> ExamState:
    """A pure function of the four machines. Being offline or recalled changes how fast, not what."""
    if tier is Tier.EXPIRED:
        return ExamState.EXPIRED
    if release is Release.HIDDEN:
        return ExamState.WITHDRAWN
    if release is Release.RELEASED:
        return ExamState.PUBLISHED
    if reporting in (Reporting.AUDITED, Reporting.CORRECTED):
        return ExamState.REPORTED
    if imaging in (Imaging.VIEWABLE, Imaging.COMPLETE):
        return ExamState.IMAGED
    return ExamState.REGISTERED
