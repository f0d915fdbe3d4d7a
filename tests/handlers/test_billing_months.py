"""Closing a month: its statement as workbook, CSV and PDF, read again by other programs and held against the exams."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from functions.adapters import bills
from functions.billing import closing, months
from functions.billing.counting import bill
from functions.core.billing.records import Statement
from functions.core.errors import ObjectRefused, ServiceBusy
from functions.core.study import keys
from functions.core.study.agents import Agent
from functions.core.study.changes import events
from functions.core.study.records import Exam, Patient
from functions.core.times import iso
from tests.fakes import Fakes
from tests.handlers.test_billing import FINANCE, at, correct, earned, go_to, order, stands
from tests.handlers.uploads import TENANT, add_hospital

THIRD = datetime(2026, 12, 2, 16, tzinfo=UTC)  # 00:00 of the 3rd in Shanghai
SECOND = THIRD - timedelta(days=1)


def name_of(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:032d}")


def hospital(tenant: str = TENANT, cases: int = 3, **fields: Any) -> Fakes:
    deps = Fakes()
    open_hospital(deps, tenant, **fields)
    for number in range(cases):
        earn(deps, number, tenant)
    return deps


def open_hospital(deps: Fakes, tenant: str = TENANT, **fields: Any) -> None:
    add_hospital(deps, tenant, created_at="2026-01-01T00:00:00Z", **fields)
    deps.table.put(Agent(tenant, "0" * 16, "LIGHTBOX", [], "2026-01-01T00:00:00Z").to_row(), expect=None)


def earn(deps: Fakes, number: int, tenant: str = TENANT, item: str = "胸部CT平扫", accession: str = "") -> None:
    exam, patient = name_of(number), name_of(10**6 + number)
    accession = accession or f"CT{number:06d}"
    row = Exam(tenant, exam, accession_number=accession, item=item, modalities=["CT"], patient=patient, imaging="complete")
    deps.table.put(row.to_row(), expect=None)
    deps.table.put(Patient(tenant, patient, id=f"P{number}", name="张三丰", phone="13800001234").to_row(), expect=None)
    message = earned(exam, at(1 + number % 28, hour=number % 24))
    message["detail"]["tenant"] = tenant
    bill(message, deps)


def close(deps: Fakes, month: str = "2026-11") -> Statement:
    """As the schedule and the queue do it: the second after the lines have settled."""
    months.close_months(deps)
    deps.clock.advance(closing.SETTLE.total_seconds())
    months.close_months(deps)
    found = bills.statement(deps.table, TENANT, month)
    assert found is not None
    return found


def file_of(deps: Fakes, made: Statement, ending: str) -> bytes:
    return deps.vault.get("derived", keys.bill_prefix(TENANT, made.month) + made.files[ending])


# -- when ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("LIFE-08")
def test_a_month_is_closed_on_the_third_of_the_next() -> None:
    deps = hospital()
    go_to(deps, THIRD - timedelta(seconds=1))
    months.close_months(deps)
    assert bills.statement(deps.table, TENANT, "2026-11") is None
    deps.clock.advance(1)
    made = close(deps)
    assert (made.state, made.count, made.sum, made.by) == ("closed", 3, "12.00", "billing")


@pytest.mark.req("LIFE-08")
def test_the_third_is_the_hospitals_own() -> None:
    deps = hospital(time_zone="America/New_York")
    go_to(deps, THIRD + timedelta(hours=12))
    months.close_months(deps)
    assert bills.statement(deps.table, TENANT, "2026-11") is None
    deps.clock.advance(3600)
    months.close_months(deps)
    assert bills.statement(deps.table, TENANT, "2026-11") is not None


def test_lines_on_their_way_are_waited_for() -> None:
    """Whoever saw the month open has written when it is read, longest after the function's own time-out."""
    deps = hospital()
    go_to(deps, SECOND)
    ordered = order(deps)
    (told,) = events(None, ordered.to_row(), iso(deps.clock.now()))
    with pytest.raises(ServiceBusy) as waits:
        bill({"detail-type": told["type"], "detail": told}, deps)
    assert waits.value.after_s == closing.SETTLE.total_seconds()
    deps.clock.advance(waits.value.after_s)
    bill({"detail-type": told["type"], "detail": told}, deps)
    made = bills.statement(deps.table, TENANT, "2026-11")
    assert made is not None
    assert made.state == "closed"


