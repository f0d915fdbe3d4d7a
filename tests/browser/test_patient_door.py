"""From the link to the exam, and every way in which that does not go on, with a stand-in for the cloud."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.devices import open_device
from tests.browser.stand_in import HOSPITAL, LINK, OPEN, TOKEN, StandIn, exam, opened, refused

pytestmark = pytest.mark.browser

SESSIONS = "POST /sessions"
NOW = "2026-11-24T06:05:00Z"
UNTIL = "2026-11-24T06:17:05Z"
PHONE = "tel:075783301234"


@pytest.fixture
def cloud() -> StandIn:
    """In the cloud's place; a test changes its answers."""
    return StandIn()


@pytest.fixture
def page(chromium: Browser, cloud: StandIn) -> Iterator[Page]:
    """A phone of its own, with the stand-in behind it."""
    with open_device(chromium) as context:
        cloud.stand_before(context)
        yield context.new_page()


def verify(page: Page, digits: str) -> None:
    page.get_by_role("textbox").fill(digits)
    page.get_by_role("button", name="查看检查").click()


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def test_a_link_and_four_digits_open_the_exam(page: Page, cloud: StandIn, web_origin: str) -> None:
    """The shortest way there is: tap, four digits, one button."""
    page.goto(web_origin + LINK)
    title(page, "请验证身份")
    cloud.sign_in()
    verify(page, "1234")
    title(page, "胸部CT平扫")
    assert (SESSIONS, {"token": TOKEN, "mode": "phone_tail", "answer": "1234"}) in cloud.asked


def test_the_token_is_in_no_address_once_it_is_exchanged(page: Page, cloud: StandIn, web_origin: str) -> None:
    """A shoulder, a screenshot or a forwarded address must not carry the key to the exam."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto(web_origin + LINK)
    cloud.sign_in()
    verify(page, "1234")
    title(page, "胸部CT平扫")
    assert page.url == f"{web_origin}/e"
    page.goto(f"{web_origin}/")
    page.go_back()
    assert TOKEN not in page.url
    assert [url for url in urls if TOKEN in url.split("#")[0]] == []
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert TOKEN not in stored


@pytest.mark.parametrize(("pasted", "sent"), [("12 34", "1234"), ("尾号１２３４", "1234"), ("1-2-3-4-5", "1234")])
def test_what_is_pasted_is_read_as_digits(page: Page, cloud: StandIn, web_origin: str, pasted: str, sent: str) -> None:
    """Copied numbers come with spaces, words and full-width digits."""
    page.goto(web_origin + LINK)
    cloud.sign_in()
    verify(page, pasted)
    title(page, "胸部CT平扫")
    assert (SESSIONS, {"token": TOKEN, "mode": "phone_tail", "answer": sent}) in cloud.asked


def test_a_number_pad_opens_and_a_code_can_be_filled_by_the_phone(page: Page, web_origin: str) -> None:
    """Typing digits on letter keys is where old hands give up."""
    page.goto(web_origin + LINK)
    field = page.get_by_role("textbox", name="登记手机号的后 4 位")
    expect(field).to_have_attribute("inputmode", "numeric")
    expect(field).to_have_attribute("autocomplete", "off")
    page.get_by_role("button", name="改用 6 位验证码").click()
    field = page.get_by_role("textbox", name="6 位验证码")
    expect(field).to_have_attribute("inputmode", "numeric")
    expect(field).to_have_attribute("autocomplete", "one-time-code")


@pytest.mark.req("PAT-03")
def test_each_way_to_verify_is_asked_in_its_own_words(page: Page, cloud: StandIn, web_origin: str) -> None:
    """Four digits of the phone, or six on paper; only what the hospital offers is shown."""
    page.goto(web_origin + LINK)
    page.get_by_role("button", name="改用 6 位验证码").click()
    cloud.sign_in()
    verify(page, "123456")
    title(page, "胸部CT平扫")
    assert (SESSIONS, {"token": TOKEN, "mode": "code", "answer": "123456"}) in cloud.asked

    cloud.answers[OPEN] = opened(modes=["code"])
    page.goto("about:blank")
    page.goto(web_origin + LINK)
    expect(page.get_by_role("textbox", name="6 位验证码")).to_be_visible()
    expect(page.get_by_role("button", name="改用手机号后 4 位")).to_have_count(0)


def test_too_few_digits_cost_no_try(page: Page, cloud: StandIn, web_origin: str) -> None:
    """The button says what is missing instead of looking dead."""
    page.goto(web_origin + LINK)
    verify(page, "12")
    expect(page.get_by_role("alert")).to_have_text("请输入全部 4 位数字。")
    assert [name for name, _ in cloud.asked if name == SESSIONS] == []


@pytest.mark.req("PAT-03")
def test_a_wrong_answer_tells_the_tries_left_and_the_fifth_locks(page: Page, cloud: StandIn, web_origin: str) -> None:
    """Nobody is locked out by surprise, and the button stays where the thumb is."""
    page.goto(web_origin + LINK)
    button = page.locator("button[type=submit]")
    before = button.bounding_box()
    cloud.answers[SESSIONS] = refused(403, "answer_wrong", tries_left=3)
    verify(page, "1111")
    expect(page.get_by_role("alert")).to_have_text("不对，请核对后再输。还可以试 3 次。")
    expect(page.get_by_role("textbox")).to_have_value("")
    assert button.bounding_box() == before

    cloud.answers[SESSIONS] = refused(403, "answer_wrong", tries_left=1)
    verify(page, "2222")
    expect(page.get_by_role("alert")).to_contain_text("再输错 1 次，链接会暂时锁定")

    cloud.answers[SESSIONS] = refused(423, "link_locked", until=UNTIL, hospital=HOSPITAL)
    verify(page, "3333")
    title(page, "链接暂时锁定")


def test_a_locked_link_counts_down_by_the_clouds_clock_and_goes_on_by_itself(page: Page, cloud: StandIn, web_origin: str) -> None:
    """The phone's clock is two hours wrong; the wait is twelve minutes all the same."""
    page.clock.install(time="2026-11-24T04:05:00Z")
    cloud.answers[OPEN] = refused(423, "link_locked", until=UNTIL, hospital=HOSPITAL)
    page.goto(web_origin + LINK)
    title(page, "链接暂时锁定")
    expect(page.get_by_text("14:17 后可以再试")).to_be_visible()
    expect(page.locator(".locked-left")).to_have_text("12:05")
    page.clock.run_for(65_000)
    expect(page.locator(".locked-left")).to_have_text("11:00")
    cloud.answers[OPEN] = opened()
    page.clock.run_for(11 * 60_000 + 1_000)
    title(page, "请验证身份")


