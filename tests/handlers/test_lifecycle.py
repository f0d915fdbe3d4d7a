"""A study's end on a cloud in memory: warned, closed, removed to the last version, and nothing else touched [LIFE-03]."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from functions.adapters import quarantine
from functions.adapters.holds import RemovalBegun, decide_hold
from functions.adapters.vault.memory import MemoryVault
from functions.core.errors import ServiceBusy
from functions.core.retention.due import SIGNATURES_END_S
from functions.core.retention.policy import WARNED_BEFORE_DAYS
from functions.core.retention.removal import Version, record
from functions.core.study import keys
from functions.core.study.records import Study
from functions.core.study.states import ExamState
from functions.core.times import iso
from functions.lifecycle.ending import settle
from functions.lifecycle.walking import walk_hospital
from iac.operator import exams, hospitals
from tests.fakes import NOW, Fakes
from tests.handlers.ingest_world import cloud, exam_of, receipt, study_of, take
from tests.handlers.uploads import TENANT, Slices, declare, report, upload

pytestmark = pytest.mark.req("LIFE-03")
MINE, OTHERS = Slices(number=1), Slices(number=2, accession_number="A2", patient_id="P2", name="Li^Si=李^四")
END = NOW + timedelta(days=3 * 366)


@cache
def _made() -> tuple[dict[Any, Any], dict[Any, Any]]:
    deps = _world()
    return dict(deps.table._rows), dict(deps.vault._objects)


def world() -> Fakes:
    """Two exams of two patients, each with images and an audited report; the hospital keeps three years."""
    deps, (rows, stored) = Fakes(), _made()
    deps.table._rows.update(rows)
    deps.vault._objects.update(stored)
    return deps


def _world() -> Fakes:
    deps = cloud()
    hospitals.amend(deps, TENANT, retention={"default": 3})
    for slices in (MINE, OTHERS):
        person = {"id": slices.patient_id, "issuer": "", "name": slices.name, "phone": "13900000000"}
        said = report(deps, accession_number=slices.accession_number, patient=person)
        assert take(deps, upload(deps, slices), declare(deps, [(slices, 3)]), said) == []
    return deps


def message(deps: Fakes, slices: Slices = MINE) -> dict[str, Any]:
    return {"tenant": TENANT, "study": deps.naming.study(TENANT, slices.study_uid)}


def pass_time(deps: Fakes, *, until: Any = END, told: bool = True) -> None:
    """told: by the nights before its end, where that is over."""
    deps.clock.advance((until - deps.clock.now()).total_seconds())
    for row in [one for one in deps.table.scan() if one["kind"] == "study" and told and until >= END]:
        first = iso(until - timedelta(days=max(WARNED_BEFORE_DAYS)))
        deps.table.put({**row, "warned": sorted(WARNED_BEFORE_DAYS), "warned_at": first}, expect=row["version"])


def end(deps: Fakes, slices: Slices = MINE) -> None:
    """Its retention ends, signatures end, it is removed."""
    pass_time(deps)
    with pytest.raises(ServiceBusy) as busy:
        settle(message(deps, slices), deps)
    assert busy.value.after_s > SIGNATURES_END_S
    deps.clock.advance(SIGNATURES_END_S + 1)
    settle(message(deps, slices), deps)


def everything(deps: Fakes) -> dict[tuple[str, str], Any]:
    return {(row["pk"], row["sk"]): row for row in deps.table.scan()}


def objects(deps: Fakes) -> set[tuple[str, str]]:
    return {(bucket, key) for bucket in ("originals", "pixels", "derived") for key in deps.vault.keys(bucket, "")}


def test_an_exam_that_ended_is_gone_and_the_other_is_whole():
    deps = world()
    others = {place for place in objects(deps) if message(deps, OTHERS)["study"] in place[1]}
    rows_of_others = {key: row for key, row in everything(deps).items() if OTHERS.patient_id in json.dumps(row)}
    end(deps)
    study = message(deps)["study"]
    left = {place for place in objects(deps) if study in place[1] and not place[1].startswith("removals/")}
    assert left == set()
    assert others <= objects(deps)
    assert rows_of_others.items() <= everything(deps).items()


def test_no_word_about_the_patient_is_left_in_the_table():
    deps = world()
    end(deps)
    text = json.dumps(list(everything(deps).values()), ensure_ascii=False)
    assert "张" not in text
    assert '"A1"' not in text
    assert MINE.study_uid + '"' not in text
    assert "李" in text


def test_the_record_names_every_version_that_was_there():
    """It is the proof: what it lists is what storage held, and its digest stands in the journal's event."""
    deps = world()
    study = message(deps)["study"]
    before = [
        version
        for bucket, prefix in (
            ("originals", f"manifests/{TENANT}/{study}/"),
            ("originals", keys.study_prefix(TENANT, study)),
            ("pixels", keys.study_prefix(TENANT, study)),
        )
        for version in deps.vault.versions(bucket, prefix)  # type: ignore[arg-type]
    ]
    assert before
    end(deps)
    row = study_of(deps, MINE)
    assert row.removed is not None
    body = deps.vault.get("originals", keys.removal_prefix(TENANT, study) + f"{row.removed['record']}.json")
    assert body == record(TENANT, study, row.expired_at, before)
    assert row.removed["versions"] == len(before)


