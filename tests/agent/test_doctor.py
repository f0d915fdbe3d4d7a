"""`doctor` on this machine: each fault is named, with what to do, in the words that the agent itself uses."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_agent import doctor
from edge_agent.__main__ import main
from edge_agent.config import load
from edge_agent.doctor import machine
from edge_agent.doctor.finding import CHECKS, Level
from edge_agent.errors import FolderUnusable
from edge_agent.run import run
from edge_agent.status import look
from tests.agent.agent_process import Agent, free_port
from tests.agent.building import image, keep, opened
from tests.agent.cloud_server import CloudServer
from tests.agent.doctored import advised, enrolled, rewrite, wrong

pytestmark = pytest.mark.req("PLUS-17")


@pytest.fixture
def agent(tmp_path: Path, cloud: CloudServer) -> Iterator[Agent]:
    with enrolled(tmp_path / "agent", cloud.url) as agent:
        yield agent


# -- well


def test_everything_in_order_is_told_check_by_check_and_ends_well(agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--config", str(agent.config)]) == 0
    told = capsys.readouterr().out
    assert [check for check in CHECKS if f"✓ {CHECKS[check]} · {check}" not in told] == []
    assert "一切正常 · nothing wrong" in told


def test_a_program_reads_the_same_as_a_person(agent: Agent, cloud: CloudServer, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.refuse = lambda route, body: (401, {"code": "key_revoked"})
    assert main(["doctor", "--json", "--config", str(agent.config)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["well"] is False
    (found,) = [found for found in told["findings"] if found["level"] == "wrong"]
    assert (found["check"], found["code"]) == ("key", "KeyRevoked")
    assert main(["doctor", "--config", str(agent.config)]) == 1
    table = capsys.readouterr().out
    assert all(found[words] in table for words in ("zh", "zh_hint", "en", "hint", "code"))


def test_it_changes_nothing_also_beside_a_running_agent(agent: Agent) -> None:
    """Whoever is called at night must be able to run it without a thought."""

    def everything() -> dict[Path, tuple[int, bytes]]:
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in agent.folder.rglob("*") if path.is_file()}

    with opened(agent.spool) as spool:
        keep(spool, image(1))
    before = everything()
    assert wrong(agent) == {}
    assert everything() == before
    agent.start()
    agent.until(lambda status: status["states"] == {"sent": 1} and status["trouble"] is None and not status["shipments"])
    before = everything()
    assert wrong(agent) == {}
    assert everything() == before
    assert agent.process is not None
    assert agent.process.poll() is None


# -- this machine


def test_each_wrong_line_of_the_settings_is_named_at_once(agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    """Mended in one go, not one fault a run."""
    agent.config.write_text("cloud:\n  url: cloud.example\nspool:\n  folder: spool\n  max_gib: plenty\nupload:\n  worker: 3\n")
    found = [one for one in doctor.examine(agent.config) if one.level is Level.WRONG]
    places = (("2", "cloud.url"), ("5", "spool.max_gib"), ("7", "upload.worker"))
    assert [one.code for one in found] == ["SettingsWrong"] * 3
    for one, (line, key) in zip(found, places, strict=True):
        assert f"line {line}: {key}: " in one.en
        assert f"第 {line} 行：{key}：" in one.zh
    assert main(["run", "--config", str(agent.config)]) == 1
    said = capsys.readouterr().err
    assert found[0].en in said
    assert found[0].zh in said


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"cloud:\n\turl: https://x\n", 2, "indent with spaces"),
        (b"cloud: {url: https://x\nspool: {folder: x}\n", 2, "not YAML"),
        ("# 设置\n# 云\ncloud:\n".encode("gbk"), 1, "not UTF-8"),
        (b"cloud: {url: https://x}\nspool: {folder: x\x01}\n", 2, "control character"),
        (b"cloud: {url: https://x}\nspool: {folder: x}\nlog:\n  level: 2026-13-45\n", 4, "log.level"),
    ],
)
def test_what_is_no_yaml_is_named_with_its_line(agent: Agent, raw: bytes, line: int, words: str) -> None:
    agent.config.write_bytes(raw)
    found = wrong(agent)["settings"]
    assert f", line {line}: " in found.en
    assert words in found.en


def test_a_file_from_notepad_is_read_and_a_missing_one_is_named(agent: Agent) -> None:
    agent.config.write_bytes(b"\xef\xbb\xbf" + agent.config.read_bytes().replace(b"\n", b"\r\n"))
    assert wrong(agent) == {}
    agent.config.unlink()
    assert wrong(agent)["settings"].code == "SettingsUnreadable"
    assert str(agent.config) in wrong(agent)["settings"].en


@pytest.mark.parametrize("key", ["dicom.port", "reports.http_port"])
def test_a_taken_port_is_named_with_who_holds_it(agent: Agent, key: str) -> None:
    port = free_port()
    rewrite(
        agent,
        *(
            ("http_port: 0", f"http_port: {port}")
            if key == "reports.http_port"
            else (f"port: {load(agent.config).dicom.port}", f"port: {port}")
        ),
    )
    with socket.create_server(("127.0.0.1", port)):
        found = wrong(agent)["ports"]
        assert found.code == "PortTaken"
        assert f"{key}: port {port} on 127.0.0.1 is in use by " in found.en
        assert f"(process {os.getpid()})" in found.en
        started = agent.call("run")
    assert started.returncode == 1
    assert found.en in started.stderr
    assert found.zh in started.stderr


def test_the_running_agents_own_ports_are_in_order(agent: Agent) -> None:
    agent.start()
    findings = doctor.examine(agent.config)
    assert next(found.en for found in findings if found.check == "ports").endswith("the agent listens")
    assert wrong(agent) == {}


def test_an_address_of_another_machine_is_named(agent: Agent) -> None:
    rewrite(agent, "host: 127.0.0.1", "host: 192.0.2.1")
    assert wrong(agent)["ports"].en.startswith("dicom.host: 192.0.2.1 is no address of this machine")
    started = agent.call("run")
    assert "192.0.2.1 is no address of this machine" in started.stderr


def test_a_disk_without_room_is_named_with_its_numbers(agent: Agent) -> None:
    """Real free bytes against a bound that no disk meets; a disk that is really full is in tests/faults/test_real_disk.py."""
    rewrite(agent, "min_free_gib: 0", "min_free_gib: 1000000")
    found = wrong(agent)["disk"]
    assert found.code == "DiskFull"
    assert "MiB free" in found.en
    assert "raise spool.max_gib" not in found.hint
    assert "调大" not in found.zh_hint
    assert "磁盘已满，暂停接收 · disk FULL: senders are refused" in agent.call("status").stdout


def test_a_spool_at_its_bound_is_named(agent: Agent) -> None:
    rewrite(agent, "max_gib: 0.1", "max_gib: 0.01")
    with opened(agent.spool) as spool:
        for number in range(6):
            keep(spool, image(number, size=1024))
    found = wrong(agent)["disk"]
    assert found.code == "SpoolAtLimit"
    assert "Free disk" not in found.hint
    assert "清理" not in found.zh_hint
    shown = agent.call("status").stdout
    assert "缓存已达上限，暂停接收 · spool.max_gib FULL: senders are refused" in shown
    assert "spool {} of {} MiB".format(*re.findall(r"(\d+) MiB", found.en)) in shown


def test_a_disk_that_is_full_before_the_spool_is_and_one_that_forgets_are_advised_of(agent: Agent) -> None:
    rewrite(agent, "max_gib: 0.1", "max_gib: 1000000")
    assert "RoomSmall" in advised(agent)
    assert wrong(agent) == {}
    told = agent.call("doctor").stdout.splitlines()[-1]
    count = len(advised(agent))
    assert told == f"没有错误，{count} 项提醒 · no errors, {count} warning{'s' if count > 1 else ''}"
    forgetful = Path("/dev/shm")
    if forgetful.is_dir() and os.access(forgetful, os.W_OK):
        rewrite(agent, "folder: spool", f"folder: {forgetful}/lightbox-doctor-test")
        assert "tmpfs" in advised(agent)["DiskUnsuited"].en


def test_a_file_in_a_folders_place_is_named(agent: Agent) -> None:
    (agent.folder / "taken").write_text("x")
    for folder in ("taken", "taken/below"):
        rewrite(agent, "folder: spool", f"folder: {folder}")
        found = wrong(agent)["folders"]
        assert found.en == f"spool.folder: {agent.folder}/{folder} cannot be used: Not a directory"
        assert found.en in agent.call("run").stderr
        rewrite(agent, f"folder: {folder}", "folder: spool")


@contextmanager
def as_somebody(path: Path) -> Iterator[None]:
    """As a user who owns nothing here; root, as whom CI may run, could read everything."""
    if os.geteuid() != 0:
        yield
        return
    for parent in path.parents:
        if parent.stat().st_uid == 0 and parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("locked", ["spool", "spool/identity", "spool/objects"])
def test_a_folder_that_the_user_may_not_read_is_named(agent: Agent, locked: str) -> None:
    """Started once as root, later as a service: some folders belong to the wrong user."""
    for folder in ("spool", "spool/objects", "spool/shipments"):
        (agent.folder / folder).mkdir(exist_ok=True)
        (agent.folder / folder).chmod(0o777)
    (agent.spool / "identity").chmod(0o777)
    (agent.folder / locked).chmod(0o000)
    settings = load(agent.config)
    with as_somebody(agent.spool):
        findings, _ = machine.found_here(settings)
        with pytest.raises(FolderUnusable) as refused:
            run(settings)
        told = None
        if locked != "spool/objects":  # which status does not read
            with pytest.raises(FolderUnusable) as told:
                look(settings)
    (found,) = [found for found in findings if found.level is Level.WRONG]
    assert found.en == f"spool.folder: {agent.folder / locked} cannot be used: Permission denied" == str(refused.value)
    if told is not None:
        assert str(told.value).startswith(f"spool.folder: {agent.folder / locked}")


def test_an_agent_without_identity_is_told_how_to_enrol(tmp_path: Path, cloud: CloudServer) -> None:
    """And whether it could: the cloud is looked at all the same."""
    stranger = Agent(tmp_path / "stranger", cloud.url)
    assert wrong(stranger)["identity"].code == "NotEnrolled"
    assert "enrol --config FILE --code CODE" in wrong(stranger)["identity"].hint
    assert [found.level for found in doctor.examine(stranger.config) if found.check == "cloud"] == [Level.GOOD]
    assert not stranger.spool.exists()


def test_half_an_identity_is_none(agent: Agent) -> None:
    (key,) = (agent.spool / "identity").glob("*.pem")
    key.write_text("-----BEGIN PRIVATE KEY-----\n")
    assert wrong(agent)["identity"].code == "NotEnrolled"


def test_things_that_wait_for_a_person_are_counted(agent: Agent) -> None:
    with opened(agent.spool) as spool:
        keep(spool, image(1))
        spool.park(spool.items[0], "its bytes changed")
    assert advised(agent)["WaitsForPerson"].en == "1 parked, 0 overdue."
