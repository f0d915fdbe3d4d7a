"""Structured log: one JSON object a line, on standard error. UIDs and counts, never patient data."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
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
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


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
    told = {"error": error.code, "message": str(error), "hint": error.hint, "retry": error.retry}
    logging.getLogger(_NAME).error(event, extra={"fields": told | fields})


def surprise(event: str, **fields: object) -> None:
    """An exception nobody foresaw, with its traceback; call inside `except`."""
    logging.getLogger(_NAME).exception(event, extra={"fields": fields})
