"""The contract of functions/adapters/table/port.py, met by the table in memory and by DynamoDB."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from functions.adapters.table.changing import change
from functions.adapters.table.dynamo import DynamoTable
from functions.adapters.table.memory import MemoryTable
from functions.adapters.table.port import Row, Table
from functions.core.billing.records import Case, Correction
from functions.core.errors import VersionConflict
from functions.core.lake.records import LakeMonth, StudyLine
from functions.core.study import keys
from functions.core.study.agents import Agent
from tests.cloud import eventually

BOTH = ["memory", pytest.param("dynamo", marks=pytest.mark.cloud)]


@pytest.fixture(params=BOTH)
def table(request: pytest.FixtureRequest) -> Iterator[Table]:
    yield from made(request, "operator")


@pytest.fixture(params=BOTH)
def whole_table(request: pytest.FixtureRequest) -> Iterator[Table]:
    """As who rebuilds it sees it: nobody else may read it all."""
    yield from made(request, "reconcile")


def made(request: pytest.FixtureRequest, name: str) -> Iterator[Table]:
    if request.param == "memory":
        yield MemoryTable()
        return
    cloud = request.getfixturevalue("local_cloud")
    user = cloud.environment(name)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        for name, value in user.items():
            patch.setenv(name, value)
        yield DynamoTable(user["LIGHTBOX_TABLE"], endpoint=cloud.endpoint)


@pytest.fixture
def pk() -> str:
    return f"TENANT#t#TEST#{uuid.uuid4().hex}"


def row(pk: str, sk: str = "A", **fields: Any) -> dict[str, Any]:
    return {"pk": pk, "sk": sk, "kind": "test", **fields}


def test_a_row_comes_back_as_it_was_put(table: Table, pk: str) -> None:
    given = row(
        pk,
        text="张三",
        number=2**40,
        yes=True,
        nothing=None,
        list=[1, "a", [False]],
        map={"a": {"b": 1}},
        empty="",
        none=[],
        no={},
    )
    put = table.put(given, expect=None)
    assert put == {**given, "version": 1}
    assert table.get(pk, "A") == put


def test_all_hospitals_agents_are_listed(table: Table) -> None:
    """And nothing else that has a day, nor an agent's other rows."""
    run = uuid.uuid4().hex[:6]
    tenants = [f"t-{run}-{n}" for n in range(2)]
    for tenant in tenants:
        table.put(Agent(tenant, "a", "LIGHTBOX").to_row(), expect=None)
        table.put(row(keys.agent_pk(tenant, "a"), "HEARTBEAT"), expect=None)

    def listed() -> bool:
        found = [one["tenant"] for one in table.agents()]
        return [tenant for tenant in found if tenant in tenants] == tenants

    eventually(listed, 30)


@pytest.mark.req("LIFE-08")
def test_a_months_bill_lists_its_cases_then_its_corrections_in_order_of_time_and_counts_the_cases(table: Table) -> None:
    """Nothing of another month or hospital, and from any entry on."""
    tenant, late, early = f"t-{uuid.uuid4().hex[:6]}", "2026-11-24T06:05:00Z", "2026-11-02T06:05:00Z"
    said = {"amount": "-1.00", "cancel": False, "at": early, "by": "staff:a", "reason": "x"}
    entries = [
        Case(tenant, "a" * 32, "2026-11", late),
        Case(tenant, "b" * 32, "2026-11", early),
        Case(tenant, "c" * 32, "2026-10", early),
        Case(f"{tenant}-x", "d" * 32, "2026-11", early),
        Correction(tenant, "a" * 32, 1, "2026-11", "2026-11", **said),
    ]
    for entry in entries:
        table.put(entry.to_row(), expect=None)
    wanted = [("case", "b"), ("case", "a"), ("correction", "a")]

    def listed(after: str = "") -> list[tuple[str, str]]:
        return [(one["kind"], one["exam"][0]) for one in table.bill_entries(tenant, "2026-11", after)]

    eventually(lambda: listed() == wanted, 30)
    assert table.bill_cases(tenant, "2026-11") == 2
    places = [one["day_sk"] for one in table.bill_entries(tenant, "2026-11")]
    assert [listed(place) for place in places] == [wanted[1:], wanted[2:], []]


def test_lines_that_are_newer_than_the_lakes_files_are_listed_until_they_are_marked(table: Table) -> None:
    """Each hospital's own, and not which files count."""
    tenant = f"t-{uuid.uuid4().hex[:6]}"
    lines = [StudyLine(tenant, name * 32, "2026-11", {"study": name * 32}) for name in "ab"]
    for one in (*lines, StudyLine(f"{tenant}-x", "c" * 32, "2026-11"), LakeMonth(tenant, "2026-11")):
        table.put(one.to_row(), expect=None)

    def listed() -> list[str]:
        return sorted(one["study"][0] for one in table.fresh_lines(tenant))

    eventually(lambda: listed() == ["a", "b"], 30)
    table.put(replace(lines[0], fresh=False).to_row(), expect=1)
    eventually(lambda: listed() == ["b"], 30)
    assert table.get(*lines[0].key()) is not None


def test_what_is_not_there_is_none(table: Table, pk: str) -> None:
    assert table.get(pk, "A") is None
    assert list(table.rows(pk)) == []


