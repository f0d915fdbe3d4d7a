"""Full images move to other storage and come back when somebody opens them, on a cloud in memory [LIFE-01]."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.adapters.holds import decide_hold
from functions.adapters.recalls import tier_for
from functions.adapters.vault.memory import MemoryVault
from functions.core.errors import ObjectArchived, ServiceBusy
from functions.core.retention.policy import RetentionTooShort
from functions.core.retention.tiers import FULL_IMAGES, LONGEST_PAUSE_S, NEARLINE_AFTER_DAYS, RECALL_OVERDUE, RECALLED_DAYS
from functions.core.study import changes, keys
from functions.core.study.states import Tier
from functions.core.times import iso
from functions.lifecycle.ending import settle
from functions.lifecycle.walking import walk_hospital
from iac.operator import hospitals
from tests.fakes import NOW, Fakes
from tests.handlers.ingest_world import study_of
from tests.handlers.test_lifecycle import END, MINE, OTHERS, end, everything, message, objects, pass_time, world
from tests.handlers.uploads import TENANT

pytestmark = pytest.mark.req("LIFE-01")
OLD = NOW + timedelta(days=3 * 366)  # three years and a day, in any case


def kept_long() -> Fakes:
    """The hospital archives after three years, and keeps for ten."""
    deps = world()
    hospitals.amend(deps, TENANT, retention={"default": 10}, archive_after_years=3)
    return deps


def full_images(deps: Fakes) -> list[str]:
    prefix = keys.study_prefix(TENANT, message(deps)["study"])
    return [key for key in deps.vault.keys("pixels", prefix) if key.endswith(FULL_IMAGES)]


def tags(deps: Fakes) -> dict[str, str]:
    """Key → its tag, of all objects that have one."""
    return {key: dict(one.tags)["tier"] for (_, key), one in deps.vault._objects.items() if one.tags}


def tier(deps: Fakes) -> str:
    return study_of(deps, MINE).tier


def archived() -> Fakes:
    """The study lies in the archive."""
    deps = kept_long()
    pass_time(deps, until=OLD)
    settle(message(deps), deps)
    deps.vault.pass_night()
    assert tier(deps) == "offline"
    return deps


def recalled() -> Fakes:
    """Somebody opened it, and its full images came."""
    deps = archived()
    opened(deps)
    looks(deps)
    deps.vault.bring(iso(deps.clock.now() + timedelta(days=RECALLED_DAYS)))
    looks(deps)
    assert tier(deps) == "online"
    return deps


def opened(deps: Fakes, by: str = "patient") -> str:
    return tier_for(study_of(deps, MINE), deps, by=by)


def looks(deps: Fakes) -> None:
    """The lifecycle's queue is emptied once: what was asked for, and what looks again."""
    for queue in (deps.lifecycle_queue, deps.own_queue):
        messages, queue.messages = queue.messages, []
        for one in messages:
            settle(one, deps)


def test_after_thirty_days_full_images_go_to_nearline_and_nothing_else_moves():
    """`low`, indexes, thumbnails, films and reports stay: whatever people look at first."""
    deps = kept_long()
    pass_time(deps, until=NOW + timedelta(days=NEARLINE_AFTER_DAYS - 2))
    settle(message(deps), deps)
    assert (tier(deps), tags(deps)) == ("online", {})
    pass_time(deps, until=NOW + timedelta(days=NEARLINE_AFTER_DAYS + 1))
    settle(message(deps), deps)
    assert full_images(deps)
    assert (tier(deps), tags(deps)) == ("nearline", dict.fromkeys(full_images(deps), "nearline"))
    assert study_of(deps, OTHERS).tier == "online"


