"""Structured log: one JSON object a line, on standard error. UIDs and counts, never patient data."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from edge_agent.errors import AgentError

_NAME = "edge_agent"


class JsonLines(logging.Formatter):
    """`{"time", "level", "event", …fields}`; fields come from `extra={"fields": {…}}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[0]:
            line["traceback"] = list(_frames(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=False, default=str)


def _frames(error: BaseException | None) -> Iterator[str]:
    """Types and places only: what an error says may quote a patient's data."""
    while error is not None:
        yield ".".join((type(error).__module__, type(error).__qualname__))
        yield from (f"{Path(at.filename).name}:{at.lineno} {at.name}" for at in traceback.extract_tb(error.__traceback__))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Send the agent's log to `stream` (standard error). Called once, by `run`."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger(_NAME)
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False


def info(event: str, **fields: object) -> None:
    logging.getLogger(_NAME).info(event, extra={"fields": fields})


def warning(event: str, **fields: object) -> None:
    logging.getLogger(_NAME).warning(event, extra={"fields": fields})


def failure(event: str, error: AgentError, **fields: object) -> None:
    """An error of our own tree, with its hint."""
    logging.getLogger(_NAME).error(event, extra={"fields": error.facts() | {"retry": error.retry} | fields})


def surprise(event: str, **fields: object) -> None:
    """An exception nobody foresaw, with its type and frames, without its words; call inside `except`."""
    logging.getLogger(_NAME).exception(event, extra={"fields": fields})