DEAD_ENDS = [
    (410, "link_expired", "链接已过期"),
    (410, "link_revoked", "链接已停用"),
    (410, "exam_expired", "检查的保存期已满"),
    (409, "exam_not_released", "检查还没有发布"),
    (423, "link_locked", "链接暂时锁定"),
]


@pytest.mark.parametrize(("status", "code", "heading"), DEAD_ENDS)
def test_a_dead_end_names_whom_to_call(page: Page, cloud: StandIn, web_origin: str, status: int, code: str, heading: str) -> None:
    """What happened is not enough: one tap calls the department."""
    cloud.answers[OPEN] = refused(status, code, hospital=HOSPITAL, until=UNTIL)
    page.goto(web_origin + LINK)
    title(page, heading)
    expect(page.get_by_role("link", name="拨打 0757-8330 1234")).to_have_attribute("href", PHONE)


@pytest.mark.parametrize("link", [LINK, "/e#t=cut", "/e#t="])
def test_a_link_that_nobody_made_says_how_to_open_the_right_one(page: Page, cloud: StandIn, web_origin: str, link: str) -> None:
    """Most unknown links lost their end when they were copied."""
    cloud.answers[OPEN] = refused(404, "link_unknown")
    page.goto(web_origin + link)
    title(page, "没有找到这个链接")
    expect(page.get_by_text("请回到短信里直接点链接，或再扫一次二维码。")).to_be_visible()


def test_an_exam_that_is_published_meanwhile_opens_by_itself(page: Page, cloud: StandIn, web_origin: str) -> None:
    """People wait in the corridor with the page open."""
    page.clock.install(time=NOW)
    cloud.answers[OPEN] = refused(409, "exam_not_released", hospital=HOSPITAL)
    page.goto(web_origin + LINK)
    title(page, "检查还没有发布")
    cloud.answers[OPEN] = opened()
    page.clock.run_for(31_000)
    title(page, "请验证身份")


@pytest.mark.req("PLUS-04")
def test_while_the_hospitals_index_comes_back_the_page_says_that_nothing_is_lost_and_goes_on_by_itself(
    page: Page, cloud: StandIn, web_origin: str
) -> None:
    """Nobody asks the hospital for a new link, or scans again, for want of a word."""
    page.clock.install(time=NOW)
    cloud.answers[OPEN] = refused(503, "hospital_rebuilding", hospital=HOSPITAL)
    page.goto(web_origin + LINK)
    title(page, "检查暂时打不开")
    expect(page.get_by_text("都完好保存着，没有丢失")).to_be_visible()
    expect(page.locator(f'a[href="{PHONE}"]')).to_be_visible()
    cloud.answers[OPEN] = opened()
    page.clock.run_for(61_000)
    title(page, "请验证身份")


@pytest.mark.req("PLUS-04")
def test_an_open_exam_gives_way_while_its_hospitals_index_comes_back(page: Page, cloud: StandIn, web_origin: str) -> None:
    """At the first answer that says so, and it is back as soon as it may be shown."""
    page.clock.install(time=NOW)
    cloud.sign_in(exam(report=None))
    page.goto(f"{web_origin}/e")
    title(page, "胸部CT平扫")
    cloud.answers["GET /exam"] = refused(503, "hospital_rebuilding")
    page.clock.run_for(31_000)
    title(page, "检查暂时打不开")
    asked = len(cloud.asked)
    page.clock.run_for(59_000)
    assert len(cloud.asked) == asked
    cloud.sign_in()
    page.clock.run_for(2_000)
    title(page, "胸部CT平扫")


