"""An agent that enrolled before the index listed agents is watched over like any other once `reconcile` has run."""

from __future__ import annotations

import pytest

from functions.core.study import keys
from functions.core.study.enrolment import agent_id
from tests.handlers.uploads import TENANT
from tests.operator.small_hospital import SmallHospital

pytestmark = pytest.mark.req("PLUS-04")

NAMES = ("NEWBOX", "OLDBOX")


@pytest.fixture
def here() -> SmallHospital:
    """Two agents; of one the row is as it was written before it named its place in the index."""
    here = SmallHospital()
    here.open()
    for name in NAMES:
        here.enrol(name)
    here.settle()
    key = keys.agent_pk(TENANT, agent_id(TENANT, "OLDBOX")), "AGENT"
    row = here.deps.table.get(*key)
    assert row is not None
    old = {name: value for name, value in row.items() if name not in ("day_pk", "day_sk")}
    here.deps.table.put(old, expect=row["version"])
    here.settle()
    return here


def listed(here: SmallHospital) -> list[str]:
    return [one["agent"]["ae_title"] for one in here.operator("agent", "list", "--tenant", TENANT)]


def test_it_is_listed_once_and_counted(here: SmallHospital) -> None:
    assert listed(here) == ["NEWBOX"]
    assert here.reconcile()["done"]["agents listed"] == 1
    assert sorted(listed(here)) == list(NAMES)
    rows = here.rows()
    assert "agents listed" not in here.reconcile()["done"]
    assert here.rows() == rows


def test_nothing_else_of_it_changes_and_nobody_is_told(here: SmallHospital) -> None:
    agent = ("agent", "show", "--tenant", TENANT, "--ae-title", "OLDBOX")
    before, told = here.operator(*agent), len(here.deps.bus.events)
    here.reconcile()
    here.settle()
    assert here.operator(*agent) == before
    assert len(here.deps.bus.events) == told


def test_it_is_listed_though_the_hospital_is_closed(here: SmallHospital) -> None:
    here.operator("hospital", "close", "--tenant", TENANT)
    here.reconcile()
    assert sorted(listed(here)) == list(NAMES)


def test_the_count_is_said_in_both_languages(here: SmallHospital, capsys: pytest.CaptureFixture[str]) -> None:
    from iac.operator.__main__ import main

    main(["reconcile"], lambda: here.deps)
    said = capsys.readouterr().out
    assert "补入前置机列表 · agents listed" in said
