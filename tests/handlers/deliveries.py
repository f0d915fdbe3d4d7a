"""How a queue may deliver: in any order and batching, and some of it again; and what must be the same afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from functions.adapters.table.memory import MemoryTable

COUNTS_WRITES = ("version", "release_serial", "updated_at", "index_version")
T = TypeVar("T")


@st.composite
def deliveries(draw: Callable[[Any], Any], messages: Sequence[T]) -> list[list[T]]:
    """Batches with all messages, up to five of them twice or more."""
    order = list(draw(st.permutations(messages)))
    for message in draw(st.lists(st.sampled_from(messages), max_size=5)):
        order.insert(draw(st.integers(0, len(order))), message)
    cuts = draw(st.lists(st.integers(0, len(order)), max_size=3).map(sorted))
    batches = [order[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(order)], strict=True)]
    return [batch for batch in batches if batch]


def state_of(table: MemoryTable) -> list[dict[str, Any]]:
    """All rows without what counts writes."""
    return [{name: value for name, value in row.items() if name not in COUNTS_WRITES} for row in table.everything()]
