"""The index rebuilt from the vault alone: equal, silent, repeatable [PLUS-04]."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import pytest

from functions.adapters import accounts, quarantine
from functions.adapters.table.port import Row
from functions.core.study import keys
from functions.ingest.batch import ingest
from iac.operator.reconcile.differences import differences
from tests.handlers.uploads import TENANT, Slices, declare, report, upload
from tests.operator.hospital_day import KINDS, day
from tests.operator.small_hospital import SmallHospital

pytestmark = pytest.mark.req("PLUS-04")


def busy() -> SmallHospital:
    """Two agents, one of them revoked; exams released, retracted, in doubt, hidden, shown again; a link revoked; a quarantine."""
    here = SmallHospital()
    here.open()
    here.enrol("LIGHTBOX")
    here.enrol("OLDBOX")
    here.operator("hospital", "set", "--tenant", TENANT, "--hours", "8–18")
    here.operator("agent", "revoke", "--tenant", TENANT, "--ae-title", "OLDBOX")
    deps = here.deps
    for number in range(1, 5):
        slices, accession = Slices(number=number, count=2, accession_number=f"A{number}"), f"A{number}"
        here.deliver(
            *map(here.confirm, (upload(deps, slices), declare(deps, [(slices, 2)]), report(deps, accession_number=accession)))
        )
        here.settle()
    here.deliver(here.confirm(report(deps, accession_number="A2", version=2, state="retracted")))
    other = {"id": "P9", "issuer": "", "name": "李四", "phone": "13900000000"}
    here.deliver(here.confirm(report(deps, accession_number="A5", patient=other)))
    here.deliver(here.confirm(upload(deps, Slices(number=5, count=1, accession_number="A5"))))
    here.deliver(here.confirm(upload(deps, Slices(number=6, count=1), source={"kind": "surprise"})))
    here.deliver(here.confirm(upload(deps, Slices(number=7, count=1, accession_number=""))))
    here.settle()
    exam = ("--tenant", TENANT, "--accession-number")
    here.operator("exam", "hide", *exam, "A3")
    here.operator("exam", "hide", *exam, "A4")
    here.operator("exam", "show", *exam, "A4")
    here.operator("link", "revoke", *exam, "A1")
    staff(here)
    here.settle()
    return here


def staff(here: SmallHospital) -> None:
    """A doctor who became an operator, and one who left."""
    for name in ("wang", "zhao"):
        here.operator("account", "add", "--tenant", TENANT, "--account", name, "--name", "王小明", "--role", "doctor")
    here.operator("account", "roles", "--tenant", TENANT, "--account", "wang", "--role", "operator")
    here.operator("account", "disable", "--tenant", TENANT, "--account", "zhao")


@pytest.fixture
def here() -> SmallHospital:
    return busy()


def lost_and_found(here: SmallHospital) -> tuple[list[Row], list[Row], Any]:
    before = here.rows()
    here.lose_the_table()
    outcome = here.reconcile()
    return before, here.rows(), outcome


def test_a_lost_table_is_rebuilt_from_the_vault_alone(here: SmallHospital) -> None:
    before, after, outcome = lost_and_found(here)
    assert differences(before, after) == []
    assert outcome["not_rebuilt"] == outcome["failed"] == []
    done = outcome["done"]
    assert (done["studies"], done["reports"], done["keys"], done["links"]) == (7, 6, 2, 4)


def test_a_rebuild_sends_nothing_and_tells_nothing_twice(here: SmallHospital) -> None:
    sent, told = len(here.provider.delivered), len(here.deps.bus.events)
    journal = list(here.deps.vault.keys("originals", "journal/"))
    lost_and_found(here)
    here.settle()
    assert len(here.provider.delivered) == sent == 5
    assert [event["type"] for event in here.deps.bus.events[told:] if not event["replayed"]] == []
    assert list(here.deps.vault.keys("originals", "journal/")) == journal


def test_on_a_whole_table_nothing_is_written_and_nothing_told(here: SmallHospital) -> None:
    before, told, objects = here.rows(), len(here.deps.bus.events), len(here.deps.vault._objects)
    outcome = here.reconcile()
    assert outcome == {
        "rebuilt": [],
        "done": {"events": outcome["done"]["events"]},
        "not_rebuilt": [],
        "failed": [],
        "unreadable": [],
        "closed": [],
    }
    assert here.rows() == before
    assert (len(here.deps.bus.events), len(here.deps.vault._objects)) == (told, objects)


def test_a_second_rebuild_changes_nothing(here: SmallHospital) -> None:
    lost_and_found(here)
    before = here.rows()
    assert here.reconcile()["rebuilt"] == []
    assert here.rows() == before


def test_what_was_held_hidden_or_revoked_stays_so(here: SmallHospital) -> None:
    lost_and_found(here)
    value = {
        name: here.operator("exam", "status", "--tenant", TENANT, "--accession-number", name)["release"]
        for name in ("A1", "A2", "A3", "A4", "A5")
    }
    assert value == {"A1": "released", "A2": "hidden", "A3": "hidden", "A4": "released", "A5": "held"}
    assert here.operator("agent", "show", "--tenant", TENANT, "--ae-title", "OLDBOX")["revoked_at"]
    assert not here.operator("agent", "show", "--tenant", TENANT, "--ae-title", "LIGHTBOX")["revoked_at"]
    assert [row["revoked"] for row in here.rows() if row["kind"] == "link"].count(True) == 1
    waiting = here.operator("quarantine", "list", "--tenant", TENANT)
    assert {entry["reason"] for entry in waiting} == {"report_retracted", "patient_differs", "schema_broken"}


def test_the_hospital_is_open_again_afterwards(here: SmallHospital) -> None:
    lost_and_found(here)
    row = here.deps.table.get(keys.hospital_pk(TENANT), "HOSPITAL")
    assert row is not None
    assert row["rebuilding"] == ""


WORDS = (("exam", "hide"), ("exam", "show"), ("link", "issue"), ("link", "revoke"))


def after_a_day(seed: int, studies: int, noon: list[Row] | None = None) -> SmallHospital:
    """A day of everything that happens, then an operator's word on some of it. noon: takes the rows as they are then."""
    chance = random.Random(seed)
    here, today = SmallHospital(), day(seed, studies)
    here.open(release_rule=chance.choice(("report_and_images", "report_alone")))
    here.deps.vault._objects.update(today.objects)
    for agent in ("LIGHTBOX", "OLDBOX"):
        here.enrol(agent)
    for place, message in enumerate(today.messages):
        here.deliver(here.confirm(message))
        if noon is not None and place == len(today.messages) // 2:
            noon += here.rows()
        if chance.random() < 0.3:
            here.settle()
    here.settle()
    if chance.random() < 0.5:
        here.operator("agent", "revoke", "--tenant", TENANT, "--ae-title", "OLDBOX")
    for number in range(1, studies + 1):
        exam = ("--tenant", TENANT, "--accession-number", f"A{number}")
        for words in chance.sample(WORDS, chance.choice((0, 1, 2))):
            here.operator(*words, *exam)
    if chance.random() < 0.5:
        here.operator("hospital", "set", "--tenant", TENANT, "--release-rule", "report_and_images", "--hours", "8–18")
    here.settle()
    return here


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happened_a_lost_table_comes_back_equal_and_silent(seed: int) -> None:
    here = after_a_day(seed, studies=len(KINDS))
    sent, told = len(here.provider.delivered), len(here.deps.bus.events)
    before, after, outcome = lost_and_found(here)
    assert differences(before, after) == []
    assert (outcome["not_rebuilt"], outcome["failed"]) == ([], [])
    here.settle()
    assert len(here.provider.delivered) == sent
    assert [event["type"] for event in here.deps.bus.events[told:] if not event["replayed"]] == []
    assert here.reconcile()["rebuilt"] == []


