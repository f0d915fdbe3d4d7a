"""The pages of sharing in their states: no barriers, and answers as the real cloud gives them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from functions.adapters import schemas
from tests.browser.accessibility import Complaints, small_targets, too_wide, violations
from tests.browser.devices import DESK, PHONE, SMALL_PHONE, Device
from tests.browser.screenshots import TEXT_SIZE, Shot, showing
from tests.browser.sharing_shots import LISTED, MAY_NOT, OPENINGS, SHARING_SHOTS, a_share, shared


def test_the_stand_in_says_what_the_cloud_would_say() -> None:
    schemas.check({"shares": LISTED, "anonymous": MAY_NOT}, "patient_shares.v1")
    schemas.check({"share": a_share(5), "code": "204951"}, "patient_share_answer.v1")
    schemas.check({"openings": OPENINGS}, "patient_openings.v1")
    schemas.check(shared(), "guest_link_answer.v1")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("shot", SHARING_SHOTS, ids=lambda shot: shot.name)
@pytest.mark.parametrize(("device", "language"), [(PHONE, "zh-CN"), (DESK, "en")], ids=["phone-zh-CN", "desk-en"])
def test_a_page_of_sharing_has_no_barrier(chromium: Browser, web_origin: str, shot: Shot, device: Device, language: str) -> None:
    """axe-core finds nothing, a thumb hits each target, the console stays empty; who sets large text loses nothing."""
    with showing(chromium, web_origin, shot, device, language, before=Complaints) as (page, complaints):
        assert violations(page) == []
        if device.touch:
            assert [line for line in small_targets(page) if 'type="radio"' not in line and 'type="checkbox"' not in line] == []
        page.set_viewport_size({"width": SMALL_PHONE.width, "height": SMALL_PHONE.height})
        page.evaluate(TEXT_SIZE, 200)
        assert too_wide(page) == []
        assert complaints.lines == []
