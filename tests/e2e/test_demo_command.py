"""`make demo` from the outside: what it says, how it stops, what it does with a user's own files."""

from __future__ import annotations

import io
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import psutil
import pydicom
import pytest

from functions.adapters import schemas
from iac.local.demo.console import Console
from iac.local.demo.journey import Journey, Wish
from iac.local.demo.next_exam import follow_up, registration
from iac.local.demo.phone import TAIL
from iac.local.demo.report import audited_report
from iac.local.demo.shares import Shared, Shares
from iac.local.demo.study import invented_study, own_study, study_time
from iac.local.errors import DemoError, PortTaken
from iac.local.patient_client import PatientClient
from iac.local.phantom import Identity, write_phantom
from iac.local.ports import Ports
from iac.local.process import ROOT

DEMO = [sys.executable, "-m", "iac.local.demo"]


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """A folder with two patients, one image each."""
    for name in ("a", "b"):
        write_phantom(tmp_path / name, 1, size=64, identity=Identity(patient_id=name, study=name))
    return tmp_path


def test_a_folder_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    """And before anything was started."""
    done = subprocess.run(
        [*DEMO, "--study", tmp_path / "gone", "--state", tmp_path / "s"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "gone is not a folder" in done.stderr


@pytest.mark.parametrize("port", ["99999", "abc", "-1", "65536", "8080x", "²"])
def test_what_is_no_port_is_said_in_one_line(port: str, tmp_path: Path) -> None:
    done = subprocess.run([*DEMO, f"--port={port}", "--state", str(tmp_path)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert f"PORT={port} 不是端口号 · is no port" in done.stderr
    assert "stopp" not in done.stdout  # nothing ran


def test_a_taken_port_is_said_in_both_languages_with_the_word_for_make() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as error:
            Ports(gateway=port).chosen()
        assert Ports().chosen(Ports(gateway=port)).gateway != port
    for words in (str(port), "已被占用", "already in use", "PORT="):
        assert words in str(error.value)


class Terminal(io.StringIO):
    """What a person sees, and a note at the third time a line is drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn, self.moved = 0, threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.drawn += 1
        if self.drawn == 3:
            self.moved.set()
        return super().write(text)


def test_a_long_step_counts_its_seconds_while_nothing_is_told() -> None:
    """A line that stands still looks like a program that hangs."""
    terminal, clock = Terminal(), itertools.count()
    with Console(terminal, lambda: float(next(clock))).step("a long step"):
        assert terminal.moved.wait(30)
    seconds = [int(found) for found in re.findall(r"… a long step +(\d+) s", terminal.getvalue())]
    assert len(seconds) >= 3
    assert seconds == sorted(set(seconds))


def test_a_file_gets_one_line_a_step() -> None:
    out = io.StringIO()
    with Console(out).step("a step") as step:
        step.progress("1/2")
    assert len(out.getvalue().splitlines()) == 1


def test_a_folder_without_dicom_is_said(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("no image here")
    with pytest.raises(DemoError, match="No DICOM file"):
        own_study(tmp_path, tmp_path)


def test_several_patients_are_counted_and_refused(patients: Path) -> None:
    """One link opens one person's exam; mixing two up is the worst mistake there is."""
    with pytest.raises(DemoError, match="2 patients"):
        own_study(patients, patients)


def test_a_study_of_ones_own_is_sent_as_it_is(tmp_path: Path) -> None:
    """Bytes are the user's; the report takes its facts from them."""
    files = write_phantom(tmp_path / "images", 3, size=64)
    (tmp_path / "images" / "notes.txt").write_text("beside")
    study = own_study(tmp_path / "images", tmp_path)
    who = Identity()
    assert list(study.files) == files
    assert (study.facts.patient_id, study.facts.issuer, study.facts.name) == (who.patient_id, who.issuer, "张伟")
    assert (study.facts.birth_date, study.facts.accession_number) == ("1961-09-15", who.accession)
    assert study.facts.study_uids == (who.uid("study"),)
    assert not study.invented


def test_the_same_image_twice_is_one_image(tmp_path: Path) -> None:
    """Waiting for more images than there are would never end."""
    (path,) = write_phantom(tmp_path / "images", 1, size=64)
    shutil.copy(path, tmp_path / "images" / "again.dcm")
    study = own_study(tmp_path / "images", tmp_path)
    assert (len(study.files), study.instances) == (2, 1)


def test_images_without_patient_id_and_accession_number_get_what_matching_needs(tmp_path: Path) -> None:
    """Files from a CD are often stripped; the originals are left alone."""
    (path,) = write_phantom(tmp_path / "images", 1, size=64, identity=Identity(patient_id="", accession="", issuer=""))
    before = path.read_bytes()
    study = own_study(tmp_path / "images", tmp_path)
    (sent,) = study.files
    assert pydicom.dcmread(sent).PatientID == study.facts.patient_id != ""
    assert study.facts.accession_number
    assert path.read_bytes() == before


def test_report_and_images_tell_one_time_in_the_hospitals_zone(tmp_path: Path) -> None:
    """A report that was audited before its exam is believed by nobody."""
    write_phantom(tmp_path / "images", 1, size=64, identity=Identity(at=datetime(2026, 11, 24, 13, 47, 5)))
    study = own_study(tmp_path / "images", tmp_path)
    report = audited_report(study, tenant="t", phone="13900001234", now=datetime(2026, 11, 24, 8, tzinfo=UTC))
    assert report["examined_at"] == "2026-11-24T05:47:05Z"
    assert report["examined_at"] < report["reported_at"] < report["audited_at"] < "2026-11-24T08:00:00Z"


@pytest.mark.parametrize("examined", [None, datetime(2099, 1, 1)])
def test_without_a_usable_study_time_no_time_of_the_report_is_to_come(examined: datetime | None, tmp_path: Path) -> None:
    write_phantom(tmp_path / "images", 1, size=64)
    study = own_study(tmp_path / "images", tmp_path)
    study = replace(study, facts=replace(study.facts, examined=examined))
    report = audited_report(study, tenant="t", phone="13900001234", now=datetime(2026, 11, 24, 8, tzinfo=UTC))
    assert report["examined_at"] <= report["reported_at"] <= report["audited_at"] <= "2026-11-24T08:00:00Z"


@pytest.mark.parametrize(
    ("date", "time", "minute"), [("20261124", "1347", 47), ("20261124", "134705.250", 47), ("20261124", "", 0)]
)
def test_a_study_time_may_end_early(date: str, time: str, minute: int) -> None:
    """DICOM lets minutes and seconds be left away."""
    found = study_time(date, time)
    assert found is not None
    assert (found.day, found.minute) == (24, minute)


def test_the_report_describes_every_series_that_is_sent_and_no_other(tmp_path: Path) -> None:
    """Three items in the heading and one in the text looks like a lost page."""
    source = write_phantom(tmp_path / "source", 1, size=64)
    for parts in ([], ["上腹部CT增强"], ["上腹部CT增强", "颅脑MR平扫"]):
        work = tmp_path / f"work{len(parts)}"
        work.mkdir()
        at = datetime(2026, 11, 24, 13, 47, 5)
        made = invented_study(work, tmp_path / "cache", dict.fromkeys(parts, source), slices=1, number=1, at=at)
        report = audited_report(made, tenant="t", phone="13900001234", now=datetime(2026, 11, 24, 8, tzinfo=UTC))
        assert re.findall("【(.+?)】", report["findings"]) == report["item"].split("；") == ["胸部CT平扫", *parts]
        assert re.findall(r"(?m)^(\d)\. ", report["impression"]) == [str(place + 1) for place in range(len(parts) + 1)]
        assert "虚构" in report["impression"]
        assert (report["examined_at"], str(pydicom.dcmread(made.files[-1]).StudyTime)) == ("2026-11-24T05:47:05Z", "134705")


def test_the_next_exam_is_the_same_patients_and_nine_oclock_there(tmp_path: Path) -> None:
    """A registration that the agent refuses would end the demo; an appointment at night looks like a mistake."""
    write_phantom(tmp_path / "images", 1, size=64)
    study = own_study(tmp_path / "images", tmp_path)
    facts = follow_up(study.facts, "NEXT1")
    document = registration(facts, phone="13900001234", now=datetime(2026, 11, 24, 23, 30, tzinfo=UTC))
    schemas.check({"schema": "registration.v1", "tenant": "renhe", **document}, "registration.v1")
    assert document["patient"]["id"] == study.facts.patient_id
    assert document["scheduled_at"] == "2027-02-24T01:00:00Z"
    assert document["registered_at"] == document["changed_at"] == "2026-11-24T23:30:00Z"


def test_images_that_cannot_be_shared_without_the_name_are_said_to_be_so() -> None:
    said = Shares(None, Shared("http://127.0.0.1:1/s#t=x", "")).said()
    assert "无法匿名" in said
    assert "http://127.0.0.1:1/s#t=x" in said


def test_a_second_demo_is_refused_and_the_first_keeps_its_files(tmp_path: Path) -> None:
    """It once emptied the working folder under the first one, which then died of a missing file."""
    with Journey(Wish(tmp_path, None, 0, 0), Console(io.StringIO())):
        kept = tmp_path / "demo" / "in-use"
        kept.touch()
        done = subprocess.run([*DEMO, "--state", str(tmp_path)], capture_output=True, text=True, cwd=ROOT)
        assert kept.is_file()
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    for words in ("正在使用中", "Ctrl-C", "another demo runs", str(os.getpid())):
        assert words in done.stderr
    with Journey(Wish(tmp_path, None, 0, 0), Console(io.StringIO())):
        pass  # left, the folder is free again


def children_of(pid: int) -> set[psutil.Process]:
    return set(psutil.Process(pid).children(recursive=True))


def still_alive(processes: set[psutil.Process]) -> list[psutil.Process]:
    """Those that do not end: a busy kernel needs a moment between SIGKILL and the end, an orphan stays."""
    _, alive = psutil.wait_procs(list(processes), timeout=10)
    return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


@dataclass(frozen=True)
class Stopped:
    """A whole demo, stopped by Ctrl-C when all was said: its words, the processes it had, what its links answered before."""

    output: str
    had: set[psutil.Process]
    state: Path
    status: int
    answers: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    state = tmp_path_factory.mktemp("demo")
    command = [*DEMO, "--state", str(state)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    assert process.stdout is not None
    lines: list[str] = []
    had: set[psutil.Process] = set()
    answers: dict[str, dict[str, Any]] = {}
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            had = children_of(process.pid)
            try:
                answers = opened("".join(lines))
            finally:
                os.kill(process.pid, signal.SIGINT)
    return Stopped("".join(lines), had, state, process.wait(180), answers)


def opened(output: str) -> dict[str, dict[str, Any]]:
    """What the links that it said open, by their name."""
    answers = {}
    links = re.findall(r"· (progress|nameless|by name) +((http://[0-9.:]+)/[es]#t=(\w{27}))", output)
    for name, link, origin, token in links:
        client = PatientClient(origin)
        if name == "progress":
            client.sign_in(link, TAIL)
            answers[name] = client.api("GET", "progress").json()
        else:
            answers[name] = client.ask("POST", "/api/guest/v1/links/open", json_body={"token": token}).json()
    return answers


@pytest.mark.cloud
@pytest.mark.slow
@pytest.mark.req("PLUS-10")
def test_it_prints_link_code_phone_page_and_where_the_time_went(stopped: Stopped) -> None:
    output = stopped.output
    assert re.search(r"http://127\.0\.0\.1:\d+/e#t=[0-9A-Za-z]{27}\b", output)
    assert re.search(r"code \d{6}\b", output)
    assert re.search(r"SMS +http://127\.0\.0\.1:\d+/", output)
    for step in (
        "the cloud starts",
        "next exam registered",
        "C-STORE 200",
        "audited report delivered",
        "packed, uploaded, indexed",
        "released",
        "SMS arrived",
    ):
        assert re.search(rf"✓ .*{step}.* \d+\.\d s", output), step


@pytest.mark.cloud
@pytest.mark.slow
@pytest.mark.req("NTF-03", "SHR-01", "SHR-03", "SHR-04")
def test_it_shows_an_exam_on_its_way_two_shares_and_who_of_the_staff_there_is(stopped: Stopped) -> None:
    """Who tries it finds each part of the product among its lines."""
    assert stopped.answers["progress"]["state"] == "registered"
    assert stopped.answers["progress"]["received"] == 0
    assert stopped.answers["progress"]["item"].endswith("（复查）")
    assert (stopped.answers["nameless"]["state"], stopped.answers["nameless"]["name"]) == ("code", "")
    assert (stopped.answers["by name"]["state"], stopped.answers["by name"]["name"]) == ("open", "张*")
    assert re.search(r"pass code \d{6}\b", stopped.output)
    for account in ("operator", "doctor", "finance"):
        assert re.search(rf"{account} +\w{{4}}(-\w{{4}})+$", stopped.output, re.MULTILINE), account


@pytest.mark.cloud
@pytest.mark.slow
def test_ctrl_c_stops_everything_and_keeps_the_state(stopped: Stopped) -> None:
    """No process of it is left, nor a temporary folder; the exam is there next time."""
    state = stopped.state
    assert stopped.status == 0, stopped.output
    assert len(stopped.had) >= 4  # emulator, gateway, agent, SMS server
    assert not still_alive(stopped.had)
    assert not (state / "tmp").exists()
    assert not (state / "demo").exists()
    assert (state / "state" / "dynamodb.json").is_file()


@pytest.mark.cloud
@pytest.mark.slow
@pytest.mark.parametrize("moment", ["Lightbox", "the cloud starts", "C-STORE"])
def test_ctrl_c_on_the_way_leaves_nothing_behind(moment: str, tmp_path: Path) -> None:
    """Impatience is no excuse for orphans: a process that holds a port makes the next start fail."""
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *DEMO, "--state", str(tmp_path)]  # as nohup and CI start it
    process = subprocess.Popen(ignoring, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    had: set[psutil.Process] = set()
    for line in process.stdout:
        if moment in line:
            had = children_of(process.pid)
            os.kill(process.pid, signal.SIGINT)
            had |= children_of(process.pid)
    assert process.wait(180) == 130
    assert not still_alive(had)
    left = [one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(one.info["cmdline"] or [])]
    assert left == []


@pytest.mark.cloud
@pytest.mark.slow
def test_what_it_says_fits_a_terminal_of_80_columns(stopped: Stopped) -> None:
    """A link that is broken into two lines cannot be clicked; a Chinese character takes two columns."""
    said = stopped.output.replace(str(stopped.state), ".lightbox")  # the folder is a test's here, and longer
    wide = [line for line in said.splitlines() if sum(1 + (east_asian_width(sign) in "WF") for sign in line) > 80]
    assert wide == []
