"""Two audited exams on the local cloud are two lines, whatever is sent again; their month closes with files that open."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from typing import Any

import pytest

from functions.adapters import agents, bills
from functions.adapters.wiring import Production
from functions.core.billing.records import Statement
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from iac.local.cloud import LocalCloud
from iac.local.quiet import wait_until_quiet
from iac.operator.__main__ import main
from tests.cloud import eventually
from tests.e2e.staff_client import StaffClient, signed_in
from tests.handlers import uploads
from tests.handlers.http_agent import HttpAgent, packed, send

pytestmark = pytest.mark.cloud
NOBODY = {"id": "P1", "issuer": ""}  # without a phone no SMS goes out


def operator(deps: Production, *arguments: str) -> Any:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        main(["--json", *arguments], lambda: deps)
    return json.loads(out.getvalue())


@pytest.mark.req("LIFE-07", "LIFE-08", "PLUS-08")
def test_two_audited_exams_and_whatever_is_sent_again_are_two_lines(
    local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str
) -> None:
    deps, tenant = cloud_deps, cloud_tenant
    agent = HttpAgent(local_cloud, tenant, agents.new_code(deps, tenant, "LIGHTBOX").code)
    slices = [uploads.Slices(number, count=1, accession_number=f"A{number}") for number in (1, 2, 3)]
    for one in slices:
        send(agent, packed(deps, tenant, lambda f, t, one=one: uploads.upload(f, one, t)), tenant, one)
    for one in slices[:2]:
        report(agent, deps, tenant, one)
    report(agent, deps, tenant, slices[0], again=True)
    month = eventually(lambda: bills.summaries(deps.table, hospital(deps, tenant), deps.clock.now()), 60)[0]["month"]
    eventually(lambda: deps.table.bill_cases(tenant, month) == 2, 120)

    report(agent, deps, tenant, slices[0], version=2, state="corrected")
    report(agent, deps, tenant, slices[1], version=2, state="retracted")
    send(agent, packed(deps, tenant, lambda f, t: uploads.upload(f, slices[0], t)), tenant, slices[0], again=True)
    assert wait_until_quiet(local_cloud.session("root"), dict(local_cloud.outputs), 60)
    lines = [entry.shown for entry in bills.entries(deps.table, tenant, month)]
    assert sorted(line["accession_number"] for line in lines if line) == ["A1", "A2"]
    checked = operator(deps, "bill", "check", "--tenant", tenant, "--month", month)
    assert checked == {"month": month, "cases": 2, "corrections": 0, "sum": "8.00", "differences": []}

    finance = signed_in(local_cloud.origin, deps, tenant, "finance")
    (shown, *_) = finance.call("GET", "bills").json()["months"]
    assert (shown["month"], shown["count"], shown["sum"]) == (month, 2, "8.00")
    first, _ = finance.call("GET", f"bills/{month}").json()["lines"]
    cancel = {"exam": first["exam"], "cancel": True, "reason": "重复登记"}
    assert finance.call("POST", f"bills/{month}/corrections", cancel).status_code == 201
    assert finance.call("POST", "prices", {"from_month": month, "price": "3.50"}).status_code == 200
    eventually(lambda: finance.call("GET", "bills").json()["months"][0]["sum"] == "3.50", 30)
    assert finance.call("POST", f"bills/{month}/close", {}).json()["code"] == "month_not_over"
    close(finance, deps, tenant)


def hospital(deps: Production, tenant: str) -> Hospital:
    return Hospital.from_row(deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") or {})


def report(agent: HttpAgent, deps: Production, tenant: str, slices: uploads.Slices, again: bool = False, **changes: Any) -> None:
    said = {"accession_number": slices.accession_number, "patient": NOBODY, **changes}
    send(agent, packed(deps, tenant, lambda f, t: uploads.report(f, t, **said)), tenant, slices, again=again)


def close(finance: StaffClient, deps: Production, tenant: str) -> None:
    """A month that was ordered long ago: the stream tells billing, which makes its files; each opens by its own cookies."""
    deps.table.put(Statement(tenant, "2026-01", "4.00", "2026-02-02T00:00:00Z", "billing").to_row(), expect=None)
    found = eventually(lambda: [one for one in finance.call("GET", "bills").json()["months"] if one["state"] == "closed"], 60)
    assert [(one["month"], one["count"], one["sum"]) for one in found] == [("2026-01", 0, "0.00")]
    files = {}
    for ending in ("csv", "pdf", "xlsx"):
        place = finance.call("GET", f"bills/2026-01/file?format={ending}").json()["path"]
        assert StaffClient(finance.origin).ask("GET", place).status_code == 403
        answer = finance.ask("GET", place)
        assert answer.status_code == 200
        files[ending] = answer.content
    rows = list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert rows[-1][1:3] == ["合计", "2026-01"]
    assert files["pdf"].startswith(b"%PDF-")
    assert files["xlsx"].startswith(b"PK")
