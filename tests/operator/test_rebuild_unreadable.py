"""A journal entry that nobody can read leaves a lost hospital closed: it may be what revoked or hid something [PLUS-04]."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from functions.core.study import keys
from iac.operator.__main__ import main
from tests.handlers.uploads import TENANT
from tests.operator.small_hospital import SmallHospital
from tests.operator.test_rebuild import busy
from tests.operator.test_rebuild_while_closed import opened, token_of

pytestmark = pytest.mark.req("PLUS-04")

Spoil = Callable[[dict[str, Any]], bytes]
EXAM = ("--tenant", TENANT, "--accession-number")


def later_field(event: dict[str, Any]) -> bytes:
    return json.dumps({**event, "body": {**event["body"], "colour": "blue"}}).encode()


def later_type(event: dict[str, Any]) -> bytes:
    return json.dumps({**event, "type": "agent_paused"}).encode()


def of_another(event: dict[str, Any]) -> bytes:
    return json.dumps({**event, "tenant": "tongren"}).encode()


SPOILT: dict[str, Spoil] = {
    "field of a later version": later_field,
    "type of a later version": later_type,
    "another hospital's": of_another,
    "no JSON": lambda _: b"{",
    "no object": lambda _: b"7",
}


def spoil(here: SmallHospital, types: tuple[str, ...], how: Spoil = later_field) -> Callable[[], None]:
    """All journal entries of some types. Returns what puts them right again."""
    objects: Any = here.deps.vault._objects
    before = {key: one for key, one in objects.items() if key[0] == "originals" and key[1].startswith("journal/")}
    spoilt = {key: one for key, one in before.items() if json.loads(one.body)["type"] in types}
    assert spoilt
    for key, one in spoilt.items():
        objects[key] = replace(one, body=how(json.loads(one.body)))
    return lambda: objects.update(spoilt)


def reconcile(here: SmallHospital, *more: str) -> int:
    return main(["reconcile", *more], lambda: here.deps)


def is_closed(here: SmallHospital) -> bool:
    row = here.deps.table.get(keys.hospital_pk(TENANT), "HOSPITAL")
    return (row is None or bool(row["rebuilding"])) and opened(here, token_of(here))[1]["code"] == "hospital_rebuilding"


@pytest.mark.parametrize(
    "types",
    [
        ("link_revoked",),
        ("exam_decided", "exam_held"),
        ("agent_revoked",),
        ("link_issued",),
        ("exam_released",),
        ("agent_enrolled",),
        ("hospital_added", "hospital_changed"),
        ("document_quarantined",),
        ("notice_sent",),
    ],
    ids="+".join,
)
def test_whatever_kind_cannot_be_read_the_hospital_stays_closed_until_it_can(types: tuple[str, ...]) -> None:
    here = busy()
    mend = spoil(here, types)
    here.lose_the_table()
    assert reconcile(here) == 1
    assert is_closed(here)
    assert [row for row in here.rows() if row["kind"] in ("key", "link")] == []
    assert reconcile(here) == 1  # and a second run does not open it
    assert is_closed(here)
    mend()
    assert reconcile(here) == 0
    assert not is_closed(here)
    assert here.operator("exam", "status", *EXAM, "A3")["release"] == "hidden"
    assert here.operator("agent", "show", "--tenant", TENANT, "--ae-title", "OLDBOX")["revoked_at"]
    assert [row["revoked"] for row in here.rows() if row["kind"] == "link"].count(True) == 1


@pytest.mark.parametrize("how", list(SPOILT))
def test_however_it_cannot_be_read(how: str) -> None:
    here = busy()
    spoil(here, ("link_revoked",), SPOILT[how])
    here.lose_the_table()
    assert reconcile(here) == 1
    assert is_closed(here)


def test_both_languages_say_what_stays_closed_why_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    here = busy()
    spoil(here, ("link_revoked",))
    here.lose_the_table()
    capsys.readouterr()
    reconcile(here)
    said = capsys.readouterr().out
    for words in (
        "unreadable: journal entry ",
        f"of {TENANT}",
        "无法读取",
        "请升级此命令",
        "保持关闭",
        "stays closed",
        "--despite-failures",
    ):
        assert words in said


def test_a_person_may_open_it_all_the_same_and_is_told_what_was_not_read() -> None:
    here = busy()
    spoil(here, ("link_revoked",))
    here.lose_the_table()
    assert reconcile(here, "--despite-failures") == 3
    assert not is_closed(here)


def test_a_hospital_that_lacks_nothing_is_not_closed_for_it() -> None:
    """An older command on a whole table must not shut every hospital's door."""
    here = busy()
    spoil(here, ("link_revoked",))
    before = here.rows()
    assert reconcile(here) == 3
    assert here.rows() == before


def test_what_a_standing_row_says_is_revoked_stays_so_though_the_journal_cannot_say_it() -> None:
    here = busy()
    spoil(here, ("agent_revoked", "link_revoked"))
    reconcile(here, "--despite-failures")
    assert here.operator("agent", "show", "--tenant", TENANT, "--ae-title", "OLDBOX")["revoked_at"]
    assert [row["revoked"] for row in here.rows() if row["kind"] == "link"].count(True) == 1
