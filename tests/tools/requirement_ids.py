"""The requirements by id: what must work, in one sentence each."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def titles() -> dict[str, str]:
    """{id: title} of all 278, in their order."""
    return dict(json.loads((_HERE / "requirement_ids.json").read_text(encoding="utf-8")))


def known_ids() -> frozenset[str]:
    """All ids that a test may be marked with."""
    return frozenset(titles())


@cache
def parts() -> dict[str, str]:
    """{id: what is still to come}: a later step completes these, so passing tests show them in part only."""
    return dict(json.loads((_HERE / "requirement_parts.json").read_text(encoding="utf-8")))