def test_a_time_out_of_the_function_is_over_before_its_month_is_read() -> None:
    from iac.local.process import ROOT
    from iac.local.template import read

    timeout = read(ROOT / "template.yaml")["Resources"]["Billing"]["Properties"]["Timeout"]
    assert timedelta(seconds=timeout + 60) <= closing.SETTLE


@pytest.mark.req("LIFE-08")
def test_a_closed_month_never_changes() -> None:
    """Not by another run, a price, a late case or a correction."""
    deps = hospital()
    go_to(deps, THIRD)
    made, before = close(deps), deps.vault._objects.copy()
    earn(deps, 7)
    bills.set_price(deps.table, TENANT, "2026-12", "1.00", by=FINANCE, now=deps.clock.now())
    correct(deps, name_of(0), month="2026-11")
    for _ in range(3):
        deps.clock.advance(3600)
        months.close_months(deps)
    assert bills.statement(deps.table, TENANT, "2026-11") == made
    assert deps.vault._objects == before
    december = bills.summary(deps.table, stands(deps), "2026-12", deps.clock.now())
    assert (december["count"], december["corrections"], december["sum"]) == (1, 1, "-3.00")


def test_months_that_were_left_open_are_closed_late_and_empty_ones_are_not() -> None:
    deps = hospital(cases=0)
    message = earned(name_of(1), at(5, 9))
    bill(message, deps)
    go_to(deps, THIRD)
    close(deps)
    assert [one.month for one in bills.statements(deps.table, TENANT)] == ["2026-09", "2026-11"]


def test_a_hospital_whose_statement_fails_keeps_no_other_from_its_own(caplog: pytest.LogCaptureFixture) -> None:
    deps = hospital()
    open_hospital(deps, "anzhen")
    go_to(deps, THIRD)
    put = deps.vault.put

    def refusing(bucket: Any, key: str, body: bytes, *, content_type: str) -> bool:
        if key.startswith("anzhen/"):
            raise ObjectRefused(bucket=bucket)
        return put(bucket, key, body, content_type=content_type)

    deps.vault.put = refusing  # type: ignore[method-assign]
    assert close(deps).state == "closed"
    assert [one.state for one in bills.statements(deps.table, "anzhen")] == ["ordered"]
    deps.vault.put = put  # type: ignore[method-assign]
    months.close_months(deps)
    assert [one.state for one in bills.statements(deps.table, "anzhen")] == ["closed"]


def test_the_same_month_makes_the_same_files(tmp_path: Path) -> None:
    """A run that was cut off leaves nothing that another does not find: names are digests."""
    both = []
    for _ in range(2):
        deps = hospital()
        go_to(deps, THIRD)
        both.append(close(deps).files)
    assert both[0] == both[1]


# -- what is handed out ----------------------------------------------------------------------------------------------------------


def read_pdf(body: bytes, folder: Path) -> str:
    tool = shutil.which("pdftotext")
    assert tool, "poppler-utils is missing: apt-get install poppler-utils"
    path = folder / "statement.pdf"
    path.write_bytes(body)
    return subprocess.run([tool, "-layout", path, "-"], capture_output=True, check=True, text=True).stdout


HOSTILE = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", " =1+1", "＝1", 'a"b,c\r\nd', "胸部 CT"]


@pytest.fixture(scope="module")
def statement() -> tuple[Fakes, Statement]:
    """A month with 120 cases, hostile words among them, and two corrections."""
    deps = hospital(cases=112)
    for place, words in enumerate(HOSTILE):
        earn(deps, 200 + place, item=words, accession=words)
    correct(deps, name_of(5), amount="-1.50")
    correct(deps, name_of(6))
    go_to(deps, THIRD)
    return deps, close(deps)


def expected(deps: Fakes) -> Decimal:
    """From the exams themselves: four yuan each, less what was corrected."""
    exams = [row for row in deps.table.everything() if row["kind"] == "exam"]
    return Decimal("4.00") * len(exams) - Decimal("1.50") - Decimal("4.00")


