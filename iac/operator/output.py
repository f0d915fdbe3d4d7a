"""What a command answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Output:
    """text: for people; value: the same for programs; status: the exit status; urgent: words of `text` that stand in red."""

    text: str
    value: Any
    status: int = 0
    urgent: str = ""