def test_nobody_sees_an_exam_from_the_moment_of_its_end_though_its_objects_wait():
    deps = world()
    pass_time(deps)
    with pytest.raises(ServiceBusy):
        settle(message(deps), deps)
    exam = exam_of(deps)
    assert (exam.release, exam.reasons[0]) == ("hidden", "expired")
    assert any(message(deps)["study"] in key for _, key in objects(deps))
    shown = exams.decide(deps, TENANT, exam.exam, "show", "operator:x")
    assert shown.release == "hidden"
    assert exams.state_of(deps, study_of(deps, MINE)) is ExamState.EXPIRED


def test_a_run_that_was_stopped_between_study_and_exam_closes_the_exam_at_its_next_look():
    """Not when the wait for signatures is over: until then new ones would be given for the report."""
    deps = world()
    pass_time(deps)
    key = exam_of(deps).key()
    before = deps.table.get(*key)
    with pytest.raises(ServiceBusy):
        settle(message(deps), deps)
    after = deps.table.get(*key)
    assert before is not None
    assert after is not None
    deps.table.put(before, expect=after["version"])
    assert exam_of(deps).release == "released"
    with pytest.raises(ServiceBusy):
        settle(message(deps), deps)
    assert exam_of(deps).release == "hidden"


def test_a_warning_waits_for_staff_and_is_told_once():
    deps = world()
    pass_time(deps, until=END - timedelta(days=40))
    for _ in range(3):
        settle(message(deps), deps)
    assert study_of(deps, MINE).warned == [90]
    entry = deps.table.get(keys.quarantine_pk(TENANT), keys.quarantine_sk("study", message(deps)["study"]))
    assert entry is not None
    assert (entry["open"], entry["reason"]) == (True, "retention_ends")
    end(deps)
    entry = deps.table.get(keys.quarantine_pk(TENANT), keys.quarantine_sk("study", message(deps)["study"]))
    assert entry is not None
    assert not entry["open"]


def entry_of(deps: Fakes) -> Any:
    return deps.table.get(keys.quarantine_pk(TENANT), keys.quarantine_sk("study", message(deps)["study"]))


def warned(deps: Fakes) -> None:
    pass_time(deps, until=END - timedelta(days=40))
    settle(message(deps), deps)
    assert entry_of(deps)["open"]


def test_a_warning_is_called_off_by_a_hold_and_given_again_after_it():
    deps = world()
    warned(deps)
    decide_hold(deps, TENANT, message(deps)["study"], "place", by="operator:x", reason="医疗纠纷")
    settle(message(deps), deps)
    assert not entry_of(deps)["open"]
    settle(message(deps), deps)
    assert study_of(deps, MINE).warned == []
    decide_hold(deps, TENANT, message(deps)["study"], "lift", by="operator:x", reason="已结案")
    settle(message(deps), deps)
    assert entry_of(deps)["open"]


def test_a_warning_is_called_off_by_a_longer_retention_and_given_again_before_the_new_end():
    """The night's walk looks at what was warned of under another policy, once."""
    deps = world()
    warned(deps)
    walk_hospital(hospitals.find(deps, TENANT), deps)
    deps.own_queue.messages.clear()
    hospitals.amend(deps, TENANT, retention={"default": 4})
    walk_hospital(hospitals.find(deps, TENANT), deps)
    assert message(deps) in deps.own_queue.messages
    settle(message(deps), deps)
    assert not entry_of(deps)["open"]
    deps.own_queue.messages.clear()
    walk_hospital(hospitals.find(deps, TENANT), deps)
    assert message(deps) not in deps.own_queue.messages
    pass_time(deps, until=END + timedelta(days=365 - 40), told=False)
    settle(message(deps), deps)
    assert entry_of(deps)["open"]


