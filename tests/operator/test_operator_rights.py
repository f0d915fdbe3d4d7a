"""docs/operator.md lists the rights that an operator needs: the local cloud grants them, and no command asks for more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iac.local.users import policies
from tests.handlers.uploads import TENANT, Slices, declare, report, upload
from tests.operator.small_hospital import SmallHospital
from tests.operator.test_backup_page import OUTPUTS
from tests.operator.test_operator_page import commands, parser

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operator.md").read_text(encoding="utf-8")
RIGHTS = PAGE.partition("### Rights")[2].partition("\n## ")[0]
PLACES = {
    "the table": (":table/tablename",),
    "the table and its indexes": (":table/tablename", ":table/tablename/index/*"),
    "bucket `originals`": (":originalsbucket",),
    "`journal/*` in `originals`": (":originalsbucket/journal/*",),
    "`agreements/*` in `originals`": (":originalsbucket/agreements/*",),
    "queue `lifecycle`": (":lifecyclequeueurl",),
    "the secret": (":secret:secretsid-??????",),
}
# tests on the local cloud work as its operator: they end rows
ONLY_TESTS = {("dynamodb:DeleteItem", place) for place in PLACES["the table and its indexes"]}
AN_INDEX = {(f"dynamodb:{name}", ":table/tablename/index/*") for name in ("GetItem", "PutItem")}  # of an index IAM takes neither


def on_the_page() -> set[tuple[str, str]]:
    rows = re.findall(r"^\| (`.*?) \| (.*?) \| .* \|$", RIGHTS, re.MULTILINE)
    return {(action, place) for actions, on in rows for action in re.findall(r"`([^`]+)`", actions) for place in PLACES[on]}


def granted() -> Iterator[tuple[str, str]]:
    def listed(value: Any) -> list[str]:
        return value if isinstance(value, list) else [value]

    for statement in policies(OUTPUTS)["operator"]["Statement"]:
        for action in listed(statement["Action"]):
            for arn in listed(statement["Resource"]):
                yield action, ":" + re.sub(r"^arn:aws:[a-z0-9]+:[^:]*:[^:]*:", "", arn)


def test_the_local_operator_has_just_the_rights_on_the_page() -> None:
    assert set(granted()) - ONLY_TESTS - AN_INDEX == on_the_page()
    assert set(granted()) >= ONLY_TESTS | AN_INDEX


class Limited:
    """Of what stands behind it, only what the page's rights reach; `used` says which rights were."""

    def __init__(self, behind: Any, allowed: dict[str, str], used: set[str]) -> None:
        self._behind, self._allowed, self._used = behind, allowed, used

    def __getattr__(self, name: str) -> Any:
        assert name in self._allowed, f"no right on the page lets a command call {name}"
        self._used.add(self._allowed[name])
        return getattr(self._behind, name)


TABLE = dict.fromkeys(("rows", "agents", "by_day", "bill_entries", "bill_cases"), "dynamodb:Query") | {
    "get": "dynamodb:GetItem",
    "put": "dynamodb:PutItem",
}
QUEUE = {"send": "sqs:SendMessage"}
VAULT = {"keys": "s3:ListBucket", "folders": "s3:ListBucket", "put": "s3:PutObject", "get": "s3:GetObject"}
EXAM = ("--accession-number", "A1")
ASKED = {
    ("hospital", "add"): ("--tenant", "tongren", "--name", "同仁医院"),
    ("hospital", "set"): ("--hours", "8–17"),
    ("hospital", "show"): (),
    ("hospital", "agreement"): ("--withdraw",),
    ("hospital", "list"): (),
    ("hospital", "enrolment-code"): ("--ae-title", "NEWBOX"),
    ("agent", "show"): ("--ae-title", "LIGHTBOX"),
    ("agent", "list"): (),
    ("agent", "revoke"): ("--ae-title", "LIGHTBOX"),
    ("exam", "status"): EXAM,
    ("link", "issue"): EXAM,
    ("link", "unlock"): EXAM,
    ("link", "revoke"): EXAM,
    ("notice", "show"): EXAM,
    ("bill", "list"): (),
    ("bill", "check"): ("--month", "2026-11"),
    ("bill", "rebuild"): (),
    ("notice", "settle"): (*EXAM, "--outcome", "arrived"),
    ("exam", "hide"): EXAM,
    ("exam", "show"): EXAM,
    ("study", "list"): ("--day", "2026-11-24"),
    ("study", "hold"): ("--study-uid", Slices().study_uid, "--reason", "医疗纠纷"),
    ("study", "unhold"): ("--study-uid", Slices().study_uid, "--reason", "已结案"),
    ("study", "tier"): ("--study-uid", Slices().study_uid, "--to", "nearline"),
    ("quarantine", "list"): (),
    ("account", "add"): ("--account", "wang", "--name", "王小明", "--role", "doctor"),
    ("account", "roles"): ("--account", "wang", "--role", "operator"),
    ("account", "reset"): ("--account", "wang"),
    ("account", "disable"): ("--account", "wang"),
    ("account", "enable"): ("--account", "wang"),
    ("account", "unlock"): ("--account", "wang"),
    ("account", "list"): (),
    ("hospital", "close"): ("--all",),
}


def test_every_command_but_reconcile_is_asked() -> None:
    assert set(ASKED) == set(commands(parser())) - {("reconcile",)}


def test_no_command_asks_for_more_and_every_right_is_used() -> None:
    here = SmallHospital()
    here.open()
    here.enrol("LIGHTBOX")
    slices = Slices(count=2)
    here.deliver(*map(here.confirm, (upload(here.deps, slices), declare(here.deps, [(slices, 2)]), report(here.deps))))
    here.settle()
    used: set[str] = set()
    here.deps.table = Limited(here.deps.table, TABLE, used)  # type: ignore[assignment]
    here.deps.vault = Limited(here.deps.vault, VAULT, used)  # type: ignore[assignment]
    here.deps.lifecycle_queue = Limited(here.deps.lifecycle_queue, QUEUE, used)  # type: ignore[assignment]
    bare = {("hospital", "list"), ("agent", "list"), ("hospital", "close"), ("hospital", "add")}
    refused = []
    for command, more in ASKED.items():
        where = () if command in bare else ("--tenant", TENANT)
        if here.operator(*command, *where, *more) is None:
            refused.append(command)
    assert refused == [("notice", "settle")]  # nothing is held: asked for all the same
    assert used == {action for action, _ in on_the_page()} - {"secretsmanager:GetSecretValue"}
