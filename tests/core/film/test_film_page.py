"""What stands on a film page and where: measured on the page that is drawn."""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from functions.adapters import fonts
from functions.adapters.pdf import pdf
from functions.core.imaging.film import PAGE_HEIGHT, PAGE_WIDTH, FilmFrame, FilmHeader, FilmSeries, Page, Shortage
from functions.core.imaging.film_marks import Box, Picture, Text
from functions.core.imaging.film_page import GRID_BOTTOM, GRID_TOP, MARGIN, bar_length_mm, lay_out, tile_of
from functions.core.imaging.film_picture import draw, jpeg

LINK = "https://film.example.cn/e#t=0123456789ABCDEFGHIJKLMNOPQ"
HEADER = FilmHeader(
    hospital="佛山市示例医院",
    name="欧阳娜娜",
    sex="女",
    age="63岁",
    patient_id="P0012345678",
    accession_number="CT20261124001",
    item="胸部CT平扫+增强（含上腹部）",
    study_date="2026-11-24 14:05",
    link=LINK,
    code="012345",
)
ENGLISH = replace(
    HEADER,
    language="en",
    hospital="The First Affiliated Hospital of the Example Medical University of Guangdong Province",
    name="Wolfeschlegelsteinhausenbergerdorff Hubert Blaine",
    sex="M",
    age="101 y",
    item="CT of the chest, abdomen and pelvis with contrast medium in two phases",
)
SERIES = FilmSeries(2, "CT", "肺窗 1.0mm B70f 非常长的序列描述用来看看会不会盖到对面去", 300)
GRIDS = [(1, 1), (1, 2), (2, 2), (3, 4), (4, 5), (5, 4)]


def frame(rows: int = 512, columns: int = 512, **more: object) -> FilmFrame:
    facts = {
        "spacing_mm": (0.7, 0.7),
        "edges": ("R", "A", "L", "P"),
        "number": 150,
        "position_mm": -1234.5,
        "thickness_mm": 1.25,
        "window": (-600.0, 1500.0),
    }
    return FilmFrame(np.full((rows, columns), 90, np.uint8), **{**facts, **more})


def sheet_of(columns: int, rows: int, one: FilmFrame | None = None, header: FilmHeader = HEADER):
    page = Page(columns, rows, tuple((0, number) for number in range(columns * rows)))
    return lay_out(page, [(SERIES, one or frame())] * len(page.cells), header, fonts.face(), number=1, of=3)


