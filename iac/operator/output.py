"""What a command answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Output:
    """text: for people; value: the same for programs; status: the exit status."""

    text: str
    value: Any
    status: int = 0