def test_a_lost_connection_says_so_and_goes_on_when_it_is_back(page: Page, cloud: StandIn, web_origin: str) -> None:
    """Lifts and basements: no button needs to be found."""
    cloud.answers[OPEN] = None
    page.goto(web_origin + LINK)
    title(page, "没有连上网络")
    cloud.answers[OPEN] = opened()
    page.evaluate("dispatchEvent(new Event('online'))")
    title(page, "请验证身份")


def test_a_lost_connection_while_verifying_keeps_what_was_typed(page: Page, cloud: StandIn, web_origin: str) -> None:
    page.goto(web_origin + LINK)
    cloud.answers[SESSIONS] = None
    verify(page, "1234")
    expect(page.get_by_role("alert")).to_contain_text("没有连上网络")
    expect(page.get_by_role("textbox")).to_have_value("1234")


def test_a_fault_of_the_cloud_is_not_put_on_the_patient(page: Page, cloud: StandIn, web_origin: str) -> None:
    """Plain words, a number for the hospital, and a way to try again."""
    cloud.answers[OPEN] = refused(503, "service_busy")
    page.goto(web_origin + LINK)
    title(page, "现在打不开")
    expect(page.get_by_text("8f14e45f-ceea")).to_be_visible()
    cloud.answers[OPEN] = opened()
    page.get_by_role("button", name="重试").click()
    title(page, "请验证身份")


def test_a_reload_inside_the_exam_stays_on_its_page(page: Page, cloud: StandIn, web_origin: str) -> None:
    """WeChat reloads pages as it likes; the session's cookie is enough."""
    cloud.sign_in()
    page.goto(f"{web_origin}/e#/report")
    title(page, "报告")
    page.reload()
    title(page, "报告")
    assert [name for name, _ in cloud.asked if name in (OPEN, SESSIONS)] == []


def test_without_link_and_session_the_page_asks_for_the_link(page: Page, web_origin: str) -> None:
    page.goto(f"{web_origin}/e")
    title(page, "请重新打开链接")


def test_a_second_link_tapped_while_the_first_is_open_starts_anew(page: Page, cloud: StandIn, web_origin: str) -> None:
    """In WeChat both open in the same page, and only the fragment changes: the first exam must not stay on the screen."""
    cloud.sign_in()
    page.goto(f"{web_origin}/e")
    title(page, "胸部CT平扫")
    page.evaluate(f"location.hash = '#t={'S' * 27}'")
    title(page, "请验证身份")
    cloud.sign_in(exam(item="头颅MR平扫"))
    verify(page, "1234")
    title(page, "头颅MR平扫")
    assert (SESSIONS, {"token": "S" * 27, "mode": "phone_tail", "answer": "1234"}) in cloud.asked


def test_a_session_that_ended_leads_back_to_verification(page: Page, cloud: StandIn, web_origin: str) -> None:
    """The link is still in memory, so nobody has to look for the message again."""
    page.clock.install(time=NOW)
    page.goto(web_origin + LINK)
    cloud.sign_in(exam(report=None))
    verify(page, "1234")
    title(page, "胸部CT平扫")
    cloud.answers["GET /exam"] = refused(401, "session_missing")
    page.clock.run_for(31_000)
    title(page, "请验证身份")


def test_signing_out_leaves_nothing_to_go_back_to(page: Page, cloud: StandIn, web_origin: str) -> None:
    """The phone may be a neighbour's, the computer a hotel's."""
    cloud.sign_in()
    page.goto(f"{web_origin}/")
    page.goto(f"{web_origin}/e#/report")
    page.get_by_role("link", name="返回").click()
    page.get_by_role("button", name="退出").click()
    title(page, "您已退出")
    assert ("DELETE /sessions", {}) in cloud.asked
    cloud.answers["GET /exam"] = refused(401, "session_missing")
    page.go_back()
    title(page, "在手机上看您的影像检查")
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("您已退出|请重新打开链接"))
    expect(page.get_by_text("胸部CT平扫")).to_have_count(0)


def test_signing_out_without_a_connection_does_not_claim_that_it_worked(page: Page, cloud: StandIn, web_origin: str) -> None:
    cloud.sign_in()
    cloud.answers["DELETE /sessions"] = None
    page.goto(f"{web_origin}/e")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("alert")).to_have_text("退出失败。请检查网络后再试一次。")
    title(page, "胸部CT平扫")


def test_the_address_without_a_link_says_what_this_is(page: Page, cloud: StandIn, web_origin: str) -> None:
    """Somebody typed the address from the paper."""
    page.goto(f"{web_origin}/")
    title(page, "在手机上看您的影像检查")
    assert cloud.asked == []
