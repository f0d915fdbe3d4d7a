"""What tests of the whole cloud share."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

Found = TypeVar("Found")


def new_tenant() -> str:
    """A tenant that no other test uses."""
    return f"t-{secrets.token_hex(6)}"


def eventually(look: Callable[[], Found | None], seconds: float = 90) -> Found:
    """What `look` finds, as soon as it finds something true; fails when it never does.

    Raises TypeError when it answers an iterator, which is true also when nothing comes out of it.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if isinstance(found, Iterator):
            raise TypeError(f"an iterator is always true: list what {look.__doc__ or look} gives")
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing within {seconds:.0f} s: {look.__doc__ or look}")
        time.sleep(0.05)
