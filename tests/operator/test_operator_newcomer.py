"""The operator's command in the hands of somebody who has never used it."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from iac.local.demo.environments import write
from iac.operator.__main__ import main
from tests.fakes import SETTINGS
from tests.handlers.uploads import TENANT, Slices, upload
from tests.operator.small_hospital import SmallHospital

ROOT = Path(__file__).resolve().parents[2]


def test_a_python_without_the_libraries_is_answered_with_one_line_that_mends_it() -> None:
    command = [sys.executable, "-S", "-m", "iac.operator", "--help"]  # -S: no libraries but Python's own
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PYTHONUTF8": "1"})
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "make setup" in done.stderr


@pytest.mark.parametrize("day", ["25.11.2026", "2026-11-31", "20261125", "2026-W48-3"])
def test_what_is_no_day_is_refused_not_answered_with_no_study(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["study", "list", "--tenant", TENANT, "--day", day], lambda: SmallHospital().deps)
    assert caught.value.code == 2
    assert "yyyy-mm-dd" in capsys.readouterr().err


def test_a_study_in_the_list_names_its_exam_as_other_commands_take_it(capsys: pytest.CaptureFixture[str]) -> None:
    here = SmallHospital()
    here.open()
    here.deliver(here.confirm(upload(here.deps, Slices(count=1, accession_number="A1"))))
    (study,) = (row for row in here.rows() if row["kind"] == "study")
    capsys.readouterr()
    assert main(["study", "list", "--tenant", TENANT, "--day", study["at"][:10]], lambda: here.deps) == 0
    exam = capsys.readouterr().out.rstrip().rsplit("exam ", 1)[1]
    assert here.operator("exam", "status", "--tenant", TENANT, "--exam", exam)["exam"] == study["exam"]


def test_a_name_that_nobody_knows_is_answered_with_where_names_stand(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hospital", "show", "--tenant", "nosuch"], lambda: SmallHospital(settings=SETTINGS).deps) == 1
    said = capsys.readouterr().err
    assert "没有找到" in said
    assert "`hospital list`" in said


def test_the_demos_environment_is_its_owners_alone_and_a_shell_reads_it_back(tmp_path: Path) -> None:
    path, value = tmp_path / "operator.env", "it's $HOME `x`"
    path.write_text("old")
    path.chmod(0o644)
    write(path, {"LIGHTBOX_TABLE": value})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    done = subprocess.run(["sh", "-c", '. "$0"; printenv LIGHTBOX_TABLE', str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == value + "\n"
