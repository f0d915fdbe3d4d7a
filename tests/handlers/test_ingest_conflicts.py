"""Different images under one SOP Instance UID: nothing is lost, nothing wrong is shown, and a person is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.adapters.table.memory import MemoryTable
from functions.core.imaging.versions import shown, versions_of
from functions.core.study import changes, keys
from functions.ingest.building import rows_by_heads
from functions.ingest.conflicts import COMPARED_BYTES, conflicts_in, note_conflicts
from functions.ingest.manifests import take_back
from functions.ingest.messages import Ref
from functions.ingest.series_indexing import index_series
from tests.fakes import Fakes
from tests.handlers.deliveries import deliveries, state_of
from tests.handlers.ingest_world import cloud, exam_of, index_of, receipt, series_of, study_of, take
from tests.handlers.uploads import TENANT, Slices, add_hospital, agent_of, declare, report, upload

BLACK = {"PixelData": np.zeros((64, 64), "<u2").tobytes()}
SHIFTED = {"RescaleIntercept": 0}
RENAMED = {"InstitutionName": "协和"}
PADDED = {"DataSetTrailingPadding": b"\0" * 10}  # other bytes, nothing else


@pytest.fixture
def deps() -> Fakes:
    return cloud()


def codecs(deps: Fakes, slices: Slices) -> list[str]:
    """Of the series' frames, in their order."""
    index = index_of(deps, series_of(deps, slices))
    return [index["formats"][number]["codec"] for number in index["columns"]["format"]]


def waiting(deps: Fakes) -> list[tuple[str, str, int]]:
    """(subject, reason, count) of what waits for a person."""
    rows = deps.table.rows(keys.quarantine_pk(TENANT))
    return [(row["subject"], row["reason"], row["count"]) for row in rows if row["open"]]


def version(deps: Fakes, changes: dict[str, Any], first: int = 0) -> dict[str, Any]:
    """Another version of one image."""
    return upload(deps, Slices(first=first, count=1, changes=changes))


# -- what is shown, and what is told ---------------------------------------------------------------------------------------------


@pytest.mark.req("ING-04")
@pytest.mark.parametrize("change", [BLACK, SHIFTED], ids=["other pixels", "other values"])
def test_of_two_different_pictures_under_one_uid_neither_is_shown_and_a_person_is_told(deps: Fakes, change: Any) -> None:
    """Nobody knows which is the patient's. The place is kept, so that the series does not look whole."""
    slices = Slices(count=3)
    messages = [upload(deps, slices), version(deps, change, 1)]
    take(deps, *messages, declare(deps, [(slices, 3)]))
    series = series_of(deps, slices)
    assert codecs(deps, slices) == ["htj2k", "withheld", "htj2k"]
    assert series.conflicts == {"instances": 1, "withheld": 1, "undecoded": 0}
    assert waiting(deps) == [("series", "instance_conflict", 1)]
    (entry,) = deps.table.rows(keys.quarantine_pk(TENANT))
    assert (entry["name"], entry["study"]) == (series.series, series.study)
    text = json.dumps(entry, ensure_ascii=False)
    assert not [secret for secret in ("张", "P1", "A1", slices.study_uid) if secret in text]


@pytest.mark.req("ING-04")
def test_a_version_that_looks_the_same_is_told_of_and_the_picture_is_shown(deps: Fakes) -> None:
    """An archive corrected a word on the way; to hide the study for it would help nobody."""
    slices = Slices(count=2)
    take(deps, upload(deps, slices), version(deps, RENAMED))
    assert codecs(deps, slices) == ["htj2k", "htj2k"]
    assert series_of(deps, slices).conflicts == {"instances": 1, "withheld": 0, "undecoded": 0}
    assert waiting(deps) == [("series", "attributes_conflict", 1)]


@pytest.mark.req("ING-05")
def test_the_same_image_in_other_bytes_is_a_duplicate_and_nobody_is_told(deps: Fakes) -> None:
    slices = Slices(count=2)
    take(deps, upload(deps, slices), version(deps, PADDED))
    assert codecs(deps, slices) == ["htj2k", "htj2k"]
    assert (series_of(deps, slices).conflicts, waiting(deps)) == ({}, [])


