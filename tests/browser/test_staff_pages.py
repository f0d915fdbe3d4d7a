"""The staff's pages in their states: no barriers, nothing that the content security policy forbids, and what each is for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import staff_answers
from tests.browser.accessibility import Complaints, small_targets, violations
from tests.browser.devices import DESK, PHONE, Device, open_device
from tests.browser.staff_stand_in import StaffStandIn, me
from tests.browser.stand_in import EXAM, SERIES, refused

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EXAM_PAGE = f"#/exams/{EXAM}"
PAGES = {
    "studies": ("doctor", ""),
    "exam": ("doctor", EXAM_PAGE),
    "alarms": ("operator", "#/alarms"),
    "agents": ("operator", "#/agents"),
    "quarantine": ("operator", "#/quarantine"),
    "queues": ("operator", "#/queues"),
    "bills": ("finance", ""),
    "month": ("finance", "#/bills/2026-10"),
    "prices": ("finance", "#/prices"),
    "password": ("doctor", "#/password"),
    "sign-in": ("", ""),
}


@pytest.fixture
def cloud() -> StaffStandIn:
    return StaffStandIn(answers=dict(staff_answers.ALL))


@pytest.fixture
def desk(chromium: Browser, cloud: StaffStandIn) -> Iterator[Page]:
    with open_device(chromium, DESK) as context:
        cloud.stand_before(context)
        yield context.new_page()


def go(page: Page, origin: str, fragment: str = "") -> None:
    page.goto(f"{origin}/staff{fragment}")


def row(page: Page, words: str) -> Any:
    """The line of a table that holds these words."""
    return page.get_by_role("row").filter(has_text=words)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("device", "language"), [(PHONE, "zh-CN"), (DESK, "en")], ids=["phone-zh-CN", "desk-en"])
def test_a_page_has_no_barrier_and_breaks_no_policy(
    chromium: Browser, cloud: StaffStandIn, web_origin: str, name: str, device: Device, language: str
) -> None:
    """axe-core finds nothing, a thumb hits each target, and Ant Design writes no `<style>`: the console would say so."""
    role, fragment = PAGES[name]
    if role:
        cloud.sign_in(role)
    with open_device(chromium, device) as context:
        cloud.stand_before(context)
        context.add_init_script(f"localStorage.setItem('lightbox.language', '{language}')")
        page = context.new_page()
        complaints = Complaints(page)
        go(page, web_origin, fragment)
        page.wait_for_function("() => document.querySelector('h1') && !document.querySelector('[aria-busy=true]')")
        assert violations(page) == []
        if device.touch:
            assert [line for line in small_targets(page) if not line.startswith("<input")] == []  # a field is its frame
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.querySelectorAll('style').length") == 0
        assert page.evaluate("document.adoptedStyleSheets.length") > 0
        assert complaints.lines == []


def test_a_patients_page_fetches_nothing_of_the_staffs(chromium: Browser, web_origin: str) -> None:
    """Ant Design weighs more than all that a phone loads for an exam."""
    with open_device(chromium, PHONE) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{web_origin}/")
        page.get_by_role("heading").first.wait_for()
        assert [url for url in asked if url.endswith(".js")]
        assert [url for url in asked if "staff" in url] == []


@pytest.mark.req("SEC-11")
def test_signing_in_leads_through_the_first_password_to_the_readers_own_pages(
    desk: Page, cloud: StaffStandIn, web_origin: str
) -> None:
    """The first password opens nothing but its own change; the hospital's code is remembered, nothing else is."""
    cloud.answers["POST /sessions"] = (201, me("finance", must_change=True))
    cloud.answers["POST /password"] = (200, me("finance"))
    go(desk, web_origin)
    desk.get_by_label("医院代码").fill("Renhe ")
    desk.get_by_label("账号").fill("chen")
    desk.get_by_label("密码").fill("Kfm7-Rtq3")
    desk.get_by_role("button", name="登录", exact=True).click()
    expect(desk.get_by_role("heading", name="请先设置新密码")).to_be_visible()
    assert ("POST /sessions", {"hospital": "renhe", "account": "chen", "password": "Kfm7-Rtq3"}) in cloud.asked
    desk.get_by_label("初始密码").fill("Kfm7-Rtq3")
    desk.get_by_label("新密码", exact=True).fill("weak")
    desk.get_by_label("再输入一次新密码").fill("weak")
    desk.get_by_role("button", name="保存新密码").click()
    expect(desk.get_by_text("新密码还不符合下面的要求。")).to_be_visible()
    desk.get_by_label("新密码", exact=True).fill("Xwp9-Hbd4")
    desk.get_by_label("再输入一次新密码").fill("Xwp9-Hbd4")
    desk.get_by_role("button", name="保存新密码").click()
    expect(desk.get_by_role("heading", name="账单")).to_be_visible()
    assert desk.get_by_role("navigation").get_by_role("link").all_inner_texts() == ["账单", "价格"]
    kept = desk.evaluate("Object.entries(localStorage)")
    assert ["lightbox.hospital", "renhe"] in kept
    assert "Xwp9" not in str(kept)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refused(403, "sign_in_wrong", tries_left=2), "再错 2 次会锁定账号"),
        (refused(423, "account_locked", until="2026-11-24T06:17:05Z"), "14:17 之后可以再试"),
        (None, "没有连上服务器"),
    ],
    ids=["wrong", "locked", "offline"],
)
def test_a_refused_sign_in_says_what_to_do(desk: Page, cloud: StaffStandIn, web_origin: str, answer: Any, words: str) -> None:
    """In plain words; hospital and account stay, the password does not."""
    cloud.answers["POST /sessions"] = answer
    go(desk, web_origin)
    desk.get_by_label("医院代码").fill("renhe")
    desk.get_by_label("账号").fill("chen")
    desk.get_by_label("密码").fill("wrong")
    desk.get_by_role("button", name="登录", exact=True).click()
    expect(desk.get_by_role("alert").filter(has_text=words)).to_be_visible()
    expect(desk.get_by_label("账号")).to_have_value("chen")
    expect(desk.get_by_label("密码")).to_have_value("")


