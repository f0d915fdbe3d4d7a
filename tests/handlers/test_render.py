"""From events to thumbnails, films and report PDFs; twice, shuffled, late and broken."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import shutil
import subprocess

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from functions.adapters import schemas
from functions.adapters.queues import per_record
from functions.core.access.tokens import exam_code, is_token, link_token
from functions.core.errors import ServiceBusy
from functions.core.study import keys
from functions.render.handler import render
from tests.fakes import SETTINGS, sqs_event
from tests.handlers.patient_world import LINK_KEY
from tests.handlers.render_world import TENANT, RenderWorld, ct_slice, image


def grey(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"), int)


@pytest.fixture
def world() -> RenderWorld:
    return RenderWorld()


# -- thumbnails ----------------------------------------------------------------------------------------------------------------


@pytest.mark.req("VIEW-14")
def test_a_series_gets_the_thumbnail_of_its_middle_slice(world):
    """The first and last slices of a series often show nothing."""
    world.send([ct_slice(number, level=0 if number == 6 else -900) for number in range(1, 11)])
    world.render("series_indexed")
    assert world.series().thumbnail
    picture = grey(world.thumbnail())
    assert max(picture.shape) == 256
    assert picture[128, 128] > 100, "slice 6 of 10 is the bright one"
    assert picture[2, 2] < 10


def test_a_thumbnail_shows_monochrome1_as_people_expect_it(world):
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1))
    shown = {}
    for number, photometric in enumerate(("MONOCHROME2", "MONOCHROME1"), 1):
        world.send([image(ramp, series=f"1.2.3.{number}", modality="DX", photometric=photometric)])
        world.render("series_indexed")
        shown[photometric] = grey(world.thumbnail(f"1.2.3.{number}"))
    left, right = (shown["MONOCHROME2"][:, :20].mean(), shown["MONOCHROME2"][:, -20:].mean())
    assert left < 40 < 200 < right
    assert np.abs(shown["MONOCHROME1"] - (255 - shown["MONOCHROME2"])).mean() < 6


def test_a_thumbnail_of_a_colour_image_is_in_colour(world):
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[:, :32] = (200, 20, 20)
    colours[:, 32:] = (20, 20, 200)
    world.send([image(colours, modality="OT")])
    world.render("series_indexed")
    picture = Image.open(io.BytesIO(world.thumbnail())).convert("RGB")
    assert np.allclose(picture.getpixel((40, 128)), (200, 20, 20), atol=12)
    assert np.allclose(picture.getpixel((216, 128)), (20, 20, 200), atol=12)


def test_a_thumbnail_of_a_cine_is_its_middle_frame(world):
    frames = np.zeros((9, 64, 64), np.uint8)
    frames[4] = 250
    frames[:, 0, 0] = 255
    world.send([image(frames, modality="US", WindowCenter="128", WindowWidth="256")])
    world.render("series_indexed")
    assert grey(world.thumbnail()).mean() > 200


@pytest.mark.req("VIEW-14")
def test_a_newer_index_is_not_given_an_older_thumbnail(world):
    """Events come shuffled; what stands at the end belongs to the index that stands."""
    world.send([ct_slice(1, level=-900)])
    (early,) = [event for event in world.events if event["type"] == "series_indexed"]
    world.send([ct_slice(number, level=500) for number in range(2, 6)])
    late = [event for event in world.events if event["type"] == "series_indexed"][-1]
    for order in itertools.permutations((early, late)):
        for event in order:
            render(event, world.deps)
        assert grey(world.thumbnail())[128, 128] > 200


def test_while_a_series_grows_only_its_last_index_gets_a_thumbnail(world):
    """A scan of a thousand slices has ten indexes in a few seconds; what render would make of nine of them is thrown away."""
    world.send([ct_slice(1)])
    world.send([ct_slice(number) for number in range(2, 6)])
    early, late = [event for event in world.events if event["type"] == "series_indexed"]
    render(early, world.deps)
    assert world.series().thumbnail is None
    render(late, world.deps)
    assert world.series().thumbnail is not None


def test_what_cannot_be_decoded_leaves_no_thumbnail_and_no_failure(world):
    world.send([image(np.zeros((64, 64), np.uint8), modality="CT", BitsAllocated=32, BitsStored=32, HighBit=31)])
    world.render("series_indexed")
    assert world.series().thumbnail is None


def test_a_damaged_middle_frame_gives_way_to_its_neighbour(world):
    world.send([ct_slice(number) for number in range(1, 21)])
    row = world.series()
    index = json.loads(
        gzip.decompress(world.deps.vault.get("pixels", f"{keys.parcel_prefix(TENANT, row.study, row.series)}{row.index}"))
    )
    columns = index["columns"]
    middle = len(columns["frame"]) // 2
    piece = "quarter" if columns["quarter"]["object"][middle] >= 0 else "full"
    name = index["objects"][columns[piece]["object"][middle]]["name"]
    key = f"{keys.parcel_prefix(TENANT, row.study, row.series)}{name}"
    body = bytearray(world.deps.vault.get("pixels", key))
    body[columns[piece]["offset"][middle]] ^= 1
    world.deps.vault.overwrite("pixels", key, body)
    world.render("series_indexed")
    assert world.series().thumbnail


# -- films ---------------------------------------------------------------------------------------------------------------------


def complete_study(world: RenderWorld, slices: int = 24) -> None:
    world.send([ct_slice(number) for number in range(1, slices + 1)])
    world.declare({"1.2.3.1": slices})


def test_a_complete_study_has_a_film_with_its_link_and_name(world, tmp_path):
    complete_study(world)
    world.render()
    films = world.study().films
    assert (films["width"], films["height"], len(films["pages"])) == (2480, 3508, 1)
    page = world.derived(films["pages"][0])
    assert films["pages"][0] == f"film/{keys.sha256_hex(page)}.jpg"
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(page)))
    token = code.text.removeprefix(f"{SETTINGS.origin}/e#t=")
    assert is_token(token)
    exam = world.study().exam
    assert token == link_token(LINK_KEY, tenant=TENANT, exam=exam, patient=world.study().patient, channel="paper", serial=1)
    text = text_of(world.derived(films["pdf"]), tmp_path)
    for part in ("张三丰", "63岁", "男", "佛山市示例医院", "P1", "A1", "2026-11-24 14:05", "W 400 L 40", "层厚 1 mm"):
        assert part in text
    digits = exam_code(LINK_KEY, tenant=TENANT, exam=exam)
    assert f"{digits[:3]} {digits[3:]}" in text


def text_of(document: bytes, folder) -> str:
    (folder / "one.pdf").write_bytes(document)
    tool = shutil.which("pdftotext")
    assert tool, "poppler-utils is missing: apt-get install poppler-utils"
    return subprocess.run([tool, "-layout", "one.pdf", "-"], cwd=folder, check=True, capture_output=True, text=True).stdout


def test_an_incomplete_study_has_no_film_until_it_is_released(world):
    world.send([ct_slice(number) for number in range(1, 6)])
    world.declare({"1.2.3.1": 10})
    world.render()
    assert world.study().films is None
    world.report()
    world.render()
    assert len(world.study().films["pages"]) == 1


def pages_texts(world: RenderWorld, folder) -> list[str]:
    """The texts of the film's pages, as its PDF holds them."""
    films = world.study().films
    texts = text_of(world.derived(films["pdf"]), folder).rstrip("\f").split("\f")
    assert len(texts) == len(films["pages"])
    return texts


