"""Two audited exams on the local cloud are two lines, whatever is sent again; their month closes with files that open."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from typing import Any

import pytest

from functions.adapters import bills
from functions.adapters.vault.s3 import S3Vault
from functions.adapters.wiring import Production
from functions.core.billing.records import Statement
from functions.core.study import keys
from functions.core.study.hospitals import Hospital
from iac.local.cloud import LocalCloud
from iac.local.quiet import wait_until_quiet
from iac.operator import hospitals
from iac.operator.__main__ import main
from tests.cloud import eventually
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
    agent = HttpAgent(local_cloud, tenant, hospitals.new_code(deps, tenant, "LIGHTBOX").code)
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

    close(local_cloud, deps, tenant)


def hospital(deps: Production, tenant: str) -> Hospital:
    return Hospital.from_row(deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") or {})


def report(agent: HttpAgent, deps: Production, tenant: str, slices: uploads.Slices, again: bool = False, **changes: Any) -> None:
    said = {"accession_number": slices.accession_number, "patient": NOBODY, **changes}
    send(agent, packed(deps, tenant, lambda f, t: uploads.report(f, t, **said)), tenant, slices, again=again)


def close(cloud: LocalCloud, deps: Production, tenant: str) -> None:
    """A month that was ordered long ago: the stream tells billing, which makes its files."""
    deps.table.put(Statement(tenant, "2026-01", "4.00", "2026-02-02T00:00:00Z", "billing").to_row(), expect=None)

    def closed() -> Statement | None:
        made = bills.statement(deps.table, tenant, "2026-01")
        return made if made is not None and made.state == "closed" else None

    made = eventually(closed, 60)
    assert (made.count, made.sum) == (0, "0.00")
    root = cloud.session("root").client("s3")
    vault, prefix = S3Vault(deps.settings, lambda: root), keys.bill_prefix(tenant, "2026-01")
    rows = list(csv.reader(io.StringIO(vault.get("derived", prefix + made.files["csv"]).decode("utf-8-sig"))))
    assert rows[-1][1:3] == ["合计", "2026-01"]
    assert vault.get("derived", prefix + made.files["pdf"]).startswith(b"%PDF-")
    assert vault.get("derived", prefix + made.files["xlsx"]).startswith(b"PK")