def test_what_a_person_has_settled_stays_so_until_the_next_warning():
    deps = world()
    warned(deps)
    quarantine.settle(deps, quarantine.find(deps, TENANT, "study", message(deps)["study"]), note="已知", by="staff:o")
    settle(message(deps), deps)
    assert not entry_of(deps)["open"]
    pass_time(deps, until=END - timedelta(days=10))
    settle(message(deps), deps)
    assert entry_of(deps)["open"]


def test_an_old_date_of_a_new_exam_does_not_end_it_and_nothing_ends_unwarned():
    """A scanner whose clock lost its battery stamps 2008, and an archive sends exams of long ago: both came today."""
    deps = world()
    row = study_row(deps, MINE)
    deps.table.put({**row, "at": "2008-01-01T00:00:00Z"}, expect=row["version"])
    settle(message(deps), deps)
    assert not study_of(deps, MINE).expired_at
    pass_time(deps, told=False)
    settle(message(deps), deps)
    assert (study_of(deps, MINE).warned, study_of(deps, MINE).expired_at) == ([30], "")
    deps.clock.advance(29 * 86400)
    settle(message(deps), deps)
    assert not study_of(deps, MINE).expired_at
    deps.clock.advance(2 * 86400)
    with pytest.raises(ServiceBusy):
        settle(message(deps), deps)
    assert study_of(deps, MINE).expired_at


def test_a_mistyped_policy_removes_nothing_for_thirty_days_and_its_correction_calls_the_warning_off():
    deps = world()
    hospitals.amend(deps, TENANT, retention={"default": 30})
    pass_time(deps, until=END + timedelta(days=366), told=False)
    hospitals.amend(deps, TENANT, retention={"default": 3})
    settle(message(deps), deps)
    assert entry_of(deps)["open"]
    hospitals.amend(deps, TENANT, retention={"default": 30})
    settle(message(deps), deps)
    assert (study_of(deps, MINE).warned, entry_of(deps)["open"]) == ([], False)


def test_a_hold_that_comes_while_the_removal_runs_is_refused_and_one_before_it_counts():
    """Whoever reads 'held' must find it held."""
    deps = world()
    pass_time(deps)
    with pytest.raises(ServiceBusy):
        settle(message(deps), deps)
    deps.clock.advance(SIGNATURES_END_S + 1)
    study, calm = message(deps)["study"], deps.vault.versions
    refused: list[Any] = []

    def meanwhile(*place: Any) -> Any:
        if not refused:
            with pytest.raises(RemovalBegun) as refusal:
                decide_hold(deps, TENANT, study, "place", by="operator:x", reason="医疗纠纷")
            refused.append(refusal.value)
        return calm(*place)

    deps.vault.versions = meanwhile  # type: ignore[method-assign]
    settle(message(deps), deps)
    assert refused
    assert study_of(deps, MINE).removed
    assert not study_of(deps, MINE).is_held


def test_a_hold_keeps_the_study_and_the_journal_knows_it_before_the_row():
    deps = world()
    study = message(deps)["study"]
    before = set(deps.vault.keys("originals", f"journal/{TENANT}/"))
    decide_hold(deps, TENANT, study, "place", by="operator:x", reason="医疗纠纷")
    (entry,) = set(deps.vault.keys("originals", f"journal/{TENANT}/")) - before
    assert json.loads(deps.vault.get("originals", entry))["type"] == "hold_placed"
    pass_time(deps)
    settle(message(deps), deps)
    assert not study_of(deps, MINE).expired_at
    decide_hold(deps, TENANT, study, "lift", by="operator:x", reason="已结案")
    end(deps)
    assert study_of(deps, MINE).removed


def test_what_is_sent_again_of_a_removed_study_is_refused_and_swept():
    deps = world()
    end(deps)
    again = upload(deps, MINE)
    assert take(deps, again) == []
    assert (receipt(deps, again).state, receipt(deps, again).reason) == ("quarantined", "study_expired")
    settle(message(deps), deps)
    study = message(deps)["study"]
    assert not [key for _, key in objects(deps) if study in key and not key.startswith("removals/")]