def test_a_released_partial_study_says_on_every_page_what_is_missing_until_nothing_is(world, tmp_path):
    """Images go on arriving after the release: the film follows them, and a part never passes for the whole."""
    world.send([ct_slice(1)])
    world.report()
    world.render()
    assert all("图像未收齐：目前已收 1 幅" in text for text in pages_texts(world, tmp_path))
    world.declare({"1.2.3.1": 4, "1.2.3.2": 2})
    world.send([ct_slice(number, series="1.2.3.2", SeriesNumber="3") for number in range(1, 3)])
    world.render("series_indexed")
    texts = pages_texts(world, tmp_path)
    assert len(texts) == 2
    assert all("图像不全：已收 3 幅 / 应有 6 幅" in text for text in texts)
    world.send([ct_slice(number) for number in range(2, 5)])
    world.render()
    texts = pages_texts(world, tmp_path)
    assert len(texts) == 2
    assert not any("图像不全" in text or "图像未收齐" in text for text in texts)


def test_images_of_an_unreleased_exam_make_neither_film_nor_paper_link(world):
    world.send([ct_slice(1)])
    world.render("series_indexed")
    assert world.study().films is None
    assert not [event for event in world.events if event["type"] == "link_issued"]


@pytest.mark.req("EDGE-07")
def test_the_reports_words_come_onto_the_film_at_release(world, tmp_path):
    complete_study(world)
    world.render()
    before = world.study().films
    world.report()
    world.render()
    after = world.study().films
    assert before["pdf"] != after["pdf"]
    assert "胸部CT平扫" in text_of(world.derived(after["pdf"]), tmp_path)