@pytest.mark.req("LIFE-08")
def test_the_workbook_has_every_exam_typed_and_its_sum(statement: tuple[Fakes, Statement]) -> None:
    deps, made = statement
    sheet: Any = load_workbook(io.BytesIO(file_of(deps, made, "xlsx"))).worksheets[0]
    rows = list(sheet.iter_rows())
    head = next(place for place, row in enumerate(rows) if row[0].value == "序号")
    assert sheet.freeze_panes == f"A{head + 2}"
    lines, total = rows[head + 1 : -1], rows[-1]
    assert len(lines) == made.count + made.corrections == 122
    assert all(isinstance(row[2].value, datetime) and row[7].data_type == "n" and row[3].data_type == "s" for row in lines)
    assert sum(Decimal(str(row[7].value)) for row in lines) == Decimal(made.sum) == expected(deps)
    assert [cell.value for cell in sheet["C"][1:8]] == ["协和医院", "2026 年 11 月", 4, 120, 2, 474.5, datetime(2026, 12, 3)]
    assert total[7].value == f"=SUM(H{head + 2}:H{head + 1 + len(lines)})"
    assert all(cell.data_type != "f" for row in lines for cell in row)
    assert {row[3].value for row in lines} >= {one for one in HOSTILE if one.isprintable()}


@pytest.mark.req("LIFE-08")
def test_the_csv_has_every_exam_and_no_formula(statement: tuple[Fakes, Statement]) -> None:
    deps, made = statement
    body = file_of(deps, made, "csv")
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert b"\n" not in body.replace(b"\r\n", b"")
    lines = rows[1:-1]
    assert len(lines) == 122
    assert sum(Decimal(row[7]) for row in lines) == Decimal(rows[-1][7]) == expected(deps)
    words = [cell for row in rows for place, cell in enumerate(row) if place != 7]
    assert [word for word in words if word.strip()[:1] in ("=", "+", "-", "@", "＝")] == []
    assert {row[6] for row in lines} == {"张*"}


@pytest.mark.req("LIFE-08", "SEC-07")
def test_the_pdf_has_every_exam_the_sum_and_page_numbers(statement: tuple[Fakes, Statement], tmp_path: Path) -> None:
    deps, made = statement
    text = read_pdf(file_of(deps, made, "pdf"), tmp_path)
    pages = [page for page in text.split("\f") if page.strip()]
    squeezed = ["".join(page.split()) for page in pages]
    assert [f"第{number}页/共{len(pages)}页" in page for number, page in enumerate(squeezed, 1)] == [True] * len(pages)
    assert all("协和医院" in page and "2026年11月" in page for page in squeezed)
    assert len([line for line in text.splitlines() if " 病例 " in f" {line} " and line.rstrip().endswith("4.00")]) == 120
    assert "474.50" in pages[0]
    assert pages[-1].split("合计")[1].split()[0] == "474.50"
    assert "张三" not in text
    assert "13800001234" not in text


def test_a_statement_in_english_for_a_hospital_that_reads_it() -> None:
    deps = hospital(sms={"language": "en"})
    go_to(deps, THIRD)
    made = close(deps)
    assert file_of(deps, made, "csv").decode("utf-8-sig").startswith("No.,Kind,Time,Accession")


def test_a_month_without_a_case_has_a_statement_that_says_so(tmp_path: Path) -> None:
    deps = hospital(cases=0)
    go_to(deps, THIRD)
    made = close(deps)
    assert (made.count, made.sum) == (0, "0.00")
    text = read_pdf(file_of(deps, made, "pdf"), tmp_path)
    assert "本月没有病例" in text
    assert load_workbook(io.BytesIO(file_of(deps, made, "xlsx"))).worksheets[0].title == "2026-11"


@pytest.mark.req("PLUS-04")
def test_bare_lines_that_a_rebuild_gave_back_are_filled_from_their_exams() -> None:
    deps = hospital()
    for row in [row for row in deps.table.everything() if row["kind"] == "case"]:
        deps.table.put({**row, "shown": None}, expect=row["version"])
    go_to(deps, THIRD)
    assert file_of(deps, close(deps), "csv").decode().count("胸部CT平扫") == 3
