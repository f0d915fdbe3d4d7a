"""Script in names, descriptions and reports stays text in the patient's pages and the staff's, and the policy would stop it if it
did not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.browser import staff_answers
from tests.browser.accessibility import Complaints
from tests.browser.devices import DESK, open_device
from tests.browser.staff_stand_in import StaffStandIn
from tests.browser.stand_in import EXAM, HOSPITAL, LINK, SERIES, StandIn, a_series, exam, opened, report
from tests.security.hostile.documents import SCRIPT

pytestmark = pytest.mark.browser

MARKUP = f'"><svg onload=alert(3)>{SCRIPT}'
LINKS = "javascript:alert(4)"


def hostile_cloud() -> StandIn:
    """Says of everything that is text what no schema forbids."""
    hospital = {"name": MARKUP, "phone": MARKUP, "hours": MARKUP, "time_zone": "Asia/Shanghai"}
    told = exam(
        [a_series(0, MARKUP, 2), a_series(1, LINKS, 3)],
        item=MARKUP,
        hospital=hospital,
        patient={"name": MARKUP, "sex": "M", "age": "063Y"},
    )
    told["studies"][0]["description"] = MARKUP
    people = [{"role": "reporter", "name": MARKUP}, {"role": "auditor", "name": LINKS}]
    words = report(findings=f"第一行 {MARKUP}\n{LINKS}", impression=MARKUP, people=people, exam_item=MARKUP)
    cloud = StandIn(
        {
            "POST /links/open": opened(hospital=hospital),
            "GET /report": (200, words),
        }
    )
    cloud.sign_in(told)
    return cloud


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with open_device(chromium) as context:
        hostile_cloud().stand_before(context)
        yield context.new_page()


@pytest.fixture
def dialogs(page: Page) -> list[str]:
    return dialogs_of(page)


def dialogs_of(page: Page) -> list[str]:
    """What a script would open."""
    seen: list[str] = []

    def note(dialog: Dialog) -> None:
        seen.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    return seen


def nothing_ran(page: Page, complaints: Complaints, dialogs: list[str]) -> None:
    """No element was made of a text, nothing was stopped by the policy because nothing tried."""
    page.wait_for_load_state("networkidle")
    made = page.locator("svg[onload], img[src='x'], img[onerror], script:not([src]), a[href^='javascript']").count()
    assert (made, dialogs) == (0, [])
    assert not [line for line in complaints.lines if "Content Security Policy" in line or "Content-Security-Policy" in line]


def test_script_in_every_text_of_exam_report_and_series_is_shown_as_text(page: Page, web_origin: str, dialogs: list[str]) -> None:
    complaints = Complaints(page)
    page.goto(f"{web_origin}/e")
    expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP)
    nothing_ran(page, complaints, dialogs)
    page.locator("a.entry", has=page.get_by_text("报告", exact=True)).click()
    expect(page.get_by_text(f"第一行 {MARKUP}")).to_be_visible()
    nothing_ran(page, complaints, dialogs)
    page.go_back()
    page.locator("a.entry", has=page.get_by_text("图像", exact=True)).click()
    expect(page.get_by_text(LINKS).first).to_be_visible()
    nothing_ran(page, complaints, dialogs)


def test_script_in_a_hospitals_name_is_text_before_anybody_is_known(page: Page, web_origin: str, dialogs: list[str]) -> None:
    complaints = Complaints(page)
    page.goto(web_origin + LINK)
    expect(page.get_by_text(MARKUP).first).to_be_visible()
    nothing_ran(page, complaints, dialogs)


# what devices, systems and people say in answers to staff; the rest are codes, keyed names, times and amounts
SAID = {
    *("item", "exam_item", "description", "findings", "impression", "accession_number", "body_part", "id", "phone", "id_card"),
    *("ae_title", "version", "agent", "revoked_by", "revoked_because", "zh-CN", "en", "note", "by", "account", "subject"),
}


def poisoned(answer: Any) -> Any:
    """With script in all that is said, in a patient's name, in a reason that somebody wrote and among the modalities, too."""
    if isinstance(answer, tuple):
        return answer[0], poisoned(answer[1])
    if isinstance(answer, list):
        return [poisoned(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    is_written = "by" in answer or answer.get("kind") == "correction"
    words = {"patient": MARKUP} if isinstance(answer.get("patient"), str) else {}
    words |= {"reason": MARKUP} if "reason" in answer and is_written else {}
    words |= {"name": MARKUP} if "sex" in answer or "role" in answer else {}
    words |= {"modalities": [MARKUP]} if "modalities" in answer else {}
    codes = ("subject",) if "may_retry" in answer else ("by",) if "serial" in answer else ()
    texts = {key: MARKUP for key in SAID & answer.keys() if isinstance(answer[key], str) and key not in codes}
    return {key: poisoned(value) for key, value in answer.items()} | texts | words


def hostile_hospital() -> StaffStandIn:
    cloud = StaffStandIn(answers=dict(staff_answers.ALL))
    note = {"by": "staff:chen", "at": staff_answers.NOW, "note": "x"}
    settled = staff_answers.waiting(name="d" * 64, reason="of_a_newer_version", settled=note)
    waiting = staff_answers.quarantine()[1]
    cloud.answers["GET /quarantine"] = (200, waiting | {"entries": [*waiting["entries"], settled]})
    cloud.answers["GET /exams/*"] = (200, staff_answers.an_exam(hidden=SERIES[1]))
    cloud.answers = {name: poisoned(answer) for name, answer in cloud.answers.items() if isinstance(answer, tuple)}
    cloud.sign_in(
        "doctor", "operator", "finance", account=MARKUP, name=MARKUP, hospital={**HOSPITAL, "tenant": "renhe", "name": MARKUP}
    )
    return cloud


@pytest.mark.parametrize("place", ["", f"#/exams/{EXAM}", "#/quarantine", "#/agents", "#/alarms", "#/bills/2026-10"])
def test_script_in_what_devices_and_reports_say_is_text_on_the_staffs_pages(
    chromium: Browser, web_origin: str, place: str
) -> None:
    """DICOM attributes, a report's words, an agent's own name and version, and what colleagues wrote as their reason."""
    with open_device(chromium, DESK) as context:
        hostile_hospital().stand_before(context)
        page = context.new_page()
        complaints, dialogs = Complaints(page), dialogs_of(page)
        page.goto(f"{web_origin}/staff{place}")
        page.wait_for_function("() => document.querySelector('h1') && !document.querySelector('[aria-busy=true]')")
        expect(page.get_by_role("main").get_by_text(MARKUP).first).to_be_visible()
        nothing_ran(page, complaints, dialogs)


def test_a_script_in_the_address_runs_nowhere(page: Page, web_origin: str, dialogs: list[str]) -> None:
    complaints = Complaints(page)
    for place in ("/e#t=<script>alert(1)</script>", "/e#t=javascript:alert(1)", "/e?x=<img src=x onerror=alert(1)>", "//evil/e"):
        page.goto(web_origin + place)
        nothing_ran(page, complaints, dialogs)


def test_the_policy_stops_what_gets_into_a_page_all_the_same(page: Page, web_origin: str, dialogs: list[str]) -> None:
    """The second wall: an element with a script in it is put there by hand, and does nothing."""
    page.goto(f"{web_origin}/e")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    stopped = page.evaluate(
        """async () => {
            const stopped = []
            const both = new Promise((done) => {
                document.addEventListener("securitypolicyviolation", (event) => {
                    if (event.effectiveDirective.startsWith("script-src")) stopped.push(event.effectiveDirective)
                    if (stopped.length === 2) done()
                })
                setTimeout(done, 5000)
            })
            const element = document.createElement("div")
            element.innerHTML = "<img src='data:,' onerror='window.ran = 1'>"
            document.body.append(element)
            const script = document.createElement("script")
            script.textContent = "window.ran = 2"
            document.body.append(script)
            await both
            return [window.ran ?? 0, stopped.length]
        }"""
    )
    assert stopped == [0, 2]
    assert dialogs == []
