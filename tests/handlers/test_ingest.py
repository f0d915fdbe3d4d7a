"""Ingest with real parcels: what arrives, in whatever order and however often, and what the index then says."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.adapters.table.memory import MemoryTable
from functions.core.study import keys
from functions.ingest.series_indexing import received_of
from tests.fakes import Fakes
from tests.handlers.deliveries import deliveries, state_of
from tests.handlers.ingest_world import cloud, exam_of, index_of, receipt, series_of, study_of, take
from tests.handlers.uploads import TENANT, Slices, add_hospital, agent_of, declare, report, upload


@pytest.fixture
def deps() -> Fakes:
    return cloud()


@pytest.mark.req("ING-01")
def test_a_manifest_becomes_patient_study_series_exam_and_an_index(deps: Fakes) -> None:
    slices = Slices(count=3)
    message = upload(deps, slices)
    assert take(deps, message) == []
    study, series, exam = study_of(deps, slices), series_of(deps, slices), exam_of(deps)
    assert (study.description, study.at, study.modalities, study.imaging) == (
        "胸部CT平扫",
        "2026-11-24T06:05:00Z",
        ["CT"],
        "viewable",
    )
    assert (series.received, series.frames, series.declared, series.description) == (3, 3, None, "肺窗")
    assert study.exam == exam.exam
    assert list(exam.studies) == [study.study]
    assert deps.table.get(keys.patient_pk(TENANT, study.patient), "PATIENT")["name"] == "张三"  # type: ignore[index]
    assert index_of(deps, series)["received"] == 3
    assert receipt(deps, message).state == "indexed"


def test_the_index_says_nothing_of_whom_it_is_about(deps: Fakes) -> None:
    slices = Slices(count=2)
    take(deps, upload(deps, slices))
    text = json.dumps(index_of(deps, series_of(deps, slices)), ensure_ascii=False)
    for secret in ("张", "Zhang", "P1", "A1", slices.study_uid, "19800102"):
        assert secret not in text


@pytest.mark.req("ING-01")
def test_a_partial_study_is_never_shown_as_whole(deps: Fakes) -> None:
    first, rest = Slices(count=3), Slices(first=3, count=2)
    take(deps, upload(deps, first), declare(deps, [(first, 5)]))
    study, series = study_of(deps, first), series_of(deps, first)
    assert (study.imaging, study.received, study.declared, study.complete) == ("viewable", 3, 5, False)
    assert (series.declared, series.complete, index_of(deps, series)["complete"]) == (5, False, False)
    take(deps, upload(deps, rest))
    study, series = study_of(deps, first), series_of(deps, first)
    assert (study.imaging, study.received, study.complete, series.complete) == ("complete", 5, True, True)
    assert index_of(deps, series)["complete"] is True


def test_a_surplus_in_one_series_does_not_hide_a_loss_in_another(deps: Fakes) -> None:
    full, poor = Slices(count=4), Slices(series=2, count=1)
    take(deps, upload(deps, full), upload(deps, poor), declare(deps, [(full, 2), (poor, 3)]))
    study = study_of(deps, full)
    assert (study.received, study.declared) == (5, 7)
    assert study.imaging == "viewable"


def test_a_declared_series_of_which_nothing_came_keeps_the_study_partial(deps: Fakes) -> None:
    slices, missing = Slices(count=1), Slices(series=2)
    take(deps, upload(deps, slices), declare(deps, [(slices, 1), (missing, 3)]))
    assert study_of(deps, slices).imaging == "viewable"


def test_a_later_declaration_of_more_makes_the_study_partial_again(deps: Fakes) -> None:
    slices = Slices(count=2)
    take(deps, upload(deps, slices), declare(deps, [(slices, 2)]))
    assert study_of(deps, slices).imaging == "complete"
    take(deps, declare(deps, [(slices, 3)], at="07:00:00"))
    assert study_of(deps, slices).imaging == "viewable"
    take(deps, declare(deps, [(slices, 1)], at="06:30:00"))
    assert study_of(deps, slices).declared == 3


@pytest.mark.req("ING-01")
def test_an_agent_that_forgot_what_it_sent_does_not_make_a_part_the_whole(deps: Fakes) -> None:
    """299 of 300 indexed, the agent restarts after a week and holds one image: what it declared first still stands."""
    slices = Slices(count=2)
    take(deps, upload(deps, slices), declare(deps, [(slices, 10)]))
    take(deps, declare(deps, [(slices, 1)], at="23:00:00"))
    study = study_of(deps, slices)
    assert (study.imaging, study.received, study.declared) == ("viewable", 2, 10)
    assert series_of(deps, slices).complete is False


@pytest.mark.req("ING-01")
def test_a_study_is_not_whole_while_a_series_that_nobody_declared_arrives(deps: Fakes) -> None:
    one, two = Slices(count=2), Slices(series=2, count=1)
    take(deps, upload(deps, one), declare(deps, [(one, 2)]))
    assert study_of(deps, one).imaging == "complete"
    take(deps, upload(deps, two))
    assert (study_of(deps, one).imaging, study_of(deps, one).complete) == ("viewable", False)
    take(deps, declare(deps, [(one, 2), (two, 1)], at="07:00:00"))
    assert study_of(deps, one).imaging == "complete"


@pytest.mark.req("ING-01")
def test_a_series_that_grows_beyond_what_was_declared_is_not_whole(deps: Fakes) -> None:
    one, more = Slices(count=2), Slices(first=2, count=1)
    take(deps, upload(deps, one), declare(deps, [(one, 2)]), upload(deps, more))
    study, series = study_of(deps, one), series_of(deps, one)
    assert (study.imaging, study.received, study.declared, series.complete) == ("viewable", 3, 3, False)
    assert index_of(deps, series)["complete"] is False


@pytest.mark.req("ING-01")
def test_each_agents_word_is_compared_with_what_came_from_that_agent(deps: Fakes) -> None:
    """A modality changes over in the middle: the second agent gets some images anew and the rest."""
    first, again = Slices(count=3), Slices(first=2, count=3)
    take(deps, upload(deps, first), declare(deps, [(first, 3)]))
    take(deps, declare(deps, [(again, 3)], agent=agent_of(ae_title="OTHERBOX")))
    assert (study_of(deps, first).complete, study_of(deps, first).declared) == (False, 6)
    take(deps, upload(deps, again, agent=agent_of(ae_title="OTHERBOX")))
    study, series = study_of(deps, first), series_of(deps, first)
    assert (study.imaging, study.received, study.declared) == ("complete", 5, 5)
    assert (series.received_by, series.complete) == ({agent_of(): 3, agent_of(ae_title="OTHERBOX"): 3}, True)


def test_parts_of_two_files_are_no_instance(deps: Fakes) -> None:
    """One half of an image and the other half of a changed one are nothing that can be shown."""
    heads = [heads_of(part=0, sha256="a" * 64), heads_of(part=1, sha256="b" * 64)]
    assert received_of(heads) == (0, 0)
    assert received_of([*heads, heads_of(part=1, sha256="a" * 64)]) == (1, 100)


def heads_of(part: int, sha256: str) -> Any:
    return SimpleNamespace(instances=[SimpleNamespace(sop_uid="1.2", sha256=sha256, part=part, parts=2, bytes=100, rows=None)])


def test_a_study_of_thousands_of_series_and_patients_fits_its_row(deps: Fakes) -> None:
    """DynamoDB refuses rows above 400 KB: such a study would never be indexed, nor anything that comes after."""
    slices = Slices(count=1)
    take(deps, declare(deps, [(Slices(series=number), 1) for number in range(1, 3001)]))
    for number in range(20):
        take(deps, upload(deps, Slices(first=number, count=1, patient_id=f"P{number}")))
    row = deps.table.get(*study_of(deps, slices).key())
    assert study_of(deps, slices).declared == 3019
    assert len(study_of(deps, slices).identities) == 8
    assert len(json.dumps(row)) < 4096


# -- order and repetition ---------------------------------------------------------------------------------------------------


class World:
    """Everything that will arrive, packed once; each run starts from an empty table and the same vault."""

    def __init__(self) -> None:
        self.deps = Fakes()
        hospital = add_hospital(self.deps)
        one, two = Slices(count=2), Slices(first=2, count=2)
        bare = Slices(number=2, accession_number="", count=1)
        self.messages = [
            upload(self.deps, one),
            upload(self.deps, two),
            upload(self.deps, Slices(series=2, count=1)),
            upload(self.deps, bare),
            declare(self.deps, [(one, 4), (Slices(series=2), 1)]),
            declare(self.deps, [(one, 3)], at="05:00:00"),
            report(self.deps, state="preliminary", version=1),
            report(self.deps, version=2),
            report(self.deps, version=1, accession_number="B7", study_uids=[bare.study_uid]),
        ]
        self.hospital = hospital.to_row()
        self.expected = self.run([[message] for message in self.messages])

    def run(self, batches: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
        self.deps.table = MemoryTable()
        self.deps.table.put(self.hospital, expect=None)
        for batch in batches:
            assert take(self.deps, *batch) == []
        return state_of(self.deps.table)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.req("ING-05")
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_order_any_repetition_and_any_batching_give_the_same_index(world: World, data: st.DataObject) -> None:
    assert world.run(data.draw(deliveries(world.messages))) == world.expected


@pytest.mark.req("ING-05")
def test_what_came_twice_in_other_parcels_is_counted_once(deps: Fakes) -> None:
    """The agent lost its memory and packed the same images anew, in another parcel."""
    take(deps, upload(deps, Slices(count=3)), upload(deps, Slices(first=1, count=4)))
    series = series_of(deps, Slices())
    assert (series.received, series.frames) == (5, 5)


def test_a_redelivery_of_what_is_indexed_reads_nothing(deps: Fakes) -> None:
    message = upload(deps, Slices(count=2))
    take(deps, message)
    before = deps.vault.reads
    take(deps, message)
    assert deps.vault.reads == before


def test_a_series_in_many_manifests_is_indexed_once_per_batch(deps: Fakes) -> None:
    messages = [upload(deps, Slices(first=number, count=1)) for number in range(8)]
    take(deps, *messages)
    series = series_of(deps, Slices())
    indexes = [key for key in deps.vault.keys("pixels", "") if key.endswith(".index")]
    assert (series.received, len(indexes)) == (8, 1)


def test_each_heads_object_is_read_once_while_the_function_is_warm(deps: Fakes) -> None:
    """A series that grows is indexed from all of its parcels; reading them again each time would be quadratic."""
    for number in range(6):
        before = deps.vault.reads
        take(deps, upload(deps, Slices(number=77, first=number, count=1)))
        assert deps.vault.reads - before == 2  # the manifest and the new heads
