"""An exam that is kept for some days only: its patient is told once, in time, and never of what will not happen [LIFE-03]."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.core.notice.text import notice_text
from functions.core.study import changes, keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Study
from functions.lifecycle.ending import settle
from tests.handlers.patient_world import World, world_of_three
from tests.handlers.test_notify import FakeProvider
from tests.handlers.test_notify_channels import Desk, FakeAccount

pytestmark = pytest.mark.req("LIFE-03")

TENANT = "shiyi"
HOLD = {"serial": 1, "action": "place", "by": "operator", "at": "2026-11-24T06:00:00Z", "reason": "医疗纠纷"}


@pytest.fixture
def desk() -> Desk:
    """Its patient's exam of 23 December 2011 is kept for fifteen years: for thirty days yet."""
    desk = Desk(world_of_three(), FakeProvider(), FakeAccount())
    change_study(desk.world, at="2011-12-23T01:00:00Z")
    desk.rule(between_s=0)  # a second message would go out at once
    return desk


def change_study(world: World, **values: Any) -> None:
    world.change(Study, keys.study_pk(TENANT, world.cases["a"].study), "STUDY", **values)


def study_row(world: World, study: str = "") -> dict[str, Any]:
    row = world.deps.table.get(keys.study_pk(TENANT, study or world.cases["a"].study), "STUDY")
    assert row is not None
    return dict(row)


def warned(world: World, study: str = "", days: int = 30) -> dict[str, Any]:
    """The event that publish makes of a study's row once its end was told to staff."""
    row = study_row(world, study)
    (event,) = changes.events(row, {**row, "warned": [days]}, "2026-11-24T06:05:00Z")
    return dict(event)


def second_study(world: World, **values: Any) -> str:
    case = world.cases["a"]
    name = world.deps.naming.study(TENANT, "1.2.a.second")
    world.put(replace(Study.from_row(study_row(world)), study=name, study_uid="1.2.a.second", **values))
    world.change(Exam, keys.exam_pk(TENANT, case.exam), "EXAM", studies={case.study: {}, name: {}})
    return name


def test_the_patient_is_told_until_when_and_where_to_keep_a_copy(desk: Desk) -> None:
    """From the night's walk to the phone: the link opens the exam, the words tell of nobody and of nothing else."""
    before = study_row(desk.world)
    settle({"tenant": TENANT, "study": desk.world.cases["a"].study}, desk.world.deps)
    events = changes.events(before, study_row(desk.world), "2026-11-24T06:05:00Z")
    (event,) = (one for one in events if one["type"] == "study_warned")
    assert desk.deliver(event) == []
    (message,) = desk.sms.delivered
    token = desk.world.token("a")
    url = f"https://film.example/e#t={token}"
    assert (message.phone, message.occasion, message.url) == ("13800001234", "ending", url)
    assert message.text == (
        f"【佛山市示例医院】您的一份检查保存至2026年12月23日，之后删除。如需留存，请在此之前打开并下载报告和胶片：{url} "
        "打开后请输入手机号后四位。仅供本人使用，请勿转发。"
    )
    assert message.parameters == {"hospital": "佛山市示例医院", "code": token, "until": "2026年12月23日"}
    assert desk.notices()["sms"].occasion == "ending"


def test_told_again_it_is_one_message(desk: Desk) -> None:
    event = warned(desk.world)
    assert desk.deliver({**event, "replayed": True}) == []
    assert desk.sms.sent == []
    assert desk.deliver(event, event) == []
    assert len(desk.sms.sent) == 1


def test_of_two_studies_one_speaks_for_the_exam(desk: Desk) -> None:
    """Each study has its own warning, both perhaps at once; the patient has one exam."""
    first, second = sorted([desk.world.cases["a"].study, second_study(desk.world)])
    assert desk.deliver(warned(desk.world, second)) == []
    assert desk.sms.sent == []
    assert desk.deliver(warned(desk.world, first), warned(desk.world, second)) == []
    assert len(desk.sms.delivered) == 1


def test_of_two_days_the_first_is_told(desk: Desk) -> None:
    """Whoever reads a day must find everything until then."""
    earlier = second_study(desk.world, at="2011-12-10T01:00:00Z")
    assert desk.deliver(warned(desk.world), warned(desk.world, earlier), warned(desk.world)) == []
    (message,) = desk.sms.delivered
    assert "2026年12月10日" in message.text


@pytest.mark.parametrize("day", ["2011-12-10", "2011-12-22"])
def test_a_study_that_joined_after_the_exam_was_told_of_says_nothing_more(desk: Desk, day: str) -> None:
    assert desk.deliver(warned(desk.world)) == []
    assert desk.deliver(warned(desk.world, second_study(desk.world, at=f"{day}T01:00:00Z"))) == []
    assert len(desk.sms.delivered) == 1


@pytest.mark.parametrize(
    "values",
    [{"hold": HOLD}, {"at": "2011-11-20T01:00:00Z"}, {"at": "2012-06-01T01:00:00Z"}, {"expired_at": "2026-11-24T00:00:00Z"}],
    ids=["held", "over", "kept longer since", "ended"],
)
def test_nobody_is_told_of_an_end_that_does_not_come(desk: Desk, values: dict[str, Any]) -> None:
    event = warned(desk.world)
    change_study(desk.world, **values)
    assert desk.deliver(event) == []
    assert desk.sms.sent == []


def test_one_held_study_keeps_the_whole_exam_silent(desk: Desk) -> None:
    second_study(desk.world, hold=HOLD, at="2012-06-01T01:00:00Z")
    assert desk.deliver(warned(desk.world)) == []
    assert desk.sms.sent == []


def test_the_early_warning_is_for_staff_alone(desk: Desk) -> None:
    assert desk.deliver(warned(desk.world, days=90)) == []
    assert desk.sms.sent == []


def test_an_exam_that_is_not_shown_is_not_spoken_of(desk: Desk) -> None:
    desk.world.change(Exam, keys.exam_pk(TENANT, desk.world.cases["a"].exam), "EXAM", release="hidden")
    assert desk.deliver(warned(desk.world)) == []
    assert desk.sms.sent == []


def test_it_keeps_the_quiet_hours_and_goes_to_wechat_where_that_is_bound(desk: Desk) -> None:
    desk.bind()
    desk.rule(quiet_from="12:00", quiet_to="18:00")  # it is 14:05 there
    assert desk.deliver(warned(desk.world)) == []
    assert (desk.wechat.sent, desk.sms.sent) == ([], [])
    desk.world.deps.clock.advance(4 * 3600)
    (again,) = desk.woken()
    assert desk.deliver(again) == []
    (message,) = desk.wechat.delivered
    assert (message.phone, message.parameters["until"]) == ("o-zhang", "2026年12月23日")
    assert desk.sms.sent == []


def test_the_words_are_in_the_hospitals_language_or_its_own(desk: Desk) -> None:
    desk.world.change(Hospital, keys.hospital_pk(TENANT), "HOSPITAL", sms={"language": "en"})
    desk.deliver(warned(desk.world))
    (message,) = desk.sms.delivered
    assert "kept until 23 Dec 2026 and deleted after that" in message.text
    own = notice_text("ending", "zh-CN", hospital="甲", url="U", template="{hospital}存至{until}：{url} ", until="2026年12月23日")
    assert own == "甲存至2026年12月23日：U "
