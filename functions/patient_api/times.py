"""Epoch seconds of rows as moments."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
