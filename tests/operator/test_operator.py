"""The operator's command, from its arguments to the rows and the journal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.adapters.table.changing import change
from functions.core.access import links, tokens
from functions.core.study import enrolment, keys
from functions.core.study.agents import Agent, AgentKey, Heartbeat
from functions.core.study.records import Exam
from functions.ingest.batch import ingest
from functions.publish.stream import publish
from iac.operator.__main__ import _text, main
from iac.operator.output import Output
from tests.fakes import Fakes, sqs_event
from tests.handlers.streams import Stream
from tests.handlers.uploads import TENANT, Slices, declare, report, upload


class Terminal:
    """Runs the command on a cloud in memory and reads what it prints."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.stream = Stream()
        self.deps = Fakes(table=self.stream.table())
        self.capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        status = main(arguments, lambda: self.deps)
        said = self.capsys.readouterr()
        return status, said.out, said.err

    def value(self, *arguments: str) -> Any:
        status, out, _ = self.run("--json", *arguments)
        assert status == 0
        return json.loads(out)

    def hospital(self) -> None:
        assert self.run("hospital", "add", "--tenant", TENANT, "--name", "协和医院", "--phone", "010-1")[0] == 0

    def exam(self) -> str:
        messages = [upload(self.deps, Slices(count=1)), declare(self.deps, [(Slices(), 2)]), report(self.deps)]
        ingest(sqs_event(*map(json.dumps, messages)), self.deps)
        self.capsys.readouterr()
        return self.deps.naming.exam(TENANT, accession_number="A1", study_uid="")

    def journal(self) -> list[dict[str, Any]]:
        return [json.loads(self.deps.vault.get("originals", key)) for key in self.deps.vault.keys("originals", "journal/")]


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_a_hospital_is_added_once_shown_and_changed(terminal: Terminal) -> None:
    terminal.hospital()
    status, _, said = terminal.run("hospital", "add", "--tenant", TENANT, "--name", "别的")
    assert (status, TENANT in said, "hospital set" in said) == (1, True, True)
    terminal.run("hospital", "set", "--tenant", TENANT, "--hours", "8–17", "--sms-language", "en")
    shown = terminal.value("hospital", "show", "--tenant", TENANT)
    assert (shown["name"], shown["phone"], shown["hours"], shown["time_zone"]) == ("协和医院", "010-1", "8–17", "Asia/Shanghai")
    assert shown["sms"] == {"language": "en"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("notice", "settle", "--tenant", "ab", "--accession-number", "A1", "--outcome", "maybe"),
        ("hospital", "add", "--tenant", "UPPER", "--name", "x"),
        ("hospital", "add", "--tenant", "a/b", "--name", "x"),
        ("hospital", "add", "--tenant", "ab", "--name", "x", "--release-rule", "sometimes"),
        ("hospital", "enrolment-code", "--tenant", "ab", "--ae-title", "SEVENTEEN_LETTERS"),
        ("link", "unlock", "--tenant", "ab"),
        ("surprise",),
    ],
)
def test_misuse_is_told_before_anything_is_done(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        terminal.run(*arguments)
    assert caught.value.code == 2
    assert terminal.deps.table.everything() == []


def test_a_time_zone_that_is_none_is_refused(terminal: Terminal) -> None:
    status, _, said = terminal.run("hospital", "add", "--tenant", TENANT, "--name", "x", "--time-zone", "Mars/Olympus")
    assert (status, "Mars/Olympus" in said, "Asia/Shanghai" in said) == (1, True, True)


def test_a_code_is_shown_once_and_stored_as_a_digest(terminal: Terminal) -> None:
    terminal.hospital()
    code = terminal.value("hospital", "enrolment-code", "--tenant", TENANT, "--ae-title", "LIGHTBOX")
    assert code["expires_at"] == "2026-11-24T06:20:00Z"
    row = terminal.deps.table.get(keys.enrolment_pk(enrolment.code_digest(code["code"])), "ENROLMENT")
    assert row is not None
    assert (row["tenant"], row["ae_title"], row["used_by"]) == (TENANT, "LIGHTBOX", "")
    assert code["code"] not in json.dumps(terminal.deps.table.everything())


def test_a_code_for_an_unknown_hospital_is_refused(terminal: Terminal) -> None:
    assert terminal.run("hospital", "enrolment-code", "--tenant", "nobody", "--ae-title", "X")[0] == 1


def enrolled(terminal: Terminal) -> Agent:
    agent = Agent(TENANT, enrolment.agent_id(TENANT, "LIGHTBOX"), "LIGHTBOX", ["k1", "k2"], "2026-11-24T06:00:00Z")
    terminal.deps.table.put(agent.to_row(), expect=None)
    for key in agent.keys_held:
        pem = "-----BEGIN PUBLIC KEY-----\n" + "x" * 80
        terminal.deps.table.put(AgentKey(key, TENANT, agent.agent, pem).to_row(), expect=None)
    return agent


@pytest.mark.req("EDGE-15")
def test_a_revoked_agent_loses_all_its_keys_and_the_journal_knows_first(terminal: Terminal) -> None:
    terminal.hospital()
    agent = enrolled(terminal)
    terminal.stream.take()
    assert terminal.run("agent", "revoke", "--tenant", TENANT, "--ae-title", "LIGHTBOX")[0] == 0
    for key in agent.keys_held:
        row = terminal.deps.table.get(keys.key_pk(key), "KEY")
        assert row is not None
        assert row["revoked_at"]
    (entry,) = terminal.journal()
    assert (entry["type"], entry["body"]["keys"]) == ("agent_revoked", ["k1", "k2"])
    publish(terminal.stream.take(), terminal.deps)
    assert terminal.journal() == [entry]
    assert [event["id"] for event in terminal.deps.bus.events] == [entry["id"]]


def test_a_decision_that_cannot_be_journalled_is_not_taken(terminal: Terminal) -> None:
    terminal.hospital()
    enrolled(terminal)

    def broken(*_: Any, **__: Any) -> bool:
        raise OSError("no storage")

    terminal.deps.vault.put = broken  # type: ignore[method-assign]
    with pytest.raises(OSError, match="no storage"):
        terminal.run("agent", "revoke", "--tenant", TENANT, "--ae-title", "LIGHTBOX")
    row = terminal.deps.table.get(keys.agent_pk(TENANT, enrolment.agent_id(TENANT, "LIGHTBOX")), "AGENT")
    assert row is not None
    assert not row["revoked_at"]


def test_revoking_twice_is_once(terminal: Terminal) -> None:
    terminal.hospital()
    enrolled(terminal)
    for _ in range(2):
        assert terminal.run("agent", "revoke", "--tenant", TENANT, "--ae-title", "LIGHTBOX")[0] == 0
        terminal.deps.clock.advance(60)
    assert len(terminal.journal()) == 1


def test_a_revocation_that_was_stopped_is_finished_by_the_next(terminal: Terminal) -> None:
    terminal.hospital()
    agent = enrolled(terminal)
    row = terminal.deps.table.get(*agent.key())
    assert row is not None
    terminal.deps.table.put({**row, "revoked_at": "2026-11-24T06:04:00Z"}, expect=row["version"])
    assert terminal.run("agent", "revoke", "--tenant", TENANT, "--ae-title", "LIGHTBOX")[0] == 0
    stand = [terminal.deps.table.get(keys.key_pk(key), "KEY") for key in agent.keys_held]
    assert all(row and row["revoked_at"] for row in stand)


def test_an_agent_is_shown_with_its_last_word(terminal: Terminal) -> None:
    terminal.hospital()
    enrolled(terminal)
    status, out, _ = terminal.run("agent", "show", "--tenant", TENANT, "--ae-title", "LIGHTBOX")
    assert status == 0
    assert "never" in out


@pytest.mark.req("EDGE-10")
def test_an_agent_that_is_full_is_shown_as_such(terminal: Terminal) -> None:
    """The alarm says that one is; this says which, and since when it was heard."""
    terminal.hospital()
    agent = enrolled(terminal)
    spool = {"objects": 3, "bytes": 10, "free_bytes": 0}
    for full in (False, True):
        beat = Heartbeat(TENANT, agent.agent, "1.0", spool, 0, "2026-11-24T06:00:00Z", full=full)
        change(terminal.deps.table, *beat.key(), lambda _, beat=beat: beat.to_row())
        _, out, _ = terminal.run("agent", "show", "--tenant", TENANT, "--ae-title", "LIGHTBOX")
        assert ("已满，暂停接收 · FULL: senders are refused" in out) is full
        assert "2026-11-24T06:00:00Z" in out


def test_silent_agents_are_listed_among_the_others_in_both_languages(terminal: Terminal) -> None:
    """Whoever hears the alarm must see at once which hospital to call."""
    terminal.hospital()
    agent = enrolled(terminal)
    spool = {"objects": 0, "bytes": 0, "free_bytes": 1}
    for at, silent in (("2026-11-24T06:04:00Z", False), ("2026-11-24T06:03:00Z", True)):
        beat = Heartbeat(TENANT, agent.agent, "1.0", spool, 0, at)
        change(terminal.deps.table, *beat.key(), lambda _, beat=beat: beat.to_row())
        for command in (("agent", "list"), ("agent", "show", "--tenant", TENANT, "--ae-title", "LIGHTBOX")):
            status, out, _ = terminal.run(*command)
            assert ("失联：两分钟没有心跳 · SILENT: not heard for two minutes" in out) is silent
            assert at in out
            assert status == (silent and command[1] == "list")
    assert json.loads(terminal.run("--json", "agent", "list", "--tenant", TENANT)[1])[0]["silent"] is True
    assert terminal.run("agent", "list", "--tenant", "nobody")[1] == "没有前置机 · No agent.\n"
    terminal.run("agent", "revoke", "--tenant", TENANT, "--ae-title", "LIGHTBOX")
    assert terminal.run("agent", "list")[0] == 0


def test_words_that_alarm_stand_in_red_on_a_terminal_and_nowhere_else() -> None:
    """In a file or a pipe the colour would be rubbish; what rows say cannot colour anything."""
    output = Output("\x1b[32ma  SILENT\nb  fine", None, urgent="SILENT")
    assert _text(output, colours=True) == "[32ma  \x1b[31mSILENT\x1b[0m\nb  fine"
    assert _text(output, colours=False) == "[32ma  SILENT\nb  fine"


def link(terminal: Terminal, exam: str) -> links.Link:
    row = terminal.deps.table.get(*Exam(TENANT, exam).key())
    assert row is not None
    about = {"tenant": TENANT, "exam": exam, "patient": row["patient"], "channel": "sms", "serial": 1}
    token = tokens.link_token(terminal.deps.secrets.values().link_key, **about)
    made = links.issued(digest=tokens.token_digest(token), **about, now=1795500000)
    terminal.deps.table.put(made.to_row(), expect=None)
    return made


def test_a_locked_link_is_opened_and_told_in_the_journal(terminal: Terminal) -> None:
    terminal.hospital()
    made = link(terminal, terminal.exam())
    row = terminal.deps.table.get(*made.key())
    for _ in range(links.MAX_TRIES):
        assert row is not None
        locked = links.answered_wrong(links.take_try(links.Link.from_row(row), 1795500000))
        row = terminal.deps.table.put(locked.to_row(), expect=row["version"])
    assert row is not None
    assert row["locked_until"] > 1795500000
    assert terminal.run("link", "unlock", "--tenant", TENANT, "--accession-number", "A1")[0] == 0
    stands = terminal.deps.table.get(*made.key())
    assert stands is not None
    assert (stands["locked_until"], stands["tries"]) == (0, 0)
    publish(terminal.stream.take(), terminal.deps)
    types = [event["type"] for event in terminal.deps.bus.events if event["type"].startswith("link_")]
    assert types == ["link_issued", "link_locked", "link_unlocked"]


def test_a_link_is_revoked_in_the_journal_first(terminal: Terminal) -> None:
    terminal.hospital()
    made = link(terminal, terminal.exam())
    assert terminal.run("link", "revoke", "--tenant", TENANT, "--accession-number", "A1")[0] == 0
    stands = terminal.deps.table.get(*made.key())
    assert stands is not None
    assert stands["revoked"]
    assert [entry["type"] for entry in terminal.journal()] == ["link_revoked"]


def test_an_exam_is_hidden_and_shown_again(terminal: Terminal) -> None:
    terminal.hospital()
    terminal.exam()
    assert terminal.value("exam", "status", "--tenant", TENANT, "--accession-number", "A1")["release"] == "released"
    assert terminal.value("exam", "hide", "--tenant", TENANT, "--accession-number", "A1")["release"] == "hidden"
    assert {entry["type"] for entry in terminal.journal()} == {"exam_decided", "exam_held"}
    assert terminal.value("exam", "show", "--tenant", TENANT, "--accession-number", "A1")["release"] == "released"
    publish(terminal.stream.take(), terminal.deps)
    held = [entry for entry in terminal.journal() if entry["type"] == "exam_held"]
    assert len(held) == 1  # what the stream told met the name that was journalled first
    assert held[0]["cause"].startswith("operator:")


@pytest.mark.req("ING-01")
def test_the_registry_shows_how_far_each_exam_has_come(terminal: Terminal) -> None:
    terminal.hospital()
    steps = [
        (upload(terminal.deps, Slices(count=1)), "imaged"),
        (report(terminal.deps, state="preliminary"), "imaged"),
        (report(terminal.deps, version=2), "published"),
        (report(terminal.deps, state="retracted", version=3), "withdrawn"),
    ]
    for message, state in steps:
        ingest(sqs_event(json.dumps(message)), terminal.deps)
        terminal.capsys.readouterr()
        (study,) = terminal.value("study", "list", "--tenant", TENANT, "--day", "2026-11-24")
        assert study["state"] == state


def test_studies_and_what_waits_are_listed(terminal: Terminal) -> None:
    terminal.hospital()
    terminal.exam()
    (study,) = terminal.value("study", "list", "--tenant", TENANT, "--day", "2026-11-24")
    assert (study["state"], study["imaging"], study["received"], study["declared"]) == ("published", "viewable", 1, 2)
    bad = upload(terminal.deps, Slices(number=5, count=1), surprise=True)
    ingest(sqs_event(json.dumps(bad)), terminal.deps)
    terminal.capsys.readouterr()
    (entry,) = terminal.value("quarantine", "list", "--tenant", TENANT)
    assert (entry["name"], entry["reason"]) == (bad["sha256"], "schema_broken")
    assert "Update" in entry["advice"] or "version" in entry["advice"]
    status, out, _ = terminal.run("quarantine", "list", "--tenant", "other")
    assert (status, out.strip()) == (0, "没有待处理的事项 · Nothing waits.")


@pytest.mark.req("ING-04")
def test_images_in_conflict_are_listed_by_what_a_radiographer_finds_them_by(terminal: Terminal) -> None:
    """And by nothing that says whose they are."""
    terminal.hospital()
    slices = Slices(series=4, count=1)
    messages = [upload(terminal.deps, slices), upload(terminal.deps, replace(slices, changes={"RescaleIntercept": 0}))]
    ingest(sqs_event(*map(json.dumps, messages)), terminal.deps)
    terminal.capsys.readouterr()
    _, out, _ = terminal.run("quarantine", "list", "--tenant", TENANT)
    assert "2026-11-24T06:05:00Z CT, 序列 · series 4, 影像 · images 1" in out
    assert "以新的 UID 重新发送正确的影像" in out
    assert "under a new UID" in out
    assert not [secret for secret in ("张", "Zhang", "P1", "A1", slices.study_uid) if secret in out]


def test_a_missing_variable_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    def unset() -> Any:
        raise KeyError("LIGHTBOX_TABLE")

    assert main(["hospital", "show", "--tenant", "ab"], unset) == 1
    assert "LIGHTBOX_TABLE is not set" in capsys.readouterr().err
