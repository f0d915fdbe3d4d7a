"""A table restored to an earlier moment opens nothing that was taken away since, once its hospitals are closed [PLUS-04]."""

from __future__ import annotations

import copy

import pytest

from functions.adapters.table.port import Row
from tests.handlers.uploads import TENANT
from tests.operator.small_hospital import SmallHospital
from tests.operator.test_rebuild import busy
from tests.operator.test_rebuild_while_closed import OTHER, opened

pytestmark = pytest.mark.req("PLUS-04")

EXAM = ("--tenant", TENANT, "--accession-number")


def restored(here: SmallHospital, before: list[Row]) -> None:
    here.lose_the_table()
    for row in before:
        here.deps.table.put({name: value for name, value in row.items() if name != "version"}, expect=None)
    here.stream.records.clear()


def token_of_a4(here: SmallHospital) -> str:
    """Exams are told of in the order of their numbers."""
    return here.provider.delivered[3].text.split("#t=")[1][:27]


def test_what_was_revoked_and_hidden_since_never_opens() -> None:
    here = busy()
    before = copy.deepcopy(here.rows())
    token = token_of_a4(here)
    assert opened(here, token)[1]["state"] == "verify"
    here.operator("link", "revoke", *EXAM, "A4")
    here.operator("exam", "hide", *EXAM, "A4")
    here.settle()
    restored(here, before)
    assert here.operator("hospital", "close", "--all") == [TENANT]
    assert opened(here, token)[1]["code"] == "hospital_rebuilding"
    here.reconcile()
    assert opened(here, token)[1]["code"] == "link_revoked"
    assert here.operator("exam", "status", *EXAM, "A4")["release"] == "hidden"
    assert not here.operator("hospital", "show", "--tenant", TENANT)["rebuilding"]


@pytest.mark.req("EDGE-15")
def test_an_agent_that_was_revoked_since_is_not_believed_again() -> None:
    """Its key stands in the restored table as good as any: nobody is believed until the journal was read."""
    here = busy()
    revoked, other = here.enrol("SECOND"), here.enrol("THIRD")
    here.settle()
    before = copy.deepcopy(here.rows())
    here.operator("agent", "revoke", "--tenant", TENANT, "--ae-title", "SECOND")
    here.settle()
    restored(here, before)
    assert revoked.call("tokens", {})[0] == 200  # why hospitals are closed before the table is used
    here.operator("hospital", "close", "--all")
    for agent in (revoked, other):
        status, answer = agent.call("tokens", {})
        assert (status, answer["code"], answer["retry"]) == (503, "hospital_rebuilding", True)
    here.reconcile()
    assert revoked.call("tokens", {})[1]["code"] == "key_revoked"
    assert other.call("tokens", {})[0] == 200


def test_closing_tells_nobody_and_twice_is_once() -> None:
    here = busy()
    told, objects = len(here.deps.bus.events), len(here.deps.vault._objects)
    here.operator("hospital", "close", "--tenant", TENANT)
    rows = here.rows()
    here.operator("hospital", "close", "--tenant", TENANT)
    here.settle()
    assert here.rows() == rows
    assert (len(here.deps.bus.events), len(here.deps.vault._objects)) == (told, objects)


def test_only_the_named_hospital_is_closed_and_the_list_says_which() -> None:
    here = busy()
    here.operator("hospital", "add", "--tenant", OTHER, "--name", "同仁医院")
    here.settle()
    here.operator("hospital", "close", "--tenant", OTHER)
    assert {one["tenant"]: bool(one["rebuilding"]) for one in here.operator("hospital", "list")} == {TENANT: False, OTHER: True}
    assert opened(here, token_of_a4(here))[1]["state"] == "verify"


def test_a_name_that_nobody_knows_is_refused() -> None:
    here = busy()
    rows = here.rows()
    assert here.operator("hospital", "close", "--tenant", "nosuch") is None
    assert here.rows() == rows