def test_a_report_goes_with_the_last_study_of_its_exam_and_not_before():
    deps = world()
    second = Slices(number=3)
    assert take(deps, upload(deps, second)) == []
    deps.table.put({**study_row(deps, second), "modalities": ["MG"]}, expect=study_row(deps, second)["version"])
    hospitals.amend(deps, TENANT, retention={"default": 3, "MG": 10})
    end(deps)
    assert deps.table.get(keys.exam_pk(TENANT, exam_of(deps).exam), keys.exam_report_sk(1)) is not None
    assert exam_of(deps).release == "released"
    pass_time(deps, until=NOW + timedelta(days=11 * 366))
    with pytest.raises(ServiceBusy):
        settle(message(deps, second), deps)
    deps.clock.advance(SIGNATURES_END_S + 1)
    settle(message(deps, second), deps)
    assert exam_of(deps).removed
    assert deps.table.get(keys.exam_pk(TENANT, exam_of(deps).exam), keys.exam_report_sk(1)) is None


def study_row(deps: Fakes, slices: Slices) -> Any:
    return deps.table.get(*study_of(deps, slices).key())


class Faulty(MemoryVault):
    """Storage that fails at the n-th of its calls that change something or list versions."""

    def __init__(self, calm: MemoryVault, fails_at: int) -> None:
        super().__init__()
        self._objects = calm._objects
        self.left = fails_at

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise ServiceBusy(service="storage")

    def put(self, *args: Any, **named: Any) -> bool:
        self._count()
        return super().put(*args, **named)

    def versions(self, *args: Any) -> Any:
        self._count()
        return super().versions(*args)

    def remove(self, bucket: Any, versions: Any) -> None:
        self._count()
        super().remove(bucket, versions[: len(versions) // 2 + 1])  # half a batch, then the truth
        self._count()
        super().remove(bucket, versions)


def test_a_removal_that_is_stopped_anywhere_goes_on_and_leaves_nothing():
    """Each fault in turn, at every call to storage: the next delivery finishes, with no orphan, and no other study is touched."""
    stopped = 0
    for fails_at in range(1, 40):
        deps = world()
        calm = deps.vault
        others = {place for place in objects(deps) if message(deps, OTHERS)["study"] in place[1]}
        pass_time(deps)
        with pytest.raises(ServiceBusy):
            settle(message(deps), deps)
        deps.clock.advance(SIGNATURES_END_S + 1)
        deps.vault = Faulty(calm, fails_at)
        try:
            settle(message(deps), deps)
        except ServiceBusy:
            stopped += 1
        deps.vault = calm
        settle(message(deps), deps)
        study = message(deps)["study"]
        assert not [key for _, key in objects(deps) if study in key and not key.startswith("removals/")], fails_at
        assert others <= objects(deps)
        assert study_of(deps, MINE).removed, fails_at
        assert exam_of(deps).removed, fails_at
    assert stopped >= 10


def test_an_upload_that_came_in_during_the_removal_is_not_left_behind():
    deps = world()
    pass_time(deps)
    with pytest.raises(ServiceBusy):
        settle(message(deps), deps)
    deps.clock.advance(SIGNATURES_END_S + 1)
    calm, study = deps.vault, message(deps)["study"]

    class Late(MemoryVault):
        def remove(self, bucket: Any, versions: Any) -> None:
            super().remove(bucket, versions)
            if bucket == "pixels":
                self.put("pixels", keys.study_prefix(TENANT, study) + "s/late.rest", b"late", content_type="x")

    late = Late()
    late._objects = calm._objects
    deps.vault = late
    with pytest.raises(ServiceBusy):
        settle(message(deps), deps)
    deps.vault = calm
    settle(message(deps), deps)
    assert not [key for _, key in objects(deps) if study in key and not key.startswith("removals/")]


def test_a_walk_finds_who_is_due_and_nobody_else():
    deps = world()
    pass_time(deps)
    hospital = hospitals.find(deps, TENANT)
    for _ in range(8):
        walk_hospital(hospital, deps)
    asked = {one["study"] for one in deps.own_queue.messages}
    assert asked == {message(deps)["study"], message(deps, OTHERS)["study"]}
    deps.own_queue.messages.clear()
    decide_hold(deps, TENANT, message(deps)["study"], "place", by="operator:x", reason="z")
    settle(message(deps), deps)  # a hold keeps it and says nothing of where
    walk_hospital(hospital, deps)
    assert {one["study"] for one in deps.own_queue.messages} == {message(deps, OTHERS)["study"]}


def test_a_removed_version_is_named_with_its_bucket():
    assert Version("pixels", "a", "1", 2) < Version("pixels", "b", "1", 0)
    assert Study.from_row({"tenant": "a", "study": "b", "study_uid": "c"}).is_held is False
