"""Whose word on a series counts: an agent's own. Nobody makes another's series complete or incomplete."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.core.study.agents import Agent
from tests.fakes import Fakes
from tests.handlers.ingest_world import cloud, receipt, series_of, study_of, take
from tests.handlers.uploads import TENANT, Slices, agent_of, declare, upload

OTHER = agent_of(ae_title="OTHERBOX")


@pytest.fixture
def deps() -> Fakes:
    return cloud()


def fate(deps: Fakes, message: dict[str, Any]) -> tuple[str, str]:
    take(deps, message)
    found = receipt(deps, message)
    return found.state, found.reason


def test_a_document_counts_only_for_the_agent_that_confirmed_it(deps: Fakes) -> None:
    """One that named another could make the other's series look complete, or never complete."""
    slices = Slices(count=2)
    own = [upload(deps, slices), declare(deps, [(slices, 2)])]
    take(deps, *own)
    for message in (upload(deps, replace(slices, first=5), agent=OTHER), declare(deps, [(slices, 9)], agent=OTHER)):
        assert fate(deps, {**message, "agent": agent_of()}) == ("quarantined", "agent_differs")
    assert series_of(deps, slices).received_by == {agent_of(): 2}
    assert study_of(deps, slices).complete


@pytest.mark.parametrize(("revoked_at", "reason"), [("2026-11-24T05:59:59Z", "agent_revoked"), ("2026-11-24T06:01:01Z", "")])
def test_what_a_revoked_agent_made_afterwards_is_quarantined_and_what_it_made_before_is_indexed(
    deps: Fakes, revoked_at: str, reason: str
) -> None:
    """Its grants live for a quarter of an hour more."""
    deps.table.put(Agent(TENANT, agent_of(), "LIGHTBOX", ["k"], "2026-11-01T00:00:00Z", revoked_at).to_row(), expect=None)
    slices = Slices(count=1)
    expected = ("quarantined" if reason else "indexed", reason)
    assert fate(deps, upload(deps, slices)) == expected
    assert fate(deps, declare(deps, [(slices, 1)])) == expected
