"""The agent as an operator runs it: a process of its own, killed, stopped, started twice, looked at."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest
from pydicom import dcmread
from pynetdicom import AE

from edge_agent.__main__ import main
from edge_agent.spool.records import HEAD_BYTES, ObjectKind
from edge_agent.spool.states import State
from tests.agent.agent_process import WAIT_S, Agent
from tests.agent.building import encoded, opened
from tests.data.modalities import KINDS, write_all


@pytest.fixture
def agent(tmp_path, cloud):
    agent = Agent(tmp_path / "agent", cloud.url)
    assert agent.call("enrol", "--code", "CODE-1234").returncode == 0
    yield agent
    agent.kill()


def send_all(port: int, files: dict[str, Path], at_answer=lambda status: None) -> None:
    ae = AE("MOD1")
    for path in files.values():
        ds = dcmread(path, stop_before_pixels=True)
        ae.add_requested_context(ds.SOPClassUID, ds.file_meta.TransferSyntaxUID)
    assoc = ae.associate("127.0.0.1", port, ae_title="LIGHTBOX")
    assert assoc.is_established
    for path in files.values():
        at_answer(assoc.send_c_store(dcmread(path)).Status)
    assoc.release()


@pytest.mark.req("EDGE-01")
@pytest.mark.slow
def test_one_object_of_each_kind_survives_a_kill_at_its_answer(agent, cloud, tmp_path):
    """Twelve kinds, twelve deaths: each time the agent is killed the moment it has said success, and started again on the
    same spool for the next kind. In the end all are there, byte for byte."""
    cloud.refuse = lambda route, body: (503, {})  # nothing may leave, so that all must be found in the spool
    files = write_all(tmp_path / "files")
    assert len(files) == len(KINDS) == 12

    def die(status: int) -> None:
        os.kill(agent.process.pid, signal.SIGKILL)
        assert status == 0

    for kind, path in files.items():
        send_all(agent.start(), {kind: path}, die)
        assert agent.process.wait(WAIT_S) == -signal.SIGKILL
    with opened(agent.folder / "spool") as spool:
        assert {item.state for item in spool.items.values()} <= {State.SPOOLED, State.PACKED}
        found = {item.head.sop_uid: spool.object_path(item.number).read_bytes()[HEAD_BYTES:] for item in spool.items.values()}
    sent = [dcmread(path) for path in files.values()]
    assert found == {ds.SOPInstanceUID: encoded(ds) for ds in sent}


@pytest.mark.req("EDGE-01")
@pytest.mark.slow
def test_a_study_reaches_the_cloud_once_though_the_agent_is_killed_on_the_way(agent, cloud, tmp_path):
    """Killed while sending, started again: the same final set, nothing lost, nothing doubled."""
    files = write_all(tmp_path / "files")
    killed = []

    def kill_at_the_second_put(kind: str) -> None:
        killed.append(kind)
        if len(killed) == 2:
            agent.kill()

    cloud.before_put = kill_at_the_second_put
    send_all(agent.start(), files)
    agent.process.wait(WAIT_S)
    cloud.before_put = lambda kind: None
    agent.start()
    agent.until(lambda status: status["states"] == {"sent": len(files)})
    assert set(cloud.confirmed_instances().values()) == {1}
    assert len(cloud.confirmed_instances()) == len(files)
    beats = [body for route, body in cloud.requests if route == "heartbeats"]
    assert beats
    assert beats[0]["spool"]["free_bytes"] > 0


@pytest.mark.slow
def test_sigterm_stops_cleanly_and_loses_nothing(agent, cloud, tmp_path):
    cloud.refuse = lambda route, body: (503, {})
    files = write_all(tmp_path / "files")
    send_all(agent.start(), files)
    status = agent.until(lambda status: sum(status["states"].values()) == len(files))
    assert status["running"] == agent.process.pid
    assert status["trouble"] is None or status["trouble"]["error"] == "CloudUnreachable"
    agent.process.send_signal(signal.SIGTERM)
    assert agent.process.wait(WAIT_S) == 0
    assert agent.events()[-1]["event"] == "agent_stopped"
    assert sum(agent.until(lambda status: status["running"] is None)["states"].values()) == len(files)
    log = agent.log.read_text("utf-8")
    for ds in (dcmread(path, stop_before_pixels=True) for path in files.values()):
        for value in (str(ds.PatientID), str(ds.PatientName), str(ds.AccessionNumber), str(ds.PatientBirthDate)):
            assert value not in log


def test_a_second_agent_is_refused_in_one_line(agent):
    with opened(agent.folder / "spool"):
        refused = agent.call("run")
    assert refused.returncode == 1
    assert "is in use by process" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_an_agent_without_identity_is_refused_in_one_line(tmp_path, capsys):
    stranger = Agent(tmp_path / "stranger", "http://127.0.0.1:9")
    assert main(["run", "--config", str(stranger.config)]) == 1
    told = capsys.readouterr().err
    assert "no identity yet" in told
    assert told.count("\n") == 1


@pytest.mark.req("EDGE-15")
def test_enrolment_makes_a_key_that_only_the_owner_reads_and_uses_the_code_up(agent, cloud, tmp_path):
    keys = list((agent.folder / "spool" / "identity").glob("*.pem"))
    assert [stat.S_IMODE(key.stat().st_mode) for key in keys] == [0o600]
    other = Agent(tmp_path / "other", cloud.url)
    refused = other.call("enrol", "--code", "CODE-1234")
    assert refused.returncode == 1
    assert "登记码被拒绝：已用过、已过期或有误。" in refused.stderr
    assert "The enrolment code was refused: used, expired or wrong." in refused.stderr
    assert not list((other.folder / "spool").rglob("*.pem"))


def test_a_code_that_is_none_is_told_in_words(cloud, tmp_path):
    cloud.refuse = lambda route, body: (400, {"code": "document_invalid"})
    refused = Agent(tmp_path / "other", cloud.url).call("enrol", "--code", "12 34")
    assert "格式不对，应为 XXXX-XXXX-XXXX" in refused.stderr
    assert "not a code of the form XXXX-XXXX-XXXX" in refused.stderr


def test_enrolment_makes_a_spool_that_only_the_owner_enters(agent, cloud, tmp_path):
    """Images lie in it; a folder that was there already, open to all, is closed too."""
    assert stat.S_IMODE((agent.folder / "spool").stat().st_mode) == 0o700
    cloud.codes.add("CODE-5678")
    (agent.folder / "spool").chmod(0o755)
    assert agent.call("enrol", "--code", "CODE-5678").returncode == 0
    assert stat.S_IMODE((agent.folder / "spool").stat().st_mode) == 0o700


@pytest.mark.parametrize("command", [("release",), ("release", "--discard-damaged"), ("enrol", "--code", "CODE-1234")])
def test_what_needs_the_agent_stopped_says_how_to_stop_it(agent, command):
    with opened(agent.folder / "spool"):
        refused = agent.call(*command)
    assert refused.returncode == 1
    assert "请先停止前置机：systemctl stop lightbox-agent" in refused.stderr
    assert "Stop the agent first: systemctl stop lightbox-agent" in refused.stderr


def test_wrong_settings_end_in_one_line_with_the_place(tmp_path, capsys):
    agent = Agent(tmp_path / "agent", "http://127.0.0.1:9", "upload: {workers: none}\n")
    assert main(["run", "--config", str(agent.config)]) == 1
    assert f"{agent.config}, line 5: upload.workers: a whole number is needed" in capsys.readouterr().err


def test_status_of_an_empty_place_is_told_too(tmp_path, capsys):
    agent = Agent(tmp_path / "agent", "http://127.0.0.1:9")
    assert main(["status", "--config", str(agent.config)]) == 0
    assert "not enrolled yet" in capsys.readouterr().out


def test_release_keeps_what_is_damaged_until_a_person_says_that_it_may_go(tmp_path, capsys):
    """A full spool of damaged objects would otherwise refuse every sender for ever."""
    agent = Agent(tmp_path / "agent", "http://127.0.0.1:9")
    with opened(agent.folder / "spool") as spool:
        whole, damaged = (spool.put(ObjectKind.REPORT, text) for text in (b"{}", b'{"a":1}'))
        file = spool.object_path(damaged.number)
        file.write_bytes(file.read_bytes()[:HEAD_BYTES] + b"?" * damaged.head.data_bytes)
        for item in (whole, damaged):
            spool.park(item, "a reason")
    assert main(["release", "--config", str(agent.config)]) == 0
    assert "1 released" in capsys.readouterr().out
    assert file.exists()
    assert main(["release", "--config", str(agent.config), "--discard-damaged"]) == 0
    assert "1 damaged discarded" in capsys.readouterr().out
    assert not file.exists()
    with opened(agent.folder / "spool") as again:
        assert list(again.items) == [whole.number]
