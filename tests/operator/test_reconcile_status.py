"""What reconcile's exit status says to whoever runs it from a script: done, run it again, a person must look."""

from __future__ import annotations

import re
from typing import Any

import pytest

from functions.core.errors import ServiceBusy
from iac.operator.__main__ import main
from tests.handlers.uploads import TENANT, Slices, declare, report, upload
from tests.operator.small_hospital import SmallHospital

pytestmark = pytest.mark.req("PLUS-04")


class Terminal:
    """A small hospital whose table is lost, and a terminal beside it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.here, self.capsys = SmallHospital(), capsys
        self.here.open()
        self.here.settle()
        slices, deps = Slices(count=2), self.here.deps
        self.here.deliver(*map(self.here.confirm, (upload(deps, slices), declare(deps, [(slices, 2)]), report(deps))))
        self.here.settle()
        self.here.lose_the_table()

    def reconcile(self, *more: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        status = main(["reconcile", *more], lambda: self.here.deps)
        said = self.capsys.readouterr()
        return status, said.out, said.err


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_all_was_rebuilt(terminal: Terminal) -> None:
    status, out, _ = terminal.reconcile("--tenant", TENANT)
    assert (status, f"Rebuilt: {TENANT}." in out) == (0, True)
    status, out, _ = terminal.reconcile()
    assert (status, "Every row stands as the vault says." in out) == (0, True)


@pytest.mark.parametrize("fault", ["damaged", "missing"])
def test_what_could_not_be_rebuilt_is_three_and_said_in_both_languages(terminal: Terminal, fault: str) -> None:
    vault: Any = terminal.here.deps.vault
    (key,) = (key for bucket, key in vault._objects if bucket == "originals" and key.endswith(".heads"))
    if fault == "damaged":
        vault.overwrite("originals", key, b"damaged")
    else:
        del vault._objects["originals", key]
    status, out, _ = terminal.reconcile()
    assert status == 3
    assert "not rebuilt: manifest" in out
    assert "1 项未能重建，需要人处理 · 1 not rebuilt" in out


def test_what_failed_for_now_is_one(terminal: Terminal) -> None:
    vault: Any = terminal.here.deps.vault
    get = vault.get

    def busy(bucket: Any, key: str) -> bytes:
        if key.startswith("manifests/"):
            raise ServiceBusy(service="storage")
        return bytes(get(bucket, key))

    vault.get = busy
    status, out, _ = terminal.reconcile()
    assert (status, "请再运行一次 · 1 failed: run it again" in out) == (1, True)
    vault.get = get
    assert terminal.reconcile()[0] == 0


def test_a_tenant_that_nobody_knows_is_refused_and_the_known_ones_are_named(terminal: Terminal) -> None:
    """A slip of the finger must not look like a hospital that is in order."""
    objects = dict(terminal.here.deps.vault._objects)
    status, _, err = terminal.reconcile("--tenant", "xeihe")
    assert status == 1
    assert "没有医院 xeihe" in err
    assert "No hospital xeihe" in err
    assert TENANT in err
    assert (terminal.here.rows(), terminal.here.deps.vault._objects) == ([], objects)


def test_a_tenant_that_is_no_name_is_misuse(terminal: Terminal) -> None:
    with pytest.raises(SystemExit) as caught:
        terminal.reconcile("--tenant", "../xiehe")
    assert caught.value.code == 2


def test_a_hospital_of_which_only_its_row_is_there_is_known(terminal: Terminal) -> None:
    """Added a moment ago: the stream has not told of it yet."""
    terminal.here.operator("hospital", "add", "--tenant", "new-one", "--name", "新医院", "--phone", "010-1")
    assert terminal.reconcile("--tenant", "new-one")[0] == 0


def test_what_waits_to_be_taken_is_no_whole_table(terminal: Terminal) -> None:
    terminal.reconcile()
    terminal.here.deps.vault.put(
        "originals", f"reports/{TENANT}/{'0' * 64}", b"{}", content_type="application/json"
    )  # nobody confirmed it
    status, out, _ = terminal.reconcile()
    assert status == 0
    assert "No row was lost." in out
    assert "requeued" in out


@pytest.mark.parametrize("fault", ["none", "damaged", "busy"])
def test_every_line_is_chinese_first_and_english_second(terminal: Terminal, fault: str) -> None:
    vault: Any = terminal.here.deps.vault
    (key,) = (key for bucket, key in vault._objects if bucket == "originals" and key.endswith(".heads"))
    if fault == "damaged":
        vault.overwrite("originals", key, b"damaged")
    elif fault == "busy":
        get = vault.get

        def busy(bucket: Any, name: str) -> bytes:
            if name.startswith("manifests/"):
                raise ServiceBusy(service="storage")
            return bytes(get(bucket, name))

        vault.get = busy
    _, out, err = terminal.reconcile()
    lines = (out + err).splitlines()
    assert len(lines) > 8
    assert [line for line in lines if not re.search(r"[\u4e00-\u9fff][^·]* · .*[A-Za-z]", line)] == []
