"""A table is lost: where full images lie comes back with it, and an operator's word moves them [LIFE-01]."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.core.retention.tiers import NEARLINE_AFTER_DAYS
from functions.core.study import keys
from functions.core.study.records import Study
from functions.lifecycle.ending import settle
from iac.operator import hospitals
from iac.operator.reconcile.differences import differences
from tests.handlers.uploads import TENANT, Slices, declare, report, upload
from tests.operator.small_hospital import SmallHospital

pytestmark = pytest.mark.req("LIFE-01")
SLICES = Slices(count=1)
DAY_S = 24 * 3600


@pytest.fixture
def here() -> SmallHospital:
    made = SmallHospital()
    made.open()
    made.enrol("LIGHTBOX")
    said = [upload(made.deps, SLICES), declare(made.deps, [(SLICES, 1)]), report(made.deps)]
    made.deliver(*map(made.confirm, said))
    made.settle()
    return made


def name(here: SmallHospital) -> str:
    return here.deps.naming.study(TENANT, SLICES.study_uid)


def study(here: SmallHospital) -> Study:
    return Study.from_row(here.deps.table.get(keys.study_pk(TENANT, name(here)), "STUDY") or {})


def rows(here: SmallHospital) -> Iterator[Any]:
    return here.deps.table.rows(keys.study_pk(TENANT, name(here)), "")


def move(here: SmallHospital, to: str) -> Any:
    """The operator's command, and what lifecycle then does."""
    answer = here.operator("study", "tier", "--tenant", TENANT, "--study", name(here), "--to", to)
    messages, here.deps.lifecycle_queue.messages = here.deps.lifecycle_queue.messages, []
    for one in messages:
        settle(one, here.deps)
    here.settle()
    return answer


def test_each_tier_comes_back_from_the_journal(here: SmallHospital) -> None:
    """Or a page would ask for images that storage refuses."""
    here.operator("hospital", "set", "--tenant", TENANT, "--archive-after", "3")
    for to, tier in (("nearline", "nearline"), ("archive", "offline"), ("online", "recalling")):
        here.clock.advance(4 * 365 * DAY_S if to == "archive" else NEARLINE_AFTER_DAYS * DAY_S)
        here.deps.vault.pass_night()
        assert move(here, to)["asked"]
        assert study(here).tier == tier
        kept = list(rows(here))
        here.lose_the_table()
        assert here.reconcile()["failed"] == []
        assert differences(kept, rows(here)) == []
        assert study(here).tier == tier
        assert hospitals.find(here.deps, TENANT).archive_after_years == 3


def test_by_hand_nothing_is_archived_before_its_third_year_and_nothing_is_done_twice(here: SmallHospital) -> None:
    """[LIFE-02] Contracts ask for three years online, whoever says otherwise."""
    assert move(here, "archive") is None
    assert study(here).tier == "online"
    assert move(here, "nearline")["asked"]
    assert not move(here, "nearline")["asked"]
    assert not move(here, "online")["asked"]
    assert (study(here).moved or {})["by"].startswith("operator:")
    here.clock.advance(4 * 365 * DAY_S)
    assert move(here, "archive")["asked"]
    assert move(here, "nearline") is None
    assert here.operator("hospital", "set", "--tenant", TENANT, "--archive-after", "2") is None
