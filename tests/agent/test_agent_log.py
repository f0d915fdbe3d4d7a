"""The log says where something went wrong, and never whose data it was."""

from __future__ import annotations

import io
import json
import logging

import pytest

from edge_agent import log


@pytest.fixture
def lines():
    logger = logging.getLogger("edge_agent")
    before = logger.handlers[:], logger.level, logger.propagate
    stream = io.StringIO()
    log.set_up("info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.handlers[:], logger.level, logger.propagate = before[0], before[1], before[2]


def test_a_surprise_is_told_by_type_and_place_without_its_words(lines):
    """Errors of libraries quote the value that they stumbled over."""
    try:
        try:
            raise ValueError("invalid value for VR PN: 'Muster^Max'")
        except ValueError as error:
            raise RuntimeError("patient Muster^Max") from error
    except RuntimeError:
        log.surprise("packing_failed", number=7)
    (line,) = lines()
    assert "Muster" not in json.dumps(line)
    assert (line["event"], line["number"]) == ("packing_failed", 7)
    types = [entry for entry in line["traceback"] if not entry.startswith("test_agent_log.py:")]
    assert types == ["builtins.RuntimeError", "builtins.ValueError"]
    assert len(line["traceback"]) == 4
