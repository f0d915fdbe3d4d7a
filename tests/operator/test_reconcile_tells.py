"""What stream, queues or a crash lost is found by comparing rows, journal and vault; what is under way is left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.adapters.journal import journal_first
from functions.core.access import links
from functions.core.access.links import MAX_TRIES, Link
from functions.core.study.changes import events, link_revoked
from functions.core.study.records import Exam
from functions.core.study.release import with_decision
from functions.core.times import epoch_s, iso
from tests.handlers.uploads import TENANT, Slices, agent_of, declare, report, upload
from tests.operator.small_hospital import SmallHospital

EXAM = ("--tenant", TENANT, "--accession-number", "A1")
NOTHING_IN_FLIGHT = ("--in-flight-s", "0")


@pytest.fixture
def here() -> SmallHospital:
    """One exam, indexed and released; nothing of it is told yet."""
    here = SmallHospital()
    here.open()
    here.settle()
    slices = Slices(count=2)
    here.deliver(*map(here.confirm, (upload(here.deps, slices), declare(here.deps, [(slices, 2)]), report(here.deps))))
    return here


def link(here: SmallHospital) -> Link:
    (row,) = (row for row in here.rows() if row["kind"] == "link")
    return Link.from_row(row)


def types(here: SmallHospital) -> list[str]:
    return [event["type"] for event in here.deps.bus.events if not event["replayed"]]


@pytest.mark.req("NTF-05", "PLUS-04")
def test_what_the_stream_lost_is_told_once(here: SmallHospital) -> None:
    """The local cloud forgets it over a restart, AWS after a day."""
    here.stream.records.clear()
    assert here.reconcile(*NOTHING_IN_FLIGHT)["done"]["told"] == 8
    here.settle()
    assert len(here.provider.delivered) == 1
    images = {"series_indexed", "study_viewable", "study_completed"}
    assert set(types(here)) >= images | {"report_received", "report_audited", "exam_registered", "exam_released", "case_earned"}
    assert "told" not in here.reconcile(*NOTHING_IN_FLIGHT)["done"]
    here.settle()
    assert len(here.provider.delivered) == 1


def test_what_is_still_on_its_way_is_left_to_the_stream(here: SmallHospital) -> None:
    kinds = {"series_indexed", "study_viewable", "study_completed", "exam_released", "exam_registered"}
    here.reconcile()
    assert not kinds.intersection(types(here))
    here.settle()
    assert kinds <= set(types(here))


def test_a_document_whose_message_is_gone_is_taken_up_again(here: SmallHospital) -> None:
    here.settle()
    message = here.confirm(upload(here.deps, Slices(number=2, count=1, accession_number="A2")))
    assert "requeued" not in here.reconcile()["done"]
    here.clock.advance(7200)
    assert here.reconcile()["done"]["requeued"] == 1
    here.deliver(*here.deps.ingest_queue.messages)
    (receipt,) = (row for row in here.rows() if row["kind"] == "receipt" and row["sha256"] == message["sha256"])
    assert (receipt["state"], receipt["agent"]) == ("indexed", agent_of())


def test_a_decision_that_reached_only_the_journal_holds(here: SmallHospital) -> None:
    """Journalled first, then the machine stopped: the row lacks it."""
    here.settle()
    now = iso(here.clock.now())
    (row,) = (row for row in here.rows() if row["kind"] == "exam")
    hidden = with_decision(Exam.from_row(row), "hide", by="operator:x", now=now)
    for event in events(row, hidden.to_row(), now):
        journal_first(event, here.deps)
    journal_first(link_revoked(links.revoked(link(here), epoch_s(here.clock.now())).to_row()), here.deps)
    assert here.operator("exam", "status", *EXAM)["release"] == "released"
    here.reconcile()
    assert here.operator("exam", "status", *EXAM)["release"] == "hidden"
    assert link(here).revoked


@pytest.mark.req("NTF-05")
@pytest.mark.parametrize("sent", [True, False])
def test_a_message_whose_fate_nobody_knows_is_looked_up_before_anything_is_sent(here: SmallHospital, sent: bool) -> None:
    """The release is in the journal; whether its SMS went out is not."""
    if sent:
        here.settle()
    else:
        here.notify = lambda events: None  # type: ignore[method-assign]
        here.settle()
        del here.notify  # type: ignore[attr-defined]
    journal = here.deps.vault._objects
    for key in [key for key, stored in journal.items() if b'"notice_sent"' in stored.body]:
        del journal[key]
    here.lose_the_table()
    assert here.reconcile()["done"]["notices looked up"] == 1
    here.settle()
    assert len(here.provider.looked_up) == 1
    assert len(here.provider.delivered) == 1
    assert {row["state"] for row in here.rows() if row["kind"] == "notice"} == {"sent"}


def test_a_release_of_long_ago_is_not_looked_up(here: SmallHospital) -> None:
    """No message is under way for so long; a patient who was never told is no news to be woken by."""
    here.notify = lambda events: None  # type: ignore[method-assign]
    here.settle()
    del here.notify  # type: ignore[attr-defined]
    here.lose_the_table()
    here.clock.advance(10 * 86400)
    here.reconcile()
    here.settle()
    assert here.provider.delivered == []


def test_an_exam_that_only_a_rebuild_released_is_named_and_not_told(here: SmallHospital) -> None:
    """Rules may have changed since: a rebuild is no reason to write to everybody of last year."""
    here.stream.records.clear()
    here.lose_the_table()
    here.clock.advance(30 * 86400)
    (lacking,) = here.reconcile()["not_rebuilt"]
    assert "released only now" in lacking["why"]
    here.settle()
    assert here.provider.delivered == []


def test_a_rebuilt_link_locks_after_one_wrong_answer_and_a_locked_one_stays_locked(here: SmallHospital) -> None:
    here.settle()
    before = link(here)
    here.lose_the_table()
    here.reconcile()
    assert links.tries_left(link(here), epoch_s(here.clock.now())) == 1
    now = epoch_s(here.clock.now())
    locked = links.answered_wrong(links.take_try(link(here), now))
    row = here.deps.table.get(*before.key())
    assert row is not None
    here.deps.table.put(locked.to_row(), expect=row["version"])
    here.settle()
    here.lose_the_table()
    here.reconcile()
    assert links.is_locked(link(here), now)
    assert link(here) == replace(locked, tries=MAX_TRIES)
    here.operator("link", "unlock", *EXAM)
    here.settle()
    here.lose_the_table()
    here.reconcile()
    assert not links.is_locked(link(here), now)


def test_what_cannot_be_read_is_named_and_the_rest_is_rebuilt(here: SmallHospital) -> None:
    here.settle()
    vault: Any = here.deps.vault
    (key,) = (key for bucket, key in vault._objects if bucket == "originals" and key.endswith(".heads"))
    vault.overwrite("originals", key, b"damaged")
    here.lose_the_table()
    outcome = here.reconcile()
    (lacking,) = outcome["not_rebuilt"]
    assert (lacking["what"].split()[0], lacking["why"]) == ("manifest", "size_wrong")
    assert outcome["done"]["reports"] == 1
    assert here.operator("exam", "status", *EXAM)["reasons"] == ["no_images"]