class PowerCut(BaseException):
    """Not an Exception: nothing may catch it."""


@pytest.mark.parametrize("seed", range(5))
def test_a_rebuild_that_is_cut_off_anywhere_goes_on(seed: int) -> None:
    """Killed between any two writes, again and again, then run to its end."""
    here = after_a_day(100 + seed, studies=6)
    chance, before = random.Random(seed), here.rows()
    here.lose_the_table()
    for _ in range(6):
        writes_left = chance.randrange(60)
        put = here.deps.table.put

        def until_the_cut(row: Row, **options: Any) -> Row:
            nonlocal writes_left
            writes_left -= 1
            if writes_left < 0:
                raise PowerCut
            return put(row, **options)  # noqa: B023

        here.deps.table.put = until_the_cut  # type: ignore[method-assign]
        with contextlib.suppress(PowerCut):
            here.reconcile("--workers", "1")
        here.deps.table.put = put  # type: ignore[method-assign]
        here.stream.records.clear()
    here.reconcile()
    assert differences(before, here.rows()) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_table_restored_from_a_backup_is_brought_up_to_date(seed: int) -> None:
    """What was decided since the backup holds, what came since is indexed, and nothing is sent again."""
    noon: list[Row] = []
    here = after_a_day(200 + seed, studies=8, noon=noon)
    before, sent = here.rows(), len(here.provider.delivered)
    here.lose_the_table()
    restore(here, noon)
    here.reconcile()
    assert differences(before, here.rows()) == []
    here.settle()
    assert len(here.provider.delivered) == sent


