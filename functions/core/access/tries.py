"""Tries at a secret that may be guessed: five, then a lock that doubles each time. A link's answers and a password's alike.

Each change is a new value; the caller writes it with the version it read, so that of two changes at once one starts again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol, TypeVar

MAX_TRIES = 5
FIRST_LOCK_S = 15 * 60
LONGEST_LOCK_S = 24 * 3600


class Guarded(Protocol):
    """A dataclass with these fields; times in epoch seconds.

    tries: answers taken since the last right one, unlock or end of a lock.
    shut_until: the last try is taken and its answer not known yet; it becomes the lock, or ends with the right answer.
    lock_level: locks so far; the next lasts FIRST_LOCK_S × 2**lock_level.
    """

    @property
    def tries(self) -> int: ...
    @property
    def locked_until(self) -> int: ...
    @property
    def lock_level(self) -> int: ...
    @property
    def shut_until(self) -> int: ...


G = TypeVar("G", bound=Guarded)


def closed_until(thing: Guarded) -> int:
    return max(thing.locked_until, thing.shut_until)


def is_locked(thing: Guarded, now: int) -> bool:
    return now < closed_until(thing)


def tries_left(thing: Guarded, now: int) -> int:
    """Answers that may still be given before it locks."""
    if is_locked(thing, now):
        return 0
    return MAX_TRIES - (thing.tries if thing.tries < MAX_TRIES else 0)


def take_try(thing: G, now: int) -> G:
    """Take one try, before the answer is looked at; the fifth shuts at once.

    Written conditionally on the row's version, this bounds parallel guesses too: no answer is compared without its own try,
    and a crash between taking and comparing leaves it shut rather than open. The caller has refused what is locked.
    """
    tries = (thing.tries if thing.tries < MAX_TRIES else 0) + 1
    if tries < MAX_TRIES:
        return _with(thing, tries=tries, locked_until=0, shut_until=0)
    lock_s = min(FIRST_LOCK_S * 2**thing.lock_level, LONGEST_LOCK_S)
    return _with(thing, tries=tries, locked_until=0, shut_until=now + lock_s, lock_level=thing.lock_level + 1)


def answered_wrong(thing: G) -> G:
    """The answer was wrong: what its try has shut is locked, and everybody is told."""
    return _with(thing, locked_until=closed_until(thing), shut_until=0)


def answered_right(thing: G, before: G) -> G:
    """The answer was right: its tries are forgotten. The lock level of `before` the try stays: only an unlock lowers it."""
    return _with(thing, tries=0, locked_until=0, shut_until=0, lock_level=before.lock_level)


def unlocked(thing: G) -> G:
    """Somebody who is sure who asks opens it again."""
    return _with(thing, tries=0, locked_until=0, shut_until=0, lock_level=0)


def _with(thing: G, **changes: Any) -> G:
    changed: G = replace(thing, **changes)  # type: ignore[type-var]
    return changed
