"""Is everything here? Each agent says how much of a series it holds; that is compared with what came from that agent.

Agents are compared one by one, since two of them may hold different parts of a series, or the same images: neither the sum of
their counts nor the greatest would be the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from functions.core.study.bookkeeping import Declared
from functions.core.study.records import Series


@dataclass(frozen=True)
class Totals:
    """Of a study, in instances; frames: what can be looked at. declared: None until somebody declared something."""

    received: int
    frames: int
    declared: int | None
    complete: bool


def is_complete(declared_by: Mapping[str, int], received_by: Mapping[str, int]) -> bool:
    """Neither less than declared nor more: more means that the series grows and its next declaration is still to come."""
    return bool(declared_by) and dict(declared_by) == dict(received_by)


def expected(declared_by: Mapping[str, int], received_by: Mapping[str, int], received: int) -> int | None:
    """How many instances there should be at least. received: distinct ones; what came from several agents counts once."""
    if not declared_by:
        return None
    twice = sum(received_by.values()) - received
    return max(received, sum(declared_by.values()) - twice)


def added_up(series: Iterable[Series], declared: Iterable[Declared]) -> Totals:
    """A series of which nothing came counts as missing; one that nobody declared keeps the study incomplete."""
    here = {one.series: one for one in series}
    words = {one.series: one.by for one in declared}
    wanted, complete = 0, bool(words)
    for name in here.keys() | words.keys():
        received, received_by = (here[name].received, here[name].received_by) if name in here else (0, {})
        declared_by = words.get(name, {})
        wanted += max(received, expected(declared_by, received_by, received) or 0)
        complete = complete and is_complete(declared_by, received_by)
    return Totals(
        received=sum(one.received for one in here.values()),
        frames=sum(one.frames for one in here.values()),
        declared=wanted if words else None,
        complete=complete,
    )