def test_an_agent_may_forget_both_versions_and_the_counts_stay_honest(deps: Fakes) -> None:
    """Both are in the vault and named by manifests; an agent declares distinct SOP Instance UIDs."""
    slices = Slices(count=3)
    messages = [upload(deps, slices), version(deps, BLACK, 1), declare(deps, [(slices, 3)])]
    take(deps, *messages)
    assert [receipt(deps, message).state for message in messages] == ["indexed"] * 3
    series, study = series_of(deps, slices), study_of(deps, slices)
    assert (series.received, series.received_by, series.frames) == (3, {agent_of(): 3}, 3)
    assert (study.received, study.declared, study.complete) == (3, 3, True)


def test_what_comes_later_takes_the_picture_away_with_its_thumbnail(deps: Fakes) -> None:
    """An open page sees the new index; what was drawn of the image must not stay."""
    slices = Slices(count=1)
    take(deps, upload(deps, slices))
    row = deps.table.get(*series_of(deps, slices).key())
    assert row is not None
    deps.table.put({**row, "thumbnail": "a.thumb.jpg"}, expect=row["version"])
    take(deps, version(deps, BLACK))
    assert (codecs(deps, slices), series_of(deps, slices).thumbnail) == (["withheld"], None)


def test_versions_by_two_agents_and_in_one_parcel_are_found(deps: Fakes) -> None:
    """A sender that changes its mind within one association, and an archive that sends what the modality sent already."""
    one, other = Slices(count=1), Slices(count=1, changes=BLACK)

    class Both(Slices):
        def received(self) -> Any:
            return [*one.received(), *other.received()]

    take(deps, upload(deps, Both(count=1)))
    assert codecs(deps, one) == ["withheld"]
    two = Slices(number=2, count=1)
    take(deps, upload(deps, two), upload(deps, replace(two, changes=BLACK), agent=agent_of(ae_title="OTHERBOX")))
    assert codecs(deps, two) == ["withheld"]
    assert series_of(deps, two).received_by == {agent_of(): 1, agent_of(ae_title="OTHERBOX"): 1}


def test_the_exam_is_published_all_the_same(deps: Fakes) -> None:
    """The report is not in doubt, nor are the other images."""
    slices = Slices(count=2)
    take(deps, upload(deps, slices), version(deps, BLACK), report(deps))
    assert exam_of(deps).release == "released"


def test_an_entry_closes_when_no_conflict_is_left(deps: Fakes) -> None:
    slices = Slices(count=1)
    take(deps, upload(deps, slices))
    other = version(deps, BLACK)
    take(deps, other)
    take_back(Ref("manifest", *(other[name] for name in ("tenant", "sha256", "study", "series"))), deps)
    index_series(TENANT, other["study"], other["series"], deps)
    assert (waiting(deps), codecs(deps, slices), series_of(deps, slices).conflicts) == ([], ["htj2k"], {})


# -- events ----------------------------------------------------------------------------------------------------------------------


