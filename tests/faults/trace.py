"""What happened in a run, in order, readable; and the agent's own log within it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_WORDS = ("hint", "retry", "message", "zh", "zh_hint")  # of the operator's; the trace has the error's name


class Trace:
    """Notes are kept as they are and written out only when somebody reads them."""

    def __init__(self, now_s: Callable[[], float] = lambda: 0.0) -> None:
        self.now_s = now_s
        self._notes: list[tuple[float, str, tuple[Any, ...]]] = []

    def note(self, who: str, *what: Any) -> None:
        if what != ("",):
            self._notes.append((self.now_s(), who, what))

    def __len__(self) -> int:
        return len(self._notes)

    def lines(self) -> list[str]:
        return [f"{at:9.2f} s  {who:14} {' '.join(str(word) for word in what)}" for at, who, what in self._notes]


class _Handler(logging.Handler):
    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self._trace = trace
        self.surprises: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        fields = getattr(record, "fields", {})
        told = {name: value for name, value in fields.items() if name not in _WORDS}
        if record.exc_info and record.exc_info[1] is not None:
            told["exception"] = repr(record.exc_info[1])
            self.surprises.append(f"{record.getMessage()}: {record.exc_info[1]!r}")
        self._trace.note("agent's log", record.getMessage(), told)


@contextmanager
def agent_log(trace: Trace) -> Iterator[list[str]]:
    """The agent's log goes into the trace; yields the exceptions that it did not expect, as they come."""
    logger = logging.getLogger("edge_agent")
    before = logger.handlers[:], logger.level, logger.propagate
    handler = _Handler(trace)
    logger.handlers[:], logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    try:
        yield handler.surprises
    finally:
        logger.handlers[:], logger.propagate = before[0], before[2]
        logger.setLevel(before[1])