def test_each_put_counts_the_version_and_replaces_the_whole_row(table: Table, pk: str) -> None:
    table.put(row(pk, a=1), expect=None)
    assert table.put(row(pk, b=2), expect=1)["version"] == 2
    assert table.get(pk, "A") == row(pk, b=2, version=2)


@pytest.mark.parametrize("expect", [None, 2, 0])
def test_a_put_with_another_version_changes_nothing(table: Table, pk: str, expect: int | None) -> None:
    table.put(row(pk, a=1), expect=None)
    with pytest.raises(VersionConflict):
        table.put(row(pk, a=2), expect=expect)
    assert table.get(pk, "A") == row(pk, a=1, version=1)


def test_a_put_that_expects_a_row_needs_one(table: Table, pk: str) -> None:
    with pytest.raises(VersionConflict):
        table.put(row(pk), expect=1)
    assert table.get(pk, "A") is None


def test_a_delete_is_conditional_too(table: Table, pk: str) -> None:
    table.put(row(pk), expect=None)
    with pytest.raises(VersionConflict):
        table.delete(pk, "A", expect=2)
    table.delete(pk, "A", expect=1)
    assert table.get(pk, "A") is None
    with pytest.raises(VersionConflict):
        table.delete(pk, "A", expect=1)


def test_rows_of_a_partition_come_in_key_order_and_by_prefix(table: Table, pk: str) -> None:
    for sk in ("B#2", "A", "B#1", "C"):
        table.put(row(pk, sk), expect=None)
    assert [one["sk"] for one in table.rows(pk)] == ["A", "B#1", "B#2", "C"]
    assert [one["sk"] for one in table.rows(pk, "B#")] == ["B#1", "B#2"]


def test_many_large_rows_are_all_listed(table: Table, pk: str) -> None:
    """More than one page of a query."""
    for number in range(12):
        table.put(row(pk, f"{number:02d}", text="x" * 200_000), expect=None)
    assert len(list(table.rows(pk))) == 12


def test_of_two_writers_at_once_one_starts_again(table: Table, pk: str) -> None:
    table.put(row(pk, count=0), expect=None)

    def add(old: Row | None) -> Row:
        assert old is not None
        return {**old, "count": old["count"] + 1}

    workers = [threading.Thread(target=lambda: [change(table, pk, "A", add) for _ in range(3)]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    stands = table.get(pk, "A")
    assert stands is not None
    assert stands["count"] == 12
    assert stands["version"] == 13


def test_a_change_that_changes_nothing_writes_nothing(table: Table, pk: str) -> None:
    table.put(row(pk, a=1), expect=None)
    change(table, pk, "A", lambda old: old and {**old, "a": 1})
    change(table, pk, "A", lambda old: None)
    assert table.get(pk, "A") == row(pk, a=1, version=1)


def test_a_days_studies_come_newest_first_from_all_shards(table: Table) -> None:
    tenant = f"t-{uuid.uuid4().hex[:8]}"
    for number in range(20):
        study = f"study{number}"
        day = {
            "day_pk": keys.day_pk(tenant, "2026-11-24", keys.day_shard(study)),
            "day_sk": f"2026-11-24T{number:02d}:00:00Z#{study}",
        }
        table.put(row(keys.study_pk(tenant, study), "STUDY", **day), expect=None)
    other = {"day_pk": keys.day_pk(tenant, "2026-11-25", 0), "day_sk": "2026-11-25T00:00:00Z#x"}
    table.put(row(keys.study_pk(tenant, "other"), "STUDY", **other), expect=None)
    found = _eventually_all(lambda: table.by_day(tenant, "2026-11-24"), 20)
    assert [one["day_sk"][11:13] for one in found] == [f"{number:02d}" for number in reversed(range(20))]


def test_a_persons_exams_come_newest_first(table: Table) -> None:
    tenant = f"t-{uuid.uuid4().hex[:8]}"
    for number in (2, 1, 3):
        person = {"person_pk": keys.person_pk(tenant, "p"), "person_sk": f"2026-11-0{number}#x"}
        table.put(row(keys.exam_pk(tenant, str(number)), "EXAM", **person), expect=None)
    found = _eventually_all(lambda: table.by_person(tenant, "p"), 3)
    assert [one["person_sk"] for one in found] == ["2026-11-03#x", "2026-11-02#x", "2026-11-01#x"]
    assert list(table.by_person("t-other", "p")) == []


def _eventually_all(query: Callable[[], Iterator[Row]], count: int) -> list[Row]:
    """Indexes may lag by seconds."""

    def look() -> list[Row] | None:
        found = list(itertools.islice(query(), count + 1))
        return found if len(found) == count else None

    return eventually(look, seconds=10)


def test_a_scan_finds_every_row(whole_table: Table, pk: str) -> None:
    for place in range(30):
        whole_table.put(row(f"{pk}{place % 3}", str(place)), expect=None)
    assert {one["sk"] for one in whole_table.scan() if one["pk"].startswith(pk)} == {str(place) for place in range(30)}


def test_a_replayed_change_leaves_no_trace_in_its_row(table: Table, pk: str) -> None:
    """The stream alone shows the mark: whoever reads and writes the row after it cannot carry it on."""
    table.put(row(pk), expect=None, replayed=True)
    stands = table.get(pk, "A")
    assert stands == {**row(pk), "version": 1}
    assert table.put({**stands, "more": 1}, expect=1) == {**row(pk), "more": 1, "version": 2}
