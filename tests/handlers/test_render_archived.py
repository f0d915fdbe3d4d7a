"""A film of a study that lies in the archive is drawn when its full images have come, and fails nothing before [LIFE-01]."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.core.retention.tiers import FULL_IMAGES
from functions.core.study.records import Study
from tests.handlers.render_world import RenderWorld, ct_slice
from tests.handlers.test_render import complete_study


@pytest.mark.req("LIFE-01")
def test_a_film_that_needs_archived_images_waits_for_their_recall() -> None:
    """Nothing comes again and again for hours, and nobody has to send anything again."""
    world = RenderWorld()
    complete_study(world, slices=4)
    world.render()
    lies(world, "offline", 1)
    vault = world.deps.vault
    for bucket, key in list(vault._objects):
        if key.endswith(FULL_IMAGES):
            vault.tag(bucket, key, {"tier": "archive"})
    vault.pass_night()
    world.send([ct_slice(number, series="1.2.3.2", SeriesNumber="3") for number in range(1, 3)])
    world.declare({"1.2.3.1": 4, "1.2.3.2": 2})
    world.render()
    before = world.study().films
    assert before is not None
    assert len(before["pages"]) == 1
    vault.restore("pixels", list(vault.keys("pixels", "")), 7)
    vault.bring("2026-12-01T00:00:00Z")
    lies(world, "online", 2)
    world.render("tier_changed")
    after = world.study().films
    assert after is not None
    assert len(after["pages"]) == 2


def lies(world: RenderWorld, tier: str, serial: int) -> None:
    row = world.deps.table.get(*world.study().key())
    assert row is not None
    moved = {"tier": tier, "serial": serial, "at": "2026-11-24T06:05:00Z", "by": "lifecycle"}
    world.deps.table.put(replace(Study.from_row(row), tier=tier, moved=moved).to_row(), expect=row["version"])
