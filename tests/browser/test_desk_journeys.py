"""An operator's and an accountant's day in a real browser over the whole local cloud, in a hospital of their own."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, expect

from functions.adapters import agents, bills, quarantine
from functions.adapters.wiring import Production
from functions.core.access.accounts import Account
from functions.core.billing.records import CLOSED, Statement
from functions.core.lake.records import StudyLine
from functions.core.study import keys
from functions.core.study.event import event
from functions.core.study.hospitals import Hospital
from functions.core.times import iso
from iac.local.cloud import LocalCloud
from iac.local.quiet import wait_until_quiet
from tests.browser.accessibility import Complaints
from tests.browser.desks import sit_down
from tests.browser.devices import DESK, PHONE
from tests.cloud import eventually
from tests.handlers import uploads
from tests.handlers.http_agent import HttpAgent, packed, send

pytestmark = [pytest.mark.cloud, pytest.mark.browser]

AGENT = "CT_ROOM4"


# -- the operator ----------------------------------------------------------------------------------------------------------------


def row(page: Page, words: str) -> Locator:
    """The line of a table that holds these words."""
    return page.get_by_role("row").filter(has_text=words)


def place(page: Page, name: str) -> None:
    page.get_by_role("navigation").wait_for()
    link = page.get_by_role("navigation").get_by_role("link", name=name)
    if not link.is_visible():
        page.get_by_role("navigation").get_by_role("button", name=re.compile("更多|More")).click()
        link = page.get_by_role("dialog").get_by_role("link", name=name)
    link.click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def code_of(page: Page) -> str:
    """For one new agent, as the page shows it once."""
    page.get_by_role("button", name="添加前置机").click()
    page.get_by_label("前置机的 AE 名称").fill(AGENT)
    page.get_by_role("button", name="生成注册码").click()
    code = page.get_by_label("注册码", exact=True).inner_text()
    page.get_by_role("button", name="完成").click()
    return code


def come(page: Page, name: str, by: str, there: Locator) -> None:
    """Leave for another place and come back until it is there: a page that stays open asks only twice a minute."""

    def looked() -> bool:
        """what the page is to show"""
        place(page, by)
        place(page, name)
        page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
        return there.count() > 0

    eventually(looked, 60)


@pytest.mark.req("OPS-02", "EDGE-24")
def test_an_operator_finds_what_waits_with_its_reason_and_lets_it_in(
    chromium: Browser, local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str
) -> None:
    """An agent is enrolled and revoked by the page, and what it still sends waits; enrolled once more, the study is let in."""
    operator = Account(cloud_tenant, "chen", name="陈志远", roles=["operator"], platform=True)
    desk = sit_down(chromium, local_cloud.origin, cloud_deps, operator, DESK)
    complaints = Complaints(desk)
    place(desk, "前置机")
    agent = HttpAgent(local_cloud, cloud_tenant, code_of(desk), AGENT)
    name = uploads.agent_of(cloud_tenant, AGENT)
    slices = uploads.Slices(count=1)
    made = packed(
        *(cloud_deps, cloud_tenant),
        lambda f, t: uploads.upload(f, slices, t, agent=name, packed_at="2100-01-01T00:00:00Z"),
    )
    late = put_parcels(agent, made, slices)

    come(desk, "前置机", "告警", row(desk, AGENT))
    row(desk, AGENT).get_by_role("button", name="吊销").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label(f"请输入 {AGENT} 以确认").fill(AGENT)
    dialog.get_by_label("原因").fill("设备更换")
    dialog.get_by_role("button", name="吊销前置机").click()
    expect(row(desk, AGENT)).to_contain_text("已吊销")
    assert agent.put(*late).status_code == 200  # granted before, as a stolen agent would use it

    eventually(lambda: list(quarantine.waiting(cloud_deps, cloud_tenant)), 60)
    waits = row(desk, "文件在其前置机被吊销之后生成。")
    come(desk, "待处理", "告警", waits)
    expect(waits).to_contain_text("确认该前置机后可重新注册")
    place(desk, "前置机")
    HttpAgent(local_cloud, cloud_tenant, code_of(desk), AGENT)
    place(desk, "待处理")
    waits.get_by_role("button", name="重试").click()
    expect(desk.get_by_text("已重新提交")).to_be_visible()
    eventually(lambda: not list(quarantine.waiting(cloud_deps, cloud_tenant)), 120)
    come(desk, "待处理", "告警", desk.get_by_text("没有待处理的内容"))
    eventually(lambda: list(cloud_deps.table.fresh_lines(cloud_tenant)), 60)
    come(desk, "检查", "告警", row(desk, "A1"))
    expect(row(desk, "A1")).to_contain_text("胸部CT平扫")
    assert complaints.lines == []
    desk.context.close()


def put_parcels(agent: HttpAgent, made: Any, slices: uploads.Slices) -> tuple[dict[str, Any], bytes]:
    """Upload all but the manifest; returns the grant for it, and the manifest."""
    late = None
    for bucket in ("pixels", "originals"):
        for key in made.vault.keys(bucket, ""):
            body = made.vault.get(bucket, key)
            sha256, _, ending = key.rsplit("/", 1)[1].partition(".")
            kind = {"json": "manifest"}.get(ending, ending)
            wanted = {"study_uid": slices.study_uid, "series_uid": slices.series_uid}
            answer = agent.call("grants", {**wanted, "objects": [{"kind": kind, "sha256": sha256, "bytes": len(body)}]})
            (grant,) = answer.json()["grants"]
            if kind == "manifest":
                late = grant, body
            else:
                assert agent.put(grant, body).status_code == 200
    assert late is not None
    return late


@pytest.mark.req("OPS-02")
def test_an_operator_sends_a_dead_letter_through_again(
    chromium: Browser, local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str
) -> None:
    """On a phone: what `lake` gave up on is a tap and a question away from being worked on, and then its study is in the list."""
    agent = HttpAgent(local_cloud, cloud_tenant, agents.new_code(cloud_deps, cloud_tenant, "LIGHTBOX").code)
    slices = uploads.Slices(count=1, accession_number="A8")
    send(agent, packed(cloud_deps, cloud_tenant, lambda f, t: uploads.upload(f, slices, t)), cloud_tenant, slices)
    study = cloud_deps.naming.study(cloud_tenant, slices.study_uid)
    line = StudyLine(cloud_tenant, study, "")
    eventually(lambda: cloud_deps.table.get(*line.key()), 60)
    assert wait_until_quiet(local_cloud.session("root"), dict(local_cloud.outputs), 60)
    give_up(local_cloud, cloud_deps, line)

    operator = Account(cloud_tenant, "chen", name="Chen", roles=["operator"], platform=True)
    phone = sit_down(chromium, local_cloud.origin, cloud_deps, operator, PHONE, "en")
    complaints = Complaints(phone)
    place(phone, "Exams")
    expect(phone.get_by_text("No exams yet")).to_be_visible()
    card = phone.get_by_role("listitem").filter(has_text="lake")
    come(phone, "Queues", "Alarms", card.filter(has_text="Has failures"))
    card.get_by_role("button", name="Send again").click()
    phone.get_by_role("dialog").get_by_role("button", name="Send again").click()
    expect(phone.get_by_text("1 message is sent again.")).to_be_visible()
    expect(card).to_contain_text("Fine")
    come(phone, "Exams", "Alarms", phone.get_by_role("listitem").filter(has_text="A8"))
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints.lines == []
    phone.context.close()


def give_up(cloud: LocalCloud, deps: Production, line: StudyLine) -> None:
    """As after five failures: the line was never written, and the message that asks for it is a dead letter."""
    row = deps.table.get(*line.key())
    assert row is not None
    deps.table.delete(*line.key(), expect=row["version"])
    body = {"study": line.study, "exam": row["line"]["exam"], "received": 1, "declared": None}
    letter = event("study_viewable", line.tenant, f"study/{line.study}", "1", iso(deps.clock.now()), body)
    queue = cloud.outputs["LakeDeadUrl"]
    cloud.session("root").client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(letter))


# -- finance ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("LIFE-07", "LIFE-08", "PLUS-08")
def test_finance_downloads_a_month_whose_files_say_what_the_page_says(
    chromium: Browser, local_cloud: LocalCloud, cloud_deps: Production, cloud_tenant: str, tmp_path: Path
) -> None:
    """Two cases and a correction, made by the page; Excel, CSV and PDF are saved by clicking and opened."""
    bill_two_exams(local_cloud, cloud_deps, cloud_tenant)
    eventually(lambda: billed(cloud_deps, cloud_tenant) == "8.00", 120)
    desk = sit_down(
        *(chromium, local_cloud.origin, cloud_deps, Account(cloud_tenant, "qian", name="钱会计", roles=["finance"]), DESK)
    )
    complaints = Complaints(desk)
    months = desk.locator("a.record-link")
    come(desk, "账单", "价格", row(desk, "¥8.00"))
    months.first.click()
    row(desk, "A1").get_by_role("button", name="更正").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("增减金额").check()
    dialog.get_by_label("增减的金额").fill("-1.5")
    dialog.get_by_label("原因").fill("折扣")
    dialog.get_by_role("button", name="记入更正").click()
    expect(row(desk, "折扣")).to_be_visible()

    month = desk.url.rpartition("/")[2]
    ordered = iso(cloud_deps.clock.now() - timedelta(hours=1))  # the page orders it when the month is over
    cloud_deps.table.put(Statement(cloud_tenant, month, "4.00", ordered, "billing").to_row(), expect=None)
    eventually(lambda: [one for one in bills.statements(cloud_deps.table, cloud_tenant) if one.state == CLOSED], 60)
    come(desk, "账单", "价格", row(desk, "已结算"))
    months.first.click()
    desk.reload()
    expect(desk.get_by_role("button", name="下载 PDF")).to_be_visible(timeout=30_000)
    cells = desk.evaluate(
        "[...document.querySelectorAll('.ant-table-tbody tr.ant-table-row')]"
        ".map((row) => [row.cells[1].innerText, row.cells[4].innerText])"
    )
    shown = [(number, money(amount)) for number, amount in cells]
    assert sorted(shown) == [("A1", Decimal("-1.50")), ("A1", Decimal("4.00")), ("A2", Decimal("4.00"))]
    total = money(desk.locator(".summary-sum dd").inner_text())
    assert total == sum(amount for _, amount in shown)

    book = load_workbook(saved(desk, "下载 Excel", tmp_path)).worksheets[0]
    rows = [[cell.value for cell in line] for line in book.iter_rows()]
    head = next(number for number, line in enumerate(rows) if line[0] == "序号")
    assert sorted((line[3], Decimal(str(line[7]))) for line in rows[head + 1 : -1]) == sorted(shown)
    text = saved(desk, "下载 CSV", tmp_path).read_text("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert sorted((line[3], Decimal(line[7])) for line in lines[1:-1]) == sorted(shown)
    assert Decimal(lines[-1][7]) == total
    printed = pdf_text(saved(desk, "下载 PDF", tmp_path))
    for number, amount in shown:
        assert [one for one in printed.splitlines() if number in one and str(amount) in one], (number, amount)
    assert printed.split("合计")[-1].split()[0] == str(total)
    assert "张三" not in printed + text
    assert complaints.lines == []
    desk.context.close()


def bill_two_exams(cloud: LocalCloud, deps: Production, tenant: str) -> None:
    """Sent, reported, and on a bill. Without a phone no SMS goes out."""
    agent = HttpAgent(cloud, tenant, agents.new_code(deps, tenant, "LIGHTBOX").code)
    for number in (1, 2):
        slices = uploads.Slices(number, count=1, accession_number=f"A{number}")
        patient = {"id": "P1", "issuer": "", "name": "张三"}
        documents = packed(
            *(deps, tenant),
            lambda f, t, one=slices: uploads.upload(f, one, t),
            lambda f, t, one=slices, who=patient: uploads.report(f, t, accession_number=one.accession_number, patient=who),
        )
        send(agent, documents, tenant, slices)


def money(words: str) -> Decimal:
    """As the page writes it, with a minus of its own."""
    return Decimal(words.replace("¥", "").replace("\N{MINUS SIGN}", "-"))


def billed(deps: Production, tenant: str) -> str:
    """This month's sum."""
    hospital = Hospital.from_row(deps.table.get(keys.hospital_pk(tenant), "HOSPITAL") or {})
    months = bills.summaries(deps.table, hospital, deps.clock.now())
    return months[0]["sum"] if months else ""


def saved(page: Page, button: str, folder: Path) -> Path:
    """What the browser saves when this is clicked, under its own name."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    assert "协和医院" in path.name
    return path


def pdf_text(path: Path) -> str:
    tool = shutil.which("pdftotext")
    assert tool, "poppler-utils is missing: apt-get install poppler-utils"
    return subprocess.run([tool, "-layout", path, "-"], capture_output=True, check=True, text=True).stdout