def restore(here: SmallHospital, rows: list[Row]) -> None:
    for row in rows:
        here.deps.table.put({name: value for name, value in row.items() if name != "version"}, expect=None)
    here.stream.records.clear()


def test_work_that_arrives_during_a_rebuild_waits_and_is_done_afterwards(here: SmallHospital) -> None:
    """Taken in the middle, an exam would be decided on half of what is known of it."""
    before = here.rows()
    here.lose_the_table()
    late = upload(here.deps, Slices(number=1, first=2, count=1, accession_number="A1"))
    answers: list[Any] = []
    put = here.deps.table.put

    def while_a_message_comes(row: Row, **options: Any) -> Row:
        stands = put(row, **options)
        if row["kind"] == "series":
            answers.append(ingest({"Records": [here.record(json.dumps(late), 0)]}, here.deps)["batchItemFailures"])
        return stands

    here.deps.table.put = while_a_message_comes  # type: ignore[method-assign]
    here.reconcile("--workers", "1")
    here.deps.table.put = put  # type: ignore[method-assign]
    assert answers[0]  # put off; the rebuild itself finds it in the vault
    here.deliver(late)
    here.settle()

    def releases(rows: list[Row]) -> dict[str, tuple[str, int]]:
        return {row["exam"]: (row["release"], row["release_serial"]) for row in rows if row["kind"] == "exam"}

    assert releases(here.rows()) == releases(before)
    assert len(here.provider.delivered) == 5


def test_a_quarantine_stands_until_it_was_ended_and_then_is_closed(here: SmallHospital) -> None:
    """The PDF came too late and nobody confirmed the report again: that it would be good now is for its agent to find out."""
    pdf = b"%PDF-1.4 late"
    named = {"sha256": keys.sha256_hex(pdf), "bytes": len(pdf)}
    late = here.confirm(report(here.deps, accession_number="A8", pdf=named))
    here.deliver(late)
    here.settle()
    here.deps.vault.put("originals", keys.report_object(TENANT, named["sha256"]), pdf, content_type="application/pdf")

    def stands() -> tuple[str, bool]:
        rows = here.rows()
        (receipt,) = (row for row in rows if row["kind"] == "receipt" and row["sha256"] == late["sha256"])
        (entry,) = (row for row in rows if row["kind"] == "quarantine" and row["name"] == late["sha256"])
        return receipt["state"], entry["open"]

    before, after, _ = lost_and_found(here)
    assert differences(before, after) == []
    assert stands() == ("quarantined", True)
    here.deliver(here.confirm(late))
    here.settle()
    assert stands() == ("indexed", False)
    before, after, _ = lost_and_found(here)
    assert differences(before, after) == []
    assert stands() == ("indexed", False)


def test_an_account_comes_back_with_its_roles_and_without_a_way_in(here: SmallHospital) -> None:
    """No journal holds a password: an operator gives a new first one. Who was disabled stays so."""
    lost_and_found(here)
    wang, zhao = (accounts.find(here.deps, TENANT, name) for name in ("wang", "zhao"))
    assert (wang.roles, wang.password, wang.must_change, zhao.disabled) == (["operator"], "", True, True)
    assert here.operator("account", "reset", "--tenant", TENANT, "--account", "wang")["first_password"]


def test_what_somebody_has_settled_does_not_wait_again(here: SmallHospital) -> None:
    for entry in list(quarantine.waiting(here.deps, TENANT)):
        if entry.reason != "report_retracted":
            quarantine.settle(here.deps, entry, note="看过", by="staff:wang")
    here.settle()
    before, after, _ = lost_and_found(here)
    assert differences(before, after) == []
    assert [entry.reason for entry in quarantine.waiting(here.deps, TENANT)] == ["report_retracted"]


def test_a_restored_row_of_an_account_that_was_disabled_since_lets_nobody_in(here: SmallHospital) -> None:
    """A table that was restored to an earlier moment knows the old password."""
    zhao = accounts.find(here.deps, TENANT, "zhao")
    earlier = {**zhao.to_row(), "disabled": False, "serial": 1}
    row = here.deps.table.get(*zhao.key()) or {}
    here.deps.table.put(earlier, expect=row["version"], replayed=True)
    here.stream.records.clear()
    here.reconcile()
    assert accounts.find(here.deps, TENANT, "zhao").disabled