def test_when_the_session_ends_what_was_typed_is_still_there(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    """An operator called away for half an hour must not type a reason twice."""
    cloud.sign_in("operator")
    cloud.answers["POST /sessions"] = (201, me("operator"))
    go(desk, web_origin, "#/agents")
    row(desk, "CT_ROOM1").get_by_role("button", name="吊销").click()
    desk.get_by_label("请输入 CT_ROOM1 以确认").fill("CT_ROOM1")
    desk.get_by_label("原因").fill("设备更换")
    cloud.answers["POST /agents/*/revoke"] = refused(401, "session_missing")
    desk.get_by_role("button", name="吊销前置机").click()
    expect(desk.get_by_text("登录已超时")).to_be_visible()
    desk.get_by_label("医院代码").fill("renhe")
    desk.get_by_label("账号").fill("chen")
    desk.get_by_label("密码").fill("Xwp9-Hbd4")
    cloud.answers["POST /agents/*/revoke"] = staff_answers.ALL["POST /agents/*/revoke"]
    desk.get_by_role("button", name="登录", exact=True).click()
    expect(desk.get_by_label("原因")).to_have_value("设备更换")
    desk.get_by_role("button", name="吊销前置机").click()
    expect(desk.get_by_role("dialog")).to_be_hidden()
    revokes = [body for name, body in cloud.asked if name.endswith("/revoke")]
    assert revokes == [{"reason": "设备更换"}] * 2


@pytest.mark.req("EDGE-24")
def test_an_agent_is_enrolled_by_a_code_that_is_shown_once(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    """With how long it lasts and what to type at the agent."""
    cloud.sign_in("operator")
    desk.clock.install(time="2026-11-24T06:05:00Z")
    go(desk, web_origin, "#/agents")
    desk.get_by_role("button", name="添加前置机").click()
    desk.get_by_label("前置机的 AE 名称").fill("CT_ROOM4")
    desk.get_by_role("button", name="生成注册码").click()
    expect(desk.get_by_label("注册码", exact=True)).to_have_text("KFMR-TQXW-PHBD")
    expect(desk.get_by_text("--code KFMR-TQXW-PHBD")).to_be_visible()
    expect(desk.get_by_text(re.compile(r"还有 1[45]:\d\d 失效"))).to_be_visible()
    desk.clock.fast_forward(16 * 60_000)
    expect(desk.get_by_text("注册码已失效")).to_be_visible()
    assert "KFMR" not in desk.content()


@pytest.mark.req("EDGE-24")
def test_an_agents_state_is_a_word_beside_its_colour(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    cloud.sign_in("operator")
    go(desk, web_origin, "#/agents")
    expect(row(desk, "MR_ROOM2")).to_contain_text("失联")
    expect(row(desk, "MR_ROOM2")).to_contain_text("磁盘空间不足")
    expect(row(desk, "OLD_GATE").get_by_role("button")).to_have_count(0)


@pytest.mark.req("OPS-02")
def test_what_waits_says_why_and_is_tried_again(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    """The line goes when the cloud says that it is taken in; what cannot be tried again has no such button."""
    cloud.sign_in("operator")
    go(desk, web_origin, "#/quarantine")
    entry = row(desk, "报告的 PDF 一直未到。")
    expect(entry).to_contain_text("请重新发送报告。")
    expect(row(desk, "患者不一致").get_by_role("button", name="重试")).to_have_count(0)
    rest = staff_answers.quarantine()[1]
    assert rest is not None
    cloud.answers["GET /quarantine"] = (200, rest | {"entries": rest["entries"][1:]})
    entry.get_by_role("button", name="重试").click()
    expect(desk.get_by_text("已重新提交")).to_be_visible()
    expect(entry).to_have_count(0)
    assert (f"POST /quarantine/report/{'a' * 64}/retry", {}) in cloud.asked


@pytest.mark.req("OPS-02")
def test_what_waits_leads_to_its_exam_in_the_list(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    """A keyed name tells nobody whom to call; the list's line does."""
    cloud.sign_in("operator")
    go(desk, web_origin, "#/quarantine")
    expect(row(desk, "报告的 PDF 一直未到。").get_by_role("link")).to_have_count(0)
    row(desk, "患者不一致").get_by_role("link", name="在列表中查看").click()
    expect(desk.get_by_role("search").get_by_role("textbox").first).to_have_value("c" * 12)


@pytest.mark.req("OPS-02")
def test_failed_messages_are_sent_again_after_a_question(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    cloud.sign_in("operator")
    go(desk, web_origin, "#/queues")
    row(desk, "notify").get_by_role("button", name="重新投递").click()
    desk.get_by_role("dialog").get_by_role("button", name="重新投递").click()
    expect(desk.get_by_text("已重新投递 3 个任务。")).to_be_visible()
    assert ("POST /queues/notify/redrive", {}) in cloud.asked


def test_a_study_is_found_by_the_keyboard_alone(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    """`/` to search, arrows to go through the list, Enter to open; what was typed stands in no address."""
    cloud.sign_in("doctor")
    go(desk, web_origin)
    expect(row(desk, "A261190010")).to_be_visible()
    desk.keyboard.press("/")
    with desk.expect_request(re.compile("/studies\\?text=")) as asked:
        desk.keyboard.type("张建国")
    assert "limit=50" in asked.value.url
    assert "%E5" not in desk.url
    assert "张" not in desk.url
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowDown")
    expect(row(desk, "A261190011").get_by_role("link")).to_be_focused()
    desk.keyboard.press("ArrowUp")
    expect(row(desk, "A261190010").get_by_role("link")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="张建国")).to_be_visible()
    desk.go_back()
    expect(desk.get_by_role("textbox", name="检查号、患者编号或姓名")).to_have_value("张建国")


def test_a_list_goes_on_page_by_page(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    """By the cloud's own marks; the way back too, and a search begins at the first again."""
    cloud.sign_in("doctor")
    first = staff_answers.studies()

    def paged(body: dict[str, Any], query: str) -> Any:
        return (200, {"studies": [], "after": None, "total": 10}) if "after=next" in query else first

    cloud.answers["GET /studies"] = paged
    go(desk, web_origin)
    desk.get_by_role("button", name="下一页").click()
    expect(desk.get_by_text("第 2 页")).to_be_visible()
    expect(row(desk, "A261190010")).to_have_count(0)
    desk.get_by_role("button", name="上一页").click()
    expect(row(desk, "A261190010")).to_be_visible()


@pytest.mark.req("DOC-11")
def test_a_doctor_hides_a_series_and_takes_it_back(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    """With a reason, and with an undo while the hand is still on the mouse."""
    cloud.sign_in("doctor")
    go(desk, web_origin, EXAM_PAGE)
    lung = desk.get_by_role("listitem").filter(has_text="肺窗 1.25mm")
    lung.get_by_role("button", name="隐藏").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="隐藏").click()
    expect(dialog.get_by_text("请写明原因。")).to_be_visible()
    dialog.get_by_label("原因").fill("重复采集")
    hidden = {"by": "staff:chen", "at": staff_answers.NOW, "reason": "重复采集"}
    cloud.answers["POST /exams/*/series/*/hide"] = (200, {"series": SERIES[1], "hidden": hidden})
    cloud.answers["GET /exams/*"] = (200, staff_answers.an_exam(hidden=SERIES[1]))
    dialog.get_by_role("button", name="隐藏").click()
    expect(lung).to_contain_text("患者不可见")
    cloud.answers["POST /exams/*/series/*/show"] = (200, {"series": SERIES[1], "hidden": None})
    cloud.answers["GET /exams/*"] = (200, staff_answers.an_exam())
    desk.get_by_role("button", name="撤销").click()
    expect(lung).not_to_contain_text("患者不可见")
    decided = [(name.rpartition("/")[2], body) for name, body in cloud.asked if name.endswith(("/hide", "/show"))]
    assert decided == [("hide", {"reason": "重复采集"}), ("show", {"reason": "恢复显示"})]


@pytest.mark.req("DOC-10")
def test_a_doctor_corrects_a_phone_with_a_reason(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    """The old number is shown masked, the new one is checked before it is sent."""
    cloud.sign_in("doctor")
    cloud.answers["POST /exams/*/patient"] = (200, {"phone": "138****0000", "id_card": "", "corrected": ["phone"]})
    go(desk, web_origin, EXAM_PAGE)
    desk.get_by_role("button", name="更正").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_text("现为 139****5678")).to_be_visible()
    dialog.get_by_label("新的手机号").fill("1381234")
    dialog.get_by_label("原因").fill("登记时写错")
    dialog.get_by_role("button", name="保存更正").click()
    expect(dialog.get_by_text("手机号不对")).to_be_visible()
    dialog.get_by_label("新的手机号").fill("138 1234 0000")
    dialog.get_by_role("button", name="保存更正").click()
    expect(dialog).to_be_hidden()
    assert (f"POST /exams/{EXAM}/patient", {"phone": "13812340000", "reason": "登记时写错"}) in cloud.asked
    expect(desk.get_by_text("其他号码不再有效")).to_be_visible()


@pytest.mark.req("DOC-10")
def test_a_correction_to_what_stands_already_says_that_nothing_was_changed(
    desk: Page, cloud: StaffStandIn, web_origin: str
) -> None:
    """Whoever corrects because a stranger was told must not believe that it is done."""
    cloud.sign_in("doctor")
    cloud.answers["POST /exams/*/patient"] = (200, {"phone": "138****0000", "id_card": "", "corrected": []})
    go(desk, web_origin, EXAM_PAGE)
    desk.get_by_role("button", name="更正").click()
    desk.get_by_label("新的手机号").fill("13812340000")
    desk.get_by_label("原因").fill("短信发给了别人")
    desk.get_by_role("button", name="保存更正").click()
    expect(desk.get_by_text("没有改动")).to_be_visible()


@pytest.mark.req("LIFE-07")
def test_finance_corrects_a_case_by_an_entry_of_its_own(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    cloud.sign_in("finance")
    lines = cloud.answers["GET /bills/2026-10"][1]["lines"]  # type: ignore[index]
    cloud.answers["POST /bills/2026-10/corrections"] = (200, {"month": "2026-11", "line": lines[-1]})
    go(desk, web_origin, "#/bills/2026-10")
    row(desk, "A261090001").get_by_role("button", name="更正").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("增减金额").check()
    dialog.get_by_label("增减的金额").fill("-1.5")
    dialog.get_by_label("原因").fill("折扣")
    dialog.get_by_role("button", name="记入更正").click()
    expect(dialog).to_be_hidden()
    sent = [body for name, body in cloud.asked if name.endswith("/corrections")]
    assert sent == [{"exam": lines[1]["exam"], "amount": "-1.50", "reason": "折扣"}]


def test_a_page_that_a_reader_has_no_right_to_is_not_opened(desk: Page, cloud: StaffStandIn, web_origin: str) -> None:
    """An address passed on by a colleague leads to the reader's own first page; the cloud is not even asked."""
    cloud.sign_in("finance")
    go(desk, web_origin, EXAM_PAGE)
    expect(desk.get_by_role("heading", name="账单")).to_be_visible()
    assert not [name for name, _ in cloud.asked if "exams" in name]
    assert desk.url.endswith("#/bills")