def test_any_order_and_number_of_deliveries_leaves_what_one_leaves(world):
    complete_study(world, slices=6)
    world.report()
    world.render()
    rows = world.deps.table.everything()
    objects = {bucket: list(world.deps.vault.keys(bucket, "")) for bucket in ("pixels", "derived")}
    for event in [*reversed(world.events), *world.events]:
        if event["type"] in ("series_indexed", "study_completed", "report_audited", "exam_released"):
            render(event, world.deps)
    assert world.deps.table.everything() == rows
    assert {bucket: list(world.deps.vault.keys(bucket, "")) for bucket in ("pixels", "derived")} == objects


def test_a_film_made_anew_elsewhere_is_the_same_object():
    """The vault holds one film however often it is rendered."""
    names = []
    for _ in range(2):
        world = RenderWorld()
        complete_study(world, slices=4)
        world.render()
        names.append(world.study().films)
    assert names[0] == names[1]


def test_a_late_series_comes_onto_the_film(world):
    complete_study(world, slices=4)
    world.render()
    world.send([ct_slice(number, series="1.2.3.2", SeriesNumber="3") for number in range(1, 3)])
    world.declare({"1.2.3.1": 4, "1.2.3.2": 2})
    world.render()
    assert len(world.study().films["pages"]) == 2


def test_no_object_name_or_row_of_render_tells_who_it_is(world):
    complete_study(world, slices=4)
    world.report()
    world.render()
    names = [key for bucket in ("pixels", "derived") for key in world.deps.vault.keys(bucket, "")]
    told = json.dumps([world.events, names], ensure_ascii=False)
    for secret in ("张三丰", "Zhang", "P1", "13800001234", "1963", "A1"):
        assert secret not in told.replace(TENANT, "") or secret in ("P1", "A1"), secret
    for event in world.events:
        if event["type"] in ("series_rendered", "films_rendered"):
            schemas.check(event, "event.v1")
            schemas.check(event["body"], f"{event['type']}.v1")


# -- reports -------------------------------------------------------------------------------------------------------------------


def test_the_hospitals_own_pdf_reaches_the_patient_byte_for_byte(world):
    own = b"%PDF-1.7\n" + bytes(range(256)) * 40
    complete_study(world, slices=2)
    world.report(pdf=own)
    world.render()
    document = world.report_row().document
    assert document["name"] == f"report/{keys.sha256_hex(own)}.pdf"
    assert world.report_pdf() == own