def test_the_archive_is_for_hospitals_that_asked_for_it_and_never_before_three_years():
    deps = world()
    hospitals.amend(deps, TENANT, retention={"default": 10})
    pass_time(deps, until=OLD + timedelta(days=5 * 366))
    settle(message(deps), deps)
    assert tier(deps) == "nearline"
    for years in (1, 2):
        with pytest.raises(RetentionTooShort, match="过短"):
            hospitals.amend(deps, TENANT, archive_after_years=years)
    deps = kept_long()
    pass_time(deps, until=NOW + timedelta(days=3 * 365))
    settle(message(deps), deps)
    assert tier(deps) == "nearline"
    pass_time(deps, until=OLD)
    settle(message(deps), deps)
    assert (tier(deps), set(tags(deps).values())) == ("offline", {"archive"})


def test_a_hold_changes_nothing_of_where_images_lie():
    deps = kept_long()
    decide_hold(deps, TENANT, message(deps)["study"], "place", by="operator:x", reason="z")
    pass_time(deps, until=OLD)
    settle(message(deps), deps)
    assert (tier(deps), study_of(deps, MINE).is_held) == ("offline", True)


class Stopping(MemoryVault):
    """Storage that fails at the n-th of its calls for tags, recalls and looks."""

    def __init__(self, calm: MemoryVault, fails_at: int) -> None:
        super().__init__()
        self._objects = calm._objects
        self.left, self.asked = fails_at, list[tuple[str, str]]()

    def _count(self, what: str, key: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise ServiceBusy(service="storage")
        self.asked.append((what, key))

    def tag(self, bucket: Any, key: str, tags: Any) -> None:
        self._count("tag", key)
        super().tag(bucket, key, tags)

    def head(self, bucket: Any, key: str) -> Any:
        self._count("head", key)
        return super().head(bucket, key)

    def restore(self, bucket: Any, keys: Any, days: int) -> None:
        self._count("restore", keys[0])
        super().restore(bucket, keys, days)


def test_tagging_that_was_stopped_goes_on_and_is_not_done_twice():
    """Until all is tagged the row says what it said; what comes again afterwards asks storage for nothing."""
    for fails_at in range(1, len(full_images(world())) + 1):
        deps = kept_long()
        pass_time(deps, until=OLD)
        calm, deps.vault = deps.vault, Stopping(deps.vault, fails_at)
        with pytest.raises(ServiceBusy):
            settle(message(deps), deps)
        assert tier(deps) == "online"
        settle(message(deps), deps)
        assert tier(deps) == "offline"
        assert set(tags(deps)) == set(full_images(deps))
        done = len(deps.vault.asked)
        settle(message(deps), deps)
        assert len(deps.vault.asked) == done
        assert study_of(deps, MINE).moved is not None
        assert (study_of(deps, MINE).moved or {})["serial"] == 1
        deps.vault = calm


def test_opening_an_archived_study_asks_for_it_once_and_then_it_is_there():
    """However many open it: one recall of each object, and looks with growing pauses until all of it is there."""
    deps = archived()
    vault = deps.vault = Stopping(deps.vault, 0)
    with pytest.raises(ObjectArchived):
        vault.get("pixels", full_images(deps)[0])
    assert opened(deps) == opened(deps, "share") == "offline"
    looks(deps)
    assert (tier(deps), opened(deps, "staff:x")) == ("recalling", "recalling")
    for _ in range(12):
        looks(deps)
    assert sum(what == "restore" for what, _ in vault.asked) == 1
    pauses = deps.own_queue.delays
    assert pauses == sorted(pauses)
    assert (pauses[0] < 10, pauses[-1]) == (True, LONGEST_PAUSE_S)
    deps.vault.bring(iso(deps.clock.now() + timedelta(days=RECALLED_DAYS)))
    looks(deps)
    assert (tier(deps), opened(deps)) == ("online", "online")
    assert vault.get("pixels", full_images(deps)[0])


def test_a_recall_that_was_stopped_anywhere_goes_on():
    for fails_at in range(1, 3 * len(full_images(world())) + 2):
        deps = archived()
        deps.vault = Stopping(deps.vault, fails_at)
        ask = {**message(deps), "to": "online", "by": "patient"}
        for _ in range(2):
            try:
                settle(ask, deps)
            except ServiceBusy:
                settle(ask, deps)
            deps.vault.bring(iso(deps.clock.now() + timedelta(days=RECALLED_DAYS)))
        assert tier(deps) == "online", fails_at


def test_what_was_recalled_is_archived_again_when_its_copy_ends():
    """Nobody is told that it is online when it is not, whether or not the night's walk was there yet."""
    deps = recalled()
    deps.clock.advance(RECALLED_DAYS * 24 * 3600 - 60)
    settle(message(deps), deps)
    assert tier(deps) == "online"
    deps.clock.advance(120)
    deps.vault.pass_night()
    assert tier(deps) == "online"
    assert opened(deps) == "offline"
    deps.lifecycle_queue.messages.clear()
    for _ in range(12):
        walk_hospital(hospitals.find(deps, TENANT), deps)
    looks(deps)
    assert tier(deps) == "offline"
    opened(deps)
    looks(deps)
    assert tier(deps) == "recalling"


def test_a_recall_that_was_lost_is_asked_for_again():
    deps = archived()
    opened(deps)
    looks(deps)
    deps.own_queue.messages.clear()  # a queue that lost it
    opened(deps)
    assert deps.lifecycle_queue.messages == []
    deps.clock.advance(RECALL_OVERDUE.total_seconds() + 1)
    deps.vault.bring(iso(deps.clock.now() + timedelta(days=RECALLED_DAYS)))
    opened(deps)
    looks(deps)
    assert tier(deps) == "online"


def test_a_recall_that_never_comes_is_looked_at_by_one_message_however_often_it_is_opened():
    """A page asks every minute: each day one asking takes the place of the one before."""
    deps = archived()
    for _ in range(3):
        for _ in range(5):
            opened(deps)
            looks(deps)
        assert len(deps.own_queue.messages) == 1
        assert deps.lifecycle_queue.messages == []
        deps.clock.advance(RECALL_OVERDUE.total_seconds() + 1)
    assert (study_of(deps, MINE).moved or {})["serial"] == 1 + 1 + 2


def test_what_storage_had_not_moved_yet_is_online_at_once_and_stays():
    """Storage moves by tag in its own time: until then nothing has to be asked for, and it must not go afterwards."""
    deps = kept_long()
    pass_time(deps, until=OLD)
    settle(message(deps), deps)
    opened(deps)
    looks(deps)
    assert tier(deps) == "online"
    deps.vault.pass_night()
    assert deps.vault.get("pixels", full_images(deps)[0])


def test_every_move_is_told_and_nothing_is_archived_before_the_journal_says_so():
    """Its full images open no more: without the entry a rebuilt row would say that they do."""
    deps = kept_long()
    pass_time(deps, until=OLD)
    before, row = set(deps.vault.keys("originals", f"journal/{TENANT}/")), study_of(deps, MINE).to_row()
    settle(message(deps), deps)
    (entry,) = set(deps.vault.keys("originals", f"journal/{TENANT}/")) - before
    told = json.loads(deps.vault.get("originals", entry))
    assert (told["type"], told["cause"], told["body"]["tier"]) == ("tier_changed", "lifecycle", "offline")
    (again,) = changes.events(row, study_of(deps, MINE).to_row(), iso(deps.clock.now()))
    assert again["id"] == told["id"]


def test_an_archived_study_ends_whole_like_any_other():
    """[LIFE-02, LIFE-03] What lies in the archive is removed without being recalled."""
    deps = archived()
    others = {place for place in objects(deps) if message(deps, OTHERS)["study"] in place[1]}
    bills = {key: row for key, row in everything(deps).items() if row["kind"] in ("case", "correction", "statement")}
    hospitals.amend(deps, TENANT, retention={"default": 3})
    assert deps.clock.now() >= END
    end(deps)
    study = message(deps)["study"]
    assert not [key for _, key in objects(deps) if study in key and not key.startswith("removals/")]
    assert others <= objects(deps)
    assert study_of(deps, MINE).tier == Tier.EXPIRED
    assert bills == {key: row for key, row in everything(deps).items() if row["kind"] in ("case", "correction", "statement")}
