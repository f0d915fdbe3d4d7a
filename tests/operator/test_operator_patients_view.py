"""What a hospital lets its patients see, by the operator's command [PAT-14]."""

from __future__ import annotations

from typing import Any

import pytest

from functions.core.errors import ServiceBusy
from functions.core.study import keys
from functions.publish.stream import publish
from tests.handlers.uploads import TENANT
from tests.operator.test_operator import Terminal


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def hospital_row(terminal: Terminal) -> Any:
    return terminal.deps.table.get(keys.hospital_pk(TENANT), "HOSPITAL")


@pytest.mark.req("PAT-14")
def test_what_is_hidden_from_patients_stands_in_the_journal_first_and_comes_back_from_it(terminal: Terminal) -> None:
    terminal.hospital()
    shown = terminal.value("hospital", "set", "--tenant", TENANT, "--hide", "film", "sharing")
    assert shown["shows"] == {"film": False, "sharing": False}
    (told,) = [event for event in terminal.journal() if event["type"] == "hospital_changed"]
    assert (told["body"]["shows"], told["body"]["serial"]) == (shown["shows"], 2), "told before any stream was read"
    assert terminal.value("hospital", "set", "--tenant", TENANT, "--show", "film")["shows"] == {"film": True, "sharing": False}
    assert publish(terminal.stream.take(), terminal.deps) == {"batchItemFailures": []}
    terminal.deps.table = terminal.stream.table()
    assert terminal.run("reconcile")[0] == 0
    assert hospital_row(terminal)["shows"] == {"film": True, "sharing": False}


@pytest.mark.req("PAT-14")
def test_one_switch_leaves_the_others_and_the_rest_of_the_hospital(terminal: Terminal) -> None:
    terminal.hospital()
    terminal.run("hospital", "set", "--tenant", TENANT, "--hide", "report")
    shown = terminal.value("hospital", "set", "--tenant", TENANT, "--hide", "images", "--hours", "8–17")
    assert (shown["shows"], shown["name"]) == ({"report": False, "images": False}, "协和医院")
    assert "hidden" in terminal.run("hospital", "show", "--tenant", TENANT)[1]


class NoVault:
    def put(self, *args: Any, **named: Any) -> None:
        raise ServiceBusy(service="storage")


@pytest.mark.req("PAT-14")
def test_what_the_journal_does_not_take_is_not_hidden_either(terminal: Terminal) -> None:
    """Otherwise a rebuild would show it again."""
    terminal.hospital()
    terminal.deps.vault = NoVault()  # type: ignore[assignment]
    assert terminal.run("hospital", "set", "--tenant", TENANT, "--hide", "images")[0] != 0
    assert hospital_row(terminal)["shows"] == {}


def test_an_unknown_switch_is_told_before_anything_is_done(terminal: Terminal) -> None:
    terminal.hospital()
    with pytest.raises(SystemExit):
        terminal.run("hospital", "set", "--tenant", TENANT, "--hide", "everything")
    assert hospital_row(terminal)["shows"] == {}
