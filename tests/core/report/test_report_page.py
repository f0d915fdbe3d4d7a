"""The report that is made where the hospital sent none: everything on it, on as many pages as it takes."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import zxingcpp

from functions.adapters import fonts
from functions.core.imaging.film import PAGE_HEIGHT, PAGE_WIDTH
from functions.core.imaging.film_marks import Sheet, Text
from functions.core.imaging.film_picture import draw
from functions.core.report.page import ReportPage, Signature, lay_out

LINK = "https://film.example.cn/e#t=0123456789ABCDEFGHIJKLMNOPQ"
PAGE = ReportPage(
    hospital="佛山市示例医院",
    name="张三丰",
    sex="男",
    age="63岁",
    patient_id="P0012345678",
    accession_number="CT20261124001",
    item="胸部CT平扫",
    examined_at="2026-11-24 09:00",
    reported_at="2026-11-24 10:20",
    audited_at="2026-11-24 11:05",
    findings="双肺纹理清晰，走行自然。右肺上叶尖段（Se 2 Im 45）见磨玻璃结节，约 6 mm×5 mm。",
    impression="1. 右肺上叶磨玻璃结节，建议复查。\n2. 余未见异常。",
    signatures=(Signature("reporter", "李医生"), Signature("auditor", "王主任"), Signature("auditor", "赵主任")),
    state="audited",
    version=1,
    language="zh-CN",
    link=LINK,
    code="012345",
)


def texts(sheet: Sheet) -> list[Text]:
    return [mark for mark in sheet.marks if isinstance(mark, Text)]


def words(sheets: list[Sheet]) -> str:
    return "\n".join(text.text for sheet in sheets for text in texts(sheet))


def test_a_report_names_whose_it_is_what_was_seen_and_who_signed():
    shown = words(lay_out(PAGE, fonts.face()))
    for part in (
        "佛山市示例医院",
        "张三丰",
        "P0012345678",
        "CT20261124001",
        "2026-11-24 11:05",
        "影像所见",
        "诊断意见",
        "李医生",
        "王主任、赵主任",
        "012 345",
    ):
        assert part in shown
    assert "更正" not in shown


def test_a_corrected_report_says_so_with_its_version():
    assert "更正报告 第 2 版" in words(lay_out(replace(PAGE, state="corrected", version=2), fonts.face()))


@pytest.mark.parametrize("times", [1, 5, 12, 30])
def test_a_long_report_takes_more_pages_and_loses_no_word(times):
    page = replace(PAGE, findings="\n".join(f"{number} {PAGE.findings}" for number in range(times)))
    sheets = lay_out(page, fonts.face())
    shown = "".join(words(sheets).split())
    for line in page.findings.split("\n"):
        assert "".join(line.split()) in shown
    assert f"第 {len(sheets)} 页 / 共 {len(sheets)} 页" in words(sheets)
    for sheet in sheets:
        assert page.name in words([sheet]), "a loose sheet says whose it is"
        places = [(text, extent(text)) for text in texts(sheet)]
        for text, (left, top, right, bottom) in places:
            assert 0 <= left < right <= PAGE_WIDTH, text.text
            assert 0 <= top < bottom <= PAGE_HEIGHT, text.text
        for (one, a), (other, b) in itertools.combinations(places, 2):
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], f"{one.text!r} lies over {other.text!r}"


def extent(text: Text) -> tuple[float, float, float, float]:
    left, top, right, bottom = fonts.face().sized(text.size).getbbox(text.text, anchor="ls")
    shift = {"left": 0.0, "middle": 0.5, "right": 1.0}[text.anchor] * fonts.face().width(text.text, text.size)
    return (text.x - shift + left, text.y + top, text.x - shift + right, text.y + bottom)


@pytest.mark.req("PAT-01")
def test_the_qr_on_the_report_is_the_exams_link():
    (found,) = zxingcpp.read_barcodes(np.asarray(draw(lay_out(PAGE, fonts.face())[-1], fonts.face())))
    assert found.text == LINK


def test_an_english_report_is_english():
    shown = words(lay_out(replace(PAGE, language="en", hospital="Example Hospital"), fonts.face()))
    assert "Findings" in shown
    assert "影像所见" not in shown