def told(deps: Fakes, *batches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events of conflicts that deliveries in this order tell."""
    events: list[dict[str, Any]] = []
    deps.table = MemoryTable(watch=lambda old, new: events.extend(changes.events(old, new, "2026-11-24T06:05:00Z")))
    add_hospital(deps)
    for batch in batches:
        take(deps, *batch)
    return [event for event in events if event["type"] == "instances_conflicted"]


def test_the_journal_learns_of_a_conflict_once(deps: Fakes) -> None:
    first, second = upload(deps, Slices(count=2)), version(deps, BLACK)
    (event,) = told(deps, [first], [second], [first], [second])
    series = series_of(deps, Slices())
    counts = {"instances": 1, "withheld": 1, "undecoded": 0}
    assert event["body"] == {"study": series.study, "series": series.series, **counts}
    (other,) = told(deps, [second, first])
    assert other == event


def test_more_of_it_is_told_anew(deps: Fakes) -> None:
    events = told(deps, [upload(deps, Slices(count=2)), version(deps, BLACK)], [version(deps, RENAMED, 1)])
    assert [event["body"]["instances"] for event in events] == [1, 2]
    assert len({event["id"] for event in events}) == 2


# -- order and repetition --------------------------------------------------------------------------------------------------------


class World:
    """Everything that will arrive, packed once. The first instance, whose words fill the rows, comes in three versions."""

    def __init__(self) -> None:
        self.deps = Fakes()
        slices = Slices(count=3)
        self.messages = [
            upload(self.deps, slices),
            upload(self.deps, Slices(count=2, changes={**RENAMED, "SeriesDescription": "骨窗", "PatientName": "Li^Si"})),
            version(self.deps, {"StudyDescription": "胸部", **PADDED}),
            version(self.deps, SHIFTED, 2),
            version(self.deps, PADDED, 2),
            upload(self.deps, Slices(first=1, count=1, changes=RENAMED), agent=agent_of(ae_title="OTHERBOX")),
            declare(self.deps, [(slices, 3)]),
        ]
        self.hospital = add_hospital(self.deps).to_row()
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


def test_the_world_below_has_every_kind_of_version(world: World) -> None:
    world.run([world.messages])
    assert series_of(world.deps, Slices()).conflicts == {"instances": 3, "withheld": 1, "undecoded": 0}


@pytest.mark.req("ING-04", "ING-05")
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_order_any_repetition_and_any_batching_of_versions_give_the_same_rows(world: World, data: st.DataObject) -> None:
    """What a reader is shown must not hang on which of two systems was faster today."""
    assert world.run(data.draw(deliveries(world.messages))) == world.expected


# -- bounds ----------------------------------------------------------------------------------------------------------------------


def test_pixels_are_fetched_only_where_versions_meet_and_once(deps: Fakes) -> None:
    """Whole studies come twice; each index of the growing series compares what it has compared before."""
    slices = Slices(number=50, count=4)
    take(deps, upload(deps, slices))
    before = deps.vault.reads
    take(deps, upload(deps, replace(slices, first=0, count=2, changes=RENAMED)))
    assert deps.vault.reads - before == 2 + 2 * 2  # manifest, heads; low and rest of both parcels
    before = deps.vault.reads
    take(deps, upload(deps, replace(slices, first=4, count=1)))
    assert deps.vault.reads - before == 2


def test_what_would_take_longer_than_a_call_is_not_compared_and_not_shown(deps: Fakes) -> None:
    """A budget in the order of the UIDs: what is compared does not hang on which manifest came first."""
    slices = Slices(number=51, count=3)
    messages = [upload(deps, slices), upload(deps, replace(slices, changes=PADDED))]
    take(deps, *messages)
    series = series_of(deps, slices)
    names = [sha256 for row in deps.table.rows(keys.study_pk(TENANT, series.study), "MANIFEST#") for sha256 in row["heads"]]
    heads = rows_by_heads(TENANT, series.study, series.series, names, deps)
    same = versions_of(heads.values())[slices.sop_uids()[0]].values()
    one = sum(each.bytes for each in same)
    assert conflicts_in(series, heads, deps).counts == {}
    found = conflicts_in(series, heads, deps, limit=2 * one)
    assert (set(found.withheld), found.undecoded) == ({slices.sop_uids()[2]}, 1)
    assert 1000 * one < COMPARED_BYTES
    assert shown(same).is_whole


def test_of_two_that_tell_at_once_the_one_that_saw_more_has_the_last_word(deps: Fakes) -> None:
    """One reads the series, the other indexes more of it and tells; then the first one writes what it saw."""
    slices = Slices(count=2)
    take(deps, upload(deps, slices), version(deps, BLACK))
    more, series, read = version(deps, BLACK, 1), series_of(deps, slices), deps.table.get

    def and_then_the_other(pk: str, sk: str) -> Any:
        row = read(pk, sk)
        if (pk, sk) == series.key():
            deps.table.get = read  # type: ignore[method-assign]
            take(deps, more)
        return row

    deps.table.get = and_then_the_other  # type: ignore[method-assign]
    note_conflicts(TENANT, series.study, series.series, deps)
    assert waiting(deps) == [("series", "instance_conflict", 2)]
