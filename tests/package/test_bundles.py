"""Each function's bundle: everything in it that it reaches, nothing from elsewhere, small, and the same bytes twice."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from iac.local.template import function_folders, read
from iac.package.__main__ import CACHE, ROOT, build_all, report
from iac.package.bundle import LIMIT_MB, Bundle, build, functions, requirements
from iac.package.errors import BundleTooLarge, WheelUnpinned
from iac.package.imports import reached
from iac.package.target import HOST, LAMBDA, PLATFORMS, Target, interpreter
from iac.package.trimming import AWS_SERVICES
from iac.package.wheels import Wheel, closure, fetch, pinned

TEMPLATE = read(ROOT / "template.yaml")
HANDLERS = {folder: TEMPLATE["Resources"][name]["Properties"]["Handler"] for name, folder in function_folders(TEMPLATE).items()}
BROUGHT_BY = {"zoneinfo": "tzdata", "jsonschema": "rfc3339-validator"}  # used by a library, imported by none of our lines
IN_BUNDLE = Path(__file__).with_name("in_bundle.py")


@dataclass(frozen=True)
class Made:
    target: Target
    wheels: dict[str, Wheel]
    bundles: dict[str, Bundle]


def make(target: Target, out: Path) -> Made:
    return Made(target, fetch(target, CACHE), {one.name: one for one in build_all(out, target)})


@pytest.fixture(scope="session")
def for_lambda(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """What `make package` makes."""
    return make(LAMBDA, tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="session")
def importable(for_lambda: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The same bundles where this machine has Python 3.13; else the same made for the interpreter at hand: our same files, the
    same libraries and rules, other compiled wheels."""
    return for_lambda if interpreter(LAMBDA) else make(HOST, tmp_path_factory.mktemp("host"))


def test_the_template_deploys_what_make_package_makes() -> None:
    """A folder that one side does not know is an empty function."""
    assert set(HANDLERS) == set(functions(ROOT))
    for name, folder in function_folders(TEMPLATE).items():
        assert TEMPLATE["Resources"][name]["Properties"]["CodeUri"] == f"build/bundles/{folder}"
    settings = TEMPLATE["Globals"]["Function"]
    assert (settings["Runtime"], settings["Architectures"]) == (f"python{LAMBDA.python_version}", ["x86_64"])


def test_libraries_are_pinned_in_the_versions_that_the_tests_run_on() -> None:
    """One source of versions: a bundle with another library than the tested one is untested."""
    stated = dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*\])?==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    stated = {canonicalize_name(name): version for name, version in stated.items()}
    pins = pinned()
    for function in functions(ROOT):
        for name in requirements(ROOT, function):
            assert pins[canonicalize_name(name)].version == stated[canonicalize_name(name)], name


@pytest.mark.slow
@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_names_the_libraries_that_it_reaches_and_no_other(function: str, for_lambda: Made) -> None:
    """A missing one breaks in the cloud only, where a lazy import comes true; one too many is weight and attack surface."""
    found = reached(ROOT, HANDLERS[function].rpartition(".")[0])
    named = {canonicalize_name(name) for name in requirements(ROOT, function)}
    offered = {package for wheel in closure(named, for_lambda.wheels, LAMBDA) for package in wheel.packages}
    assert found.libraries <= offered
    brought = {library for module, library in BROUGHT_BY.items() if module in found.others}
    assert {name for name in named if not for_lambda.wheels[name].packages & found.libraries} == brought


@pytest.mark.slow
@pytest.mark.parametrize("function", HANDLERS)
def test_a_handler_and_all_that_it_may_ever_import_come_from_its_own_bundle(function: str, importable: Made) -> None:
    """A library that only stands on the developer's machine is found out here and not by a hospital."""
    python, bundle = interpreter(importable.target), importable.bundles[function]
    found = reached(bundle.folder, HANDLERS[function].rpartition(".")[0])
    source = "".join(path.read_text() for path in (bundle.folder / "functions").rglob("*.py"))
    task = {
        "handler": HANDLERS[function],
        "modules": sorted(found.ours | found.others),
        "services": AWS_SERVICES,
        "codecs": sorted(set(re.findall(r"imagecodecs\.(\w+_decode)", source))),
    }
    command = [str(python), "-I", "-S", "-B", str(IN_BUNDLE), str(bundle.folder)]
    done = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"failed": {}, "outside": []}


@pytest.mark.slow
@pytest.mark.parametrize("function", HANDLERS)
def test_compiled_libraries_are_for_lambdas_interpreter_and_system(function: str, for_lambda: Made) -> None:
    """Holds on every machine, also where the bundle cannot be imported."""
    for wheel in closure(requirements(ROOT, function), for_lambda.wheels, LAMBDA):
        for tag in wheel.tags:
            _, abi, platform = tag.split("-")
            assert abi in ("cp313", "abi3", "none"), wheel.path.name
            assert platform == "any" or platform in PLATFORMS, wheel.path.name
    for path in for_lambda.bundles[function].folder.rglob("*.so"):
        if "cpython-" in path.name:
            assert ".cpython-313-x86_64-linux-gnu.so" in path.name


@pytest.mark.slow
def test_every_bundle_is_within_the_limit(for_lambda: Made) -> None:
    """Unpacking is part of every cold start."""
    for bundle in for_lambda.bundles.values():
        bundle.check_size()
        on_disk = sum(path.stat().st_size for path in bundle.folder.rglob("*") if path.is_file())
        assert abs(on_disk / 1e6 - bundle.megabytes) < 0.01


def test_a_bundle_over_the_limit_fails_and_names_what_is_heavy(capsys: pytest.CaptureFixture[str]) -> None:
    """The table stands there too, so that one sees what the others weigh."""
    heavy = Bundle("render", Path("nowhere"), "0" * 64, 1_000_000, {"numpy": 90_000_000, "pillow": 20_000_000, "six": 1})
    with pytest.raises(
        BundleTooLarge, match=rf"render is 111\.0 MB unzipped, more than {LIMIT_MB} MB. Heaviest: numpy 90\.0, pillow"
    ):
        report([heavy])
    assert "render" in capsys.readouterr().out


@pytest.mark.slow
def test_the_same_source_makes_the_same_bytes(for_lambda: Made, tmp_path: Path) -> None:
    """Unpacked, cut, compiled and put together anew: a digest that changes says that the code did."""
    source = tmp_path / "source"
    for part in ("functions", "events"):
        shutil.copytree(ROOT / part, source / part)
    first = build(source, "patient_api", tmp_path / "first", for_lambda.wheels, LAMBDA, CACHE)
    again = build(source, "patient_api", tmp_path / "again", for_lambda.wheels, LAMBDA, tmp_path / "cache")
    assert again.digest == first.digest
    times = {int(path.stat().st_mtime) for path in again.folder.rglob("*") if path.is_file()}
    assert len(times) == 1
    changed = source / "functions/core/errors.py"
    changed.write_text(changed.read_text() + "# one more line\n")
    assert build(source, "patient_api", tmp_path / "first", for_lambda.wheels, LAMBDA, CACHE).digest != first.digest


def test_a_library_that_nobody_pinned_is_named() -> None:
    """Not fetched unseen in whatever version there is."""
    with pytest.raises(WheelUnpinned, match="left-pad"):
        closure(["left-pad"], {}, LAMBDA)
