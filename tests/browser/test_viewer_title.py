"""The line above the image: which image it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.devices import DESK, PHONE, Device, open_device
from tests.browser.stand_in import SERIES, StandIn, a_series, exam

pytestmark = pytest.mark.browser

ITEM = "胸部CT平扫；上腹部CT平扫+三期增强；盆腔CT平扫+三期增强"
LINE = """(heading) => {
  const words = document.createRange();
  words.selectNodeContents(heading.firstChild);
  const { left, right, height } = words.getBoundingClientRect();
  const box = heading.getBoundingClientRect();
  return {
    whole: left >= box.left && right <= box.right,
    cut: heading.scrollWidth > heading.clientWidth && getComputedStyle(heading).textOverflow === "ellipsis",
    lines: Math.round(box.height / height),
  };
}"""


@pytest.mark.parametrize(("device", "cut"), [(PHONE, True), (DESK, False)], ids=lambda value: getattr(value, "name", ""))
def test_the_title_says_first_which_series_it_is_in_one_line(
    chromium: Browser, web_origin: str, device: Device, cut: bool
) -> None:
    """An exam of three parts has a name longer than a phone; under it every series looked the same."""
    cloud = StandIn()
    cloud.sign_in(exam([a_series(0, "肺窗 1.25mm", 245), a_series(1, "门静脉期 3 mm", 62)], item=ITEM))
    with open_device(chromium, device) as context:
        cloud.stand_before(context)
        page = context.new_page()
        page.goto(f"{web_origin}/e#/images/{SERIES[1]}")
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_attribute("title", f"门静脉期 3 mm · {ITEM}")
        assert heading.evaluate(LINE) == {"whole": True, "cut": cut, "lines": 1}


def test_of_several_studies_the_title_names_the_one_that_is_open(chromium: Browser, web_origin: str) -> None:
    """Two scans under one order may have series of the same name."""
    both = exam([a_series(0, "定位像", 2)], item="胸部CT平扫；头颅MR平扫")
    (chest,) = both["studies"]
    head = chest | {"study": "h" * 32, "description": "头颅MR平扫", "series": [a_series(2, "定位像", 3)]}
    cloud = StandIn()
    cloud.sign_in(both | {"studies": [chest, head]})
    with open_device(chromium, DESK) as context:
        cloud.stand_before(context)
        page = context.new_page()
        page.goto(f"{web_origin}/e#/images/{SERIES[2]}")
        expect(page.get_by_role("heading", level=1)).to_have_attribute("title", "定位像 · 头颅MR平扫")