def test_a_report_without_a_pdf_gets_one_of_its_text(world, tmp_path):
    complete_study(world, slices=2)
    world.report()
    world.render()
    text = text_of(world.report_pdf(), tmp_path)
    for part in (
        "佛山市示例医院",
        "张三丰",
        "双肺纹理清晰，未见实质性病变。",
        "双肺未见明显异常。",
        "李医生",
        "王主任",
        "2026-11-24 14:40",
        "验证码",
    ):
        assert part in text


def test_a_corrected_report_gets_its_own_pdf_and_the_old_one_stays(world, tmp_path):
    complete_study(world, slices=2)
    world.report()
    world.render()
    world.report(version=2, state="corrected", impression="右肺上叶结节。")
    world.render()
    first, second = world.report_row(1).document, world.report_row(2).document
    assert first["name"] != second["name"]
    text = text_of(world.report_pdf(2), tmp_path)
    assert "右肺上叶结节。" in text
    assert "更正报告" in text


def test_a_corrected_report_that_is_faster_than_its_exams_decision_comes_again(world):
    """Nothing else would ever make the correction's PDF, and the patient would wait for it."""
    complete_study(world, slices=2)
    world.report()
    key = keys.exam_pk(TENANT, world.exam().exam), "EXAM"
    before = world.deps.table.get(*key)
    world.report(version=2, state="corrected", impression="右肺上叶结节。")
    now = world.deps.table.get(*key)
    world.deps.table.put(before, expect=now["version"])
    (event,) = [one for one in world.events if one["type"] == "report_audited" and one["body"]["version"] == 2]
    with pytest.raises(ServiceBusy):
        render(event, world.deps)
    world.deps.table.put(now, expect=world.deps.table.get(*key)["version"])
    render(event, world.deps)
    assert world.report_row(2).document is not None


@pytest.mark.req("EDGE-07")
def test_a_preliminary_report_gets_no_pdf(world):
    complete_study(world, slices=2)
    world.report(state="preliminary")
    world.render()
    assert world.report_row().document is None


def test_a_report_without_images_has_its_pdf_and_images_that_come_later_change_nothing(world):
    """A hospital may release on the report alone, and images may be elsewhere for good."""
    world.report()
    world.render()
    before = world.report_row().document
    assert world.report_pdf().startswith(b"%PDF-")
    complete_study(world, slices=2)
    world.render()
    assert world.report_row().document == before


# -- the queue -----------------------------------------------------------------------------------------------------------------


def test_an_event_of_a_form_that_nobody_agreed_on_fails_its_record_and_only_it(world):
    world.send([ct_slice(1)])
    (event,) = [event for event in world.events if event["type"] == "series_indexed"]
    broken = {**event, "body": {"study": "x"}}
    wrapped = {"detail-type": "series_indexed", "source": "lightbox", "detail": event}
    answer = per_record(sqs_event(json.dumps(broken), json.dumps(wrapped)), render, world.deps, world.deps.own_queue)
    assert [one["itemIdentifier"] for one in answer["batchItemFailures"]] == ["message-0"]
    assert world.series().thumbnail


def test_a_missing_object_fails_its_record_by_its_name_and_nothing_is_made_up(world, caplog):
    """It comes again; if the object never does, it ends among the dead letters, whose alarm brings somebody who reads why."""
    world.send([ct_slice(1)])
    for place in [place for place in world.deps.vault._objects if place[1].endswith((".low", ".rest"))]:
        del world.deps.vault._objects[place]
    (event,) = [event for event in world.events if event["type"] == "series_indexed"]
    answer = per_record(sqs_event(json.dumps(event)), render, world.deps, world.deps.own_queue)
    assert [one["itemIdentifier"] for one in answer["batchItemFailures"]] == ["message-0"]
    assert [record.__dict__["code"] for record in caplog.records if record.message == "record failed"] == ["object_missing"]
    assert not world.series().thumbnail
