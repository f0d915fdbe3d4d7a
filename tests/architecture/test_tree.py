"""The tree stays one that a new reader finds the way in."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.tools.needs import NEEDS

ROOT = Path(__file__).resolve().parents[2]
MAX_LINES = 450
# a longer file and why it may be so
LONGER: dict[str, str] = {}
TEXT = {".py", ".ts", ".tsx", ".css", ".html", ".md", ".json", ".yaml", ".yml", ".toml", ".txt"}
CODE = {".py", ".ts", ".tsx", ".css"}
VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "stuff"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


FILES = tracked()
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]


def test_no_source_file_has_grown_past_its_subject():
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in FILES
        if path.suffix in CODE and (lines := path.read_text(encoding="utf-8").count("\n")) > MAX_LINES
    }
    assert {name: lines for name, lines in long.items() if name not in LONGER} == {}


def test_files_are_named_for_their_subject():
    assert [path.name for path in FILES if path.suffix in CODE and path.stem.lower() in VAGUE] == []


def test_every_python_module_says_what_it_is_for():
    mute = [
        path.relative_to(ROOT).as_posix()
        for path in FILES
        if path.suffix == ".py"
        and (text := path.read_text(encoding="utf-8").strip())
        and not text.startswith(('"""', 'r"""', "#!"))
    ]
    assert mute == []


def test_names_of_test_files_are_unique():
    """pytest's reports and the requirements' table name them without their folder."""
    names = [path.name for path in FILES if re.fullmatch(r"test_.*\.py", path.name)]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_no_image_or_dicom_of_others_is_in_the_tree():
    """Real images come from packages at test time; pictures of our own pages are small."""
    assert [path.name for path in FILES if path.suffix.lower() in {".dcm", ".ima", ".nii"}] == []
    assert [path.name for path in FILES if path.suffix in {".png", ".jpg"} and path.stat().st_size > 400_000] == []


def test_nothing_names_a_machine_a_registry_or_work_left_undone():
    """A path of one developer's machine or a registry's host works nowhere else; a reminder belongs into an issue."""
    unwanted = re.compile(r"(?<![\w./-])/(?:home|root|work)/\w|https?://[\w.-]*(?:registry|pypi|npmjs)|\b(?:TODO|FIXME)\b")
    words = {path: path.read_text(encoding="utf-8") for path in FILES if path.suffix in TEXT and path != Path(__file__)}
    assert {path.name: found[0] for path, text in words.items() if (found := unwanted.search(text))} == {}


def test_ci_installs_what_the_tests_need():
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    listed = re.search(r"packages=\(([^)]*)\)", script)
    assert listed
    assert {need.package for need in NEEDS} <= set(listed[1].split())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_of_a_document_lead_somewhere(path: Path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r"(?:src|href)=\"([^\"#]+)\"", text)
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (path.parent / target).exists()] == []


def test_commands_in_the_readmes_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for name in ("README.md", "README.zh-CN.md"):
        asked = set(re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE))
        assert asked
        assert asked <= targets


def test_settings_of_functions_are_documented():
    """docs/interfaces.md §6 lists every variable that functions read, and no other."""
    code = (ROOT / "functions/adapters/settings.py").read_text(encoding="utf-8")
    section = (ROOT / "docs/interfaces.md").read_text(encoding="utf-8").partition("## 6. Functions")[2]
    read = set(re.findall(r"LIGHTBOX_[A-Z_]+", code))
    assert read == set(re.findall(r"LIGHTBOX_[A-Z_]+", section))