def extent(text: Text) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a text as it is drawn."""
    left, top, right, bottom = fonts.face().sized(text.size).getbbox(text.text, anchor="ls")
    shift = {"left": 0.0, "middle": 0.5, "right": 1.0}[text.anchor] * fonts.face().width(text.text, text.size)
    return (text.x - shift + left, text.y + top, text.x - shift + right, text.y + bottom)


PARTIAL = (
    replace(HEADER, name="欧阳娜娜" * 6, shortage=Shortage(1214, 1300)),
    replace(ENGLISH, shortage=Shortage(1214, None)),
)


@pytest.mark.parametrize("header", [HEADER, ENGLISH, *PARTIAL], ids=["zh", "en", "zh-partial", "en-partial"])
@pytest.mark.parametrize("grid", GRIDS)
def test_no_text_touches_another_or_leaves_the_page(grid, header):
    texts = [mark for mark in sheet_of(*grid, header=header).marks if isinstance(mark, Text)]
    places = [(text.text, extent(text)) for text in texts]
    for text, (left, top, right, bottom) in places:
        assert left >= 0, text
        assert top >= 0, text
        assert right <= PAGE_WIDTH, text
        assert bottom <= PAGE_HEIGHT, text
    for (one, a), (other, b) in itertools.combinations(places, 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"{one!r} lies over {other!r}"


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("shape", [(512, 512), (300, 600), (600, 300)])
def test_images_fill_their_cells_undistorted_and_stay_in_the_grid(grid, shape):
    page = Page(*grid, tuple((0, number) for number in range(grid[0] * grid[1])))
    aspect = frame(*shape).aspect
    tiles = [tile_of(page, place, aspect) for place in range(len(page.cells))]
    for tile in tiles:
        assert tile.image_width / tile.image_height == pytest.approx(aspect)
        assert tile.image_width == pytest.approx(tile.width) or tile.image_height == pytest.approx(tile.height)
        assert tile.x >= MARGIN
        assert tile.x + tile.width <= PAGE_WIDTH - MARGIN + 0.01
        assert tile.y >= GRID_TOP
        assert tile.y + tile.height <= GRID_BOTTOM + 0.01
    for one, other in itertools.combinations(tiles, 2):
        assert (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or (one.y + one.height <= other.y or other.y + other.height <= one.y)
        )


@pytest.mark.parametrize(
    ("language", "shortage", "said"),
    [
        ("zh-CN", Shortage(214, 300), "图像不全：已收 214 幅 / 应有 300 幅"),
        ("en", Shortage(214, 300), "Incomplete: 214 of 300 images"),
        ("zh-CN", Shortage(214, None), "图像未收齐：目前已收 214 幅"),
        ("en", Shortage(214, None), "Not all images are here yet: 214 so far"),
        ("en", Shortage(310, 300), "Not all images are here yet: 310 so far"),
    ],
)
def test_a_film_of_an_incomplete_study_says_so_in_words(language, shortage, said):
    """A part must never pass for the whole; a total is named only where it tells how much is missing."""
    header = replace(HEADER, language=language, shortage=shortage)
    (text,) = [mark for mark in sheet_of(1, 1, header=header).marks if isinstance(mark, Text) and mark.text == said]
    (left, top, right, bottom) = extent(text)
    boxes = [mark for mark in sheet_of(1, 1, header=header).marks if isinstance(mark, Box) and mark.colour[0] > 200]
    assert any(box.x <= left and box.y <= top and box.x + box.width >= right and box.y + box.height >= bottom for box in boxes), (
        "it stands on a bright ground"
    )


def test_a_film_of_a_complete_study_says_nothing_about_missing_images():
    texts = "".join(mark.text for mark in sheet_of(1, 1).marks if isinstance(mark, Text))
    assert "不全" not in texts
    assert "未收齐" not in texts


def test_a_long_hospital_name_is_written_smaller_and_not_cut():
    texts = [mark.text for mark in sheet_of(1, 1, header=ENGLISH).marks if isinstance(mark, Text)]
    assert ENGLISH.hospital in texts
    assert any(text.startswith(ENGLISH.name) and text.endswith("101 y") for text in texts)


def test_pixels_that_are_not_square_are_printed_as_they_lie_in_the_body():
    assert frame(256, 512, spacing_mm=(1.4, 0.7)).aspect == pytest.approx(1.0)
    assert frame(256, 512, spacing_mm=None, pixel_aspect=2.0).aspect == pytest.approx(1.0)


@pytest.mark.parametrize(("columns", "spacing"), [(512, 0.7), (512, 0.3), (2048, 0.15), (128, 4.0), (333, 0.77)])
@pytest.mark.parametrize("grid", [(1, 1), (2, 2), (4, 5)])
def test_the_scale_bar_is_as_long_as_it_says_to_one_pixel(columns, spacing, grid):
    one = frame(columns, columns, spacing_mm=(spacing, spacing))
    sheet = sheet_of(*grid, one)
    picture = next(mark for mark in sheet.marks if isinstance(mark, Picture) and mark.smooth)
    label = next(
        mark.text
        for mark in sheet.marks
        if isinstance(mark, Text) and mark.text.endswith(("cm", " mm")) and "W" not in mark.text and mark.anchor == "middle"
    )
    value, unit = label.split()
    length_mm = float(value) * (10 if unit == "cm" else 1)
    first = sheet.marks.index(picture)
    tile = sheet.marks[first : first + 30]
    bars = [mark for mark in tile if isinstance(mark, Box) and mark.colour == (255, 255, 255)]
    bar = max(bars, key=lambda mark: mark.width)
    assert bar.width == pytest.approx(length_mm / (columns * spacing) * picture.width, abs=1)
    drawn = np.asarray(draw(replace(sheet, marks=tile), fonts.face()).convert("L"))
    row = drawn[round(bar.y + bar.height / 2), round(bar.x) - 20 : round(bar.x + bar.width) + 20]
    assert abs(int((row == 255).sum()) - bar.width) <= 1


@pytest.mark.parametrize(("shown", "bar"), [(400, 100), (399, 50), (199, 20), (79, 10), (39, 5), (3.9, 0.5)])
def test_a_bar_is_a_round_length_of_at_most_a_quarter(shown, bar):
    assert bar_length_mm(shown) == pytest.approx(bar)


def test_an_image_without_spacing_has_no_scale():
    marks = sheet_of(1, 1, frame(spacing_mm=None)).marks
    assert not [
        mark for mark in marks if isinstance(mark, Text) and mark.anchor == "middle" and mark.text.endswith(("cm", " mm"))
    ]


def test_a_scale_of_the_detector_says_so():
    assert [mark for mark in sheet_of(1, 1, frame(detector=True)).marks if isinstance(mark, Text) and "探测器" in mark.text]


@pytest.mark.req("PAT-01")
def test_the_qr_on_picture_and_pdf_is_the_link(tmp_path):
    sheet = sheet_of(4, 5)
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(jpeg(sheet, fonts.face()))))
    assert found.text == LINK
    (printed,) = zxingcpp.read_barcodes(Image.open(rasterised(pdf_of(sheet), tmp_path)))
    assert printed.text == LINK


def pdf_of(*sheets) -> bytes:
    return pdf(sheets, fonts.face(), fonts.path(), title="胸部", created=datetime(2026, 11, 24, tzinfo=UTC), language="zh-CN")


def rasterised(document: bytes, folder: Path, dpi: int = 150) -> Path:
    (folder / "film.pdf").write_bytes(document)
    tool = shutil.which("pdftoppm")
    assert tool, "poppler-utils is missing: apt-get install poppler-utils"
    subprocess.run([tool, "-r", str(dpi), "-png", "-singlefile", "film.pdf", "page"], cwd=folder, check=True)
    return folder / "page.png"


def text_of(document: bytes, folder: Path) -> str:
    (folder / "film.pdf").write_bytes(document)
    tool = shutil.which("pdftotext")
    assert tool, "poppler-utils is missing: apt-get install poppler-utils"
    return subprocess.run([tool, "-layout", "film.pdf", "-"], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_the_pdf_holds_its_chinese_as_text(tmp_path):
    text = text_of(pdf_of(sheet_of(2, 2)), tmp_path)
    for part in (
        "佛山市示例医院",
        "欧阳娜娜",
        "胸部CT平扫+增强（含上腹部）",
        "CT20261124001",
        "012 345",
        "验证码",
        "位置 -1234.5 mm",
        "层厚 1.25 mm",
    ):
        assert part in text
    assert text.count("W 1500 L -600") == 4, "an outlined text is one text"


def test_the_same_film_is_the_same_bytes():
    """A repeated event makes the same object name."""
    assert jpeg(sheet_of(2, 2), fonts.face()) == jpeg(sheet_of(2, 2), fonts.face())
    assert pdf_of(sheet_of(2, 2)) == pdf_of(sheet_of(2, 2))


def test_pdf_and_picture_show_the_same(tmp_path):
    """One layout, two ways to draw it."""
    sheet = sheet_of(2, 2)
    drawn = draw(sheet, fonts.face()).convert("L").resize((620, 877))
    printed = Image.open(rasterised(pdf_of(sheet), tmp_path)).convert("L").resize((620, 877))
    assert np.abs(np.asarray(drawn, int) - np.asarray(printed, int)).mean() < 2.5


def test_a_page_is_a4_at_300_dpi_on_black_and_carries_no_other_metadata():
    image = Image.open(io.BytesIO(jpeg(sheet_of(1, 1), fonts.face())))
    assert image.size == (2480, 3508)
    assert image.info["dpi"] == (300, 300)
    assert image.getpixel((5, 5)) == (0, 0, 0)
    assert not image.getexif()
    assert "comment" not in image.info


def test_colour_stays_colour():
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[:, :32, 0] = 255
    sheet = sheet_of(1, 1, frame(spacing_mm=None, edges=("", "", "", "")).__class__(colours))
    picture = next(mark for mark in sheet.marks if isinstance(mark, Picture) and mark.smooth)
    red = draw(sheet, fonts.face()).getpixel((round(picture.x + picture.width / 4), round(picture.y + picture.height / 2)))
    assert red == (255, 0, 0)
