"""What a hospital lets its patients see, and what they must read first, by the operator's command [PAT-05, PAT-14]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from functions.core.access.agreements import Consent
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


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    for name, text in (("zh.md", "# 用户协议\n"), ("en.md", "# Agreement\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return [str(tmp_path / name) for name in ("zh.md", "en.md")]


@pytest.mark.req("PAT-05")
def test_agreement_and_consents_come_back_from_the_journal(terminal: Terminal, texts: list[str]) -> None:
    terminal.hospital()
    set_to = terminal.value("hospital", "agreement", "--tenant", TENANT, "--file", *texts, "--forced")["agreement"]
    assert (set_to["version"], set_to["forced"]) == (1, True)
    assert "hospital_changed" in [event["type"] for event in terminal.journal()], "told before any stream was read"
    stored = terminal.deps.vault.get("originals", keys.agreement_object(TENANT, set_to["sha256"])).decode()
    assert keys.sha256_hex(stored.encode()) == set_to["sha256"]
    patient, exam = "p" * 32, "e" * 32
    given = [
        Consent(TENANT, patient, exam, 1, set_to["sha256"], True, "patient", "1" * 64, "2026-11-24T06:05:00Z"),
        Consent(TENANT, patient, exam, 1, set_to["sha256"], True, "share", "2" * 64, "2026-11-24T06:05:00Z", "a" * 16),
    ]
    for one in given:
        terminal.deps.table.put(one.to_row(), expect=None)
    assert publish(terminal.stream.take(), terminal.deps) == {"batchItemFailures": []}
    terminal.deps.table = terminal.stream.table()
    assert terminal.run("reconcile")[0] == 0
    assert hospital_row(terminal)["agreement"] == set_to
    rows = [Consent.from_row(row) for row in terminal.deps.table.rows(keys.consents_pk(TENANT, patient))]
    assert rows == given


@pytest.mark.req("PAT-05")
def test_an_agreement_may_stop_being_forced_or_be_withdrawn(terminal: Terminal, texts: list[str]) -> None:
    terminal.hospital()
    command = ("hospital", "agreement", "--tenant", TENANT)
    forced = terminal.value(*command, "--file", *texts, "--forced")["agreement"]
    assert terminal.value(*command, "--file", *texts)["agreement"] == {**forced, "forced": False}
    assert terminal.value(*command, "--withdraw")["agreement"] == {"version": 1, "sha256": "", "forced": False}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x" * 50_001])
def test_a_text_that_nobody_could_read_is_refused(terminal: Terminal, tmp_path: Path, content: bytes) -> None:
    terminal.hospital()
    (tmp_path / "zh.md").write_bytes(content)
    status, _, said = terminal.run("hospital", "agreement", "--tenant", TENANT, "--file", *[str(tmp_path / "zh.md")] * 2)
    assert (status, "zh.md" in said, "UTF-8" in said) == (1, True, True)
    assert hospital_row(terminal)["agreement"] == {}
