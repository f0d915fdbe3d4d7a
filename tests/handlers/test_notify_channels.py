"""WeChat before SMS and never both; quiet hours, limits and set times; what a message costs [NTF-01, NTF-02, NTF-04]."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from functions.adapters import corrections
from functions.adapters.queues import per_record
from functions.adapters.secrets import FixedSecrets
from functions.adapters.sms.port import Fate, SmsBusy, SmsFateUnknown, SmsRefused
from functions.core.notice.notices import MAX_ATTEMPTS, Notice
from functions.core.notice.records import Binding
from functions.core.study import changes, keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient
from functions.notify.notifying import Notifier, notify
from functions.watch.handler import wake
from tests.fakes import NOW, sqs_event
from tests.handlers.patient_world import World, world_of_three
from tests.handlers.test_notify import FakeProvider, released


@dataclass
class FakeAccount(FakeProvider):
    app_id: str = "wx-1"


@dataclass
class Desk:
    """A hospital with an official account, and a patient who bound it."""

    world: World
    sms: FakeProvider
    wechat: FakeAccount

    def deliver(self, *events: object) -> list[str]:
        notifier = Notifier(self.world.deps, self.sms, pause=lambda _: None, wechat=lambda _: self.wechat)
        bodies = [json.dumps(event) for event in events]
        answer = per_record(sqs_event(*bodies), notify, notifier, self.world.deps.own_queue)
        return [one["itemIdentifier"] for one in answer["batchItemFailures"]]

    def bind(self, nick: str = "a", **more: object) -> None:
        patient = self.world.deps.naming.patient("shiyi", issuer="his", patient_id=nick)
        bound_at = int(self.world.deps.clock.now().timestamp())
        self.world.put(replace(Binding("shiyi", patient, "w" * 64, "wx-1", "o-zhang", bound_at), **more))

    def rule(self, **notice: object) -> None:
        self.world.change(Hospital, keys.hospital_pk("shiyi"), "HOSPITAL", notice=notice)

    def notices(self) -> dict[str, Notice]:
        rows = self.world.deps.table.rows(keys.exam_pk("shiyi", self.world.cases["a"].exam), "NOTICE#")
        return {one.channel: one for one in map(Notice.from_row, rows)}

    def woken(self) -> list[object]:
        """What the clock's next ring puts on the bus."""
        before = len(self.world.deps.bus.events)
        wake(self.world.deps)
        return list(self.world.deps.bus.events[before:])


@pytest.fixture
def desk() -> Desk:
    return Desk(world_of_three(), FakeProvider(), FakeAccount())


@pytest.mark.req("NTF-01")
def test_who_bound_a_wechat_account_is_told_there_and_gets_no_sms(desk: Desk) -> None:
    desk.bind()
    assert desk.deliver(released(desk.world)) == []
    (message,) = desk.wechat.delivered
    assert (message.phone, message.url) == ("o-zhang", f"https://film.example/e#t={desk.world.token('a')}")
    assert desk.sms.sent == []
    assert {name: one.state for name, one in desk.notices().items()} == {"wechat": "sent"}


@pytest.mark.req("NTF-01")
@pytest.mark.parametrize("more", [{"unbound_at": 1}, {"account": "wx-other"}])
def test_who_unbound_it_or_bound_another_account_gets_an_sms(desk: Desk, more: dict[str, object]) -> None:
    desk.bind(**more)
    desk.deliver(released(desk.world))
    assert (len(desk.wechat.sent), len(desk.sms.delivered)) == (0, 1)


@pytest.mark.req("NTF-01", "DOC-10")
def test_who_bound_it_before_the_phone_was_corrected_is_told_of_nothing_more(desk: Desk) -> None:
    desk.bind()
    desk.world.deps.clock.advance(60)
    patient = desk.world.deps.naming.patient("shiyi", issuer="his", patient_id="a")
    corrections.correct(desk.world.deps, "shiyi", patient, {"phone": "13900004321"}, by="staff:1", reason="x")
    desk.deliver(released(desk.world))
    assert desk.wechat.sent == []
    assert [one.phone for one in desk.sms.delivered] == ["13900004321"]


@pytest.mark.req("NTF-01", "NTF-05")
def test_who_follows_the_account_no_longer_gets_an_sms_with_the_same_link(desk: Desk) -> None:
    desk.bind()
    desk.wechat.script = [SmsRefused(reason="errcode 43004")]
    assert desk.deliver(released(desk.world), released(desk.world)) == []
    assert len(desk.wechat.sent) == 1
    (message,) = desk.sms.delivered
    assert desk.world.token("a") in message.text
    assert {name: one.state for name, one in desk.notices().items()} == {"wechat": "failed", "sms": "sent"}


@pytest.mark.req("NTF-05")
def test_a_wechat_message_of_unknown_fate_leads_to_no_sms_beside_it(desk: Desk) -> None:
    """It may have arrived: two messages about one thing frighten."""
    desk.bind()
    desk.wechat.script = [SmsFateUnknown(reason="TimeoutError")]
    assert desk.deliver(released(desk.world)) == ["message-0"]
    desk.world.deps.clock.advance(60)
    desk.wechat.fates = [SmsBusy(reason="cannot_tell") for _ in range(5)]
    for _ in range(5):
        desk.deliver(released(desk.world))
        desk.world.deps.clock.advance(360)
    assert desk.deliver(released(desk.world)) == []
    assert desk.notices()["wechat"].state == "held"
    assert desk.sms.sent == []


@pytest.mark.req("NTF-01", "NTF-05")
@pytest.mark.parametrize("is_answer_lost", [False, True])
def test_who_binds_an_account_after_the_sms_is_not_told_a_second_time(desk: Desk, is_answer_lost: bool) -> None:
    """The page that the SMS leads to offers just that, and an event is delivered again."""
    event = released(desk.world)
    desk.sms.script = [SmsFateUnknown(reason="TimeoutError")] if is_answer_lost else []
    assert desk.deliver(event) == (["message-0"] if is_answer_lost else [])
    desk.world.deps.clock.advance(60)
    desk.bind()
    desk.sms.fates = [Fate.TAKEN]
    assert desk.deliver(event, event) == []
    assert (len(desk.sms.sent), desk.wechat.sent) == (1, [])
    assert {name: one.state for name, one in desk.notices().items()} == {"sms": "sent"}


@pytest.mark.req("NTF-01", "NTF-05")
@pytest.mark.parametrize(("is_answer_lost", "stands"), [(False, "sent"), (True, "held")])
def test_who_unbinds_after_a_wechat_message_gets_no_sms_beside_it(desk: Desk, is_answer_lost: bool, stands: str) -> None:
    """What may have arrived there nobody can be asked: a person looks."""
    event = released(desk.world)
    desk.bind()
    desk.wechat.script = [SmsFateUnknown(reason="TimeoutError")] if is_answer_lost else []
    desk.deliver(event)
    desk.world.deps.clock.advance(60)
    desk.bind(unbound_at=1)
    assert desk.deliver(event, event) == []
    assert (len(desk.wechat.sent), desk.sms.sent) == (1, [])
    assert {name: one.state for name, one in desk.notices().items()} == {"wechat": stands}


@pytest.mark.req("NTF-01", "NTF-02")
def test_who_unbinds_while_a_wechat_message_waits_for_the_morning_gets_an_sms(desk: Desk) -> None:
    desk.rule(quiet_from="14:05", quiet_to="16:00")
    desk.bind()
    desk.deliver(released(desk.world))
    desk.bind(unbound_at=1)
    desk.world.deps.clock.advance(7200)
    assert desk.deliver(*desk.woken()) == []
    assert (desk.wechat.sent, len(desk.sms.delivered)) == ([], 1)


def test_a_wechat_that_is_down_for_long_gives_way_to_sms(desk: Desk) -> None:
    desk.bind()
    desk.wechat.script = [SmsBusy(reason="status 503") for _ in range(MAX_ATTEMPTS)]
    while desk.deliver(released(desk.world)):
        desk.world.deps.clock.advance(600)
    assert len(desk.sms.delivered) == 1


@pytest.mark.req("NTF-01")
def test_a_hospital_may_want_both(desk: Desk) -> None:
    desk.bind()
    desk.rule(both=True)
    desk.deliver(released(desk.world), released(desk.world))
    assert (len(desk.wechat.delivered), len(desk.sms.delivered)) == (1, 1)


@pytest.mark.req("NTF-01")
def test_who_has_no_phone_but_a_wechat_account_is_told(desk: Desk) -> None:
    patient = desk.world.deps.naming.patient("shiyi", issuer="his", patient_id="d")
    case = desk.world.exam("d", "shiyi", phone="")
    desk.bind("d")
    assert desk.deliver(released(desk.world, "d")) == []
    assert len(desk.wechat.delivered) == 1
    assert desk.world.deps.table.get(keys.quarantine_pk("shiyi"), keys.quarantine_sk("notice", case.exam)) is None
    assert patient


@pytest.mark.req("NTF-02")
def test_at_night_a_notice_waits_for_the_morning_and_goes_then_once(desk: Desk) -> None:
    """NOW is 14:05 in China."""
    desk.rule(quiet_from="14:05", quiet_to="16:00")
    event = released(desk.world)
    assert desk.deliver(event, event) == []
    assert desk.sms.sent == []
    told = desk.notices()["sms"]
    assert (told.state, told.not_before) == ("pending", int(datetime(2026, 11, 24, 8, 0, tzinfo=UTC).timestamp()))
    desk.world.deps.clock.advance(115 * 60 - 1)
    assert desk.woken() == []
    desk.world.deps.clock.advance(1)
    assert desk.woken() == [event]
    assert desk.woken() == []
    assert desk.deliver(event, event) == []
    assert len(desk.sms.delivered) == 1


@pytest.mark.req("NTF-02", "EDGE-07")
def test_what_was_taken_back_while_its_notice_waited_is_not_told(desk: Desk) -> None:
    desk.rule(quiet_from="14:00", quiet_to="16:00")
    event, case = released(desk.world), desk.world.cases["a"]
    desk.deliver(event)
    desk.world.change(Exam, keys.exam_pk("shiyi", case.exam), "EXAM", release="hidden")
    desk.world.deps.clock.advance(7200)
    assert desk.deliver(*desk.woken()) == []
    assert desk.sms.sent == []


@pytest.mark.req("NTF-02")
def test_a_phone_gets_no_second_message_within_a_minute_and_no_more_than_its_limit_a_day(desk: Desk) -> None:
    """Providers block a number that is written to too often, and then its next exam, too."""
    desk.rule(daily_limit=2)
    case, told = desk.world.cases["a"], []
    for serial in (1, 2, 3):
        desk.world.change(Exam, keys.exam_pk("shiyi", case.exam), "EXAM", release_serial=serial)
        told.append(released(desk.world))
        assert desk.deliver(told[-1]) == []
        assert len(desk.sms.sent) == min(serial, 2)
        desk.world.deps.clock.advance(60)
    desk.world.deps.clock.advance(86400 - 180)
    assert desk.deliver(*desk.woken()) == []
    assert len(desk.sms.delivered) == 3


@pytest.mark.req("NTF-02")
def test_a_hospital_whose_provider_takes_more_may_write_to_a_phone_sooner(desk: Desk) -> None:
    desk.rule(between_s=5)
    case = desk.world.cases["a"]
    for serial in (1, 2):
        desk.world.change(Exam, keys.exam_pk("shiyi", case.exam), "EXAM", release_serial=serial)
        assert desk.deliver(released(desk.world)) == []
    assert len(desk.sms.sent) == 1
    desk.world.deps.clock.advance(5)
    assert desk.deliver(*desk.woken()) == []
    assert len(desk.sms.sent) == 2


@pytest.mark.req("NTF-02")
def test_what_one_hospital_sends_to_a_phone_does_not_keep_anothers_message_waiting(desk: Desk) -> None:
    """Each writes in its own name; what providers count is a name's messages to a number."""
    tenant = desk.world.cases["c"].tenant
    patient = desk.world.deps.naming.patient(tenant, issuer="his", patient_id="c")
    desk.world.change(Patient, keys.patient_pk(tenant, patient), "PATIENT", phone=desk.world.cases["a"].phone)
    desk.deliver(released(desk.world, "a"), released(desk.world, "c"))
    assert [message.phone for message in desk.sms.delivered] == ["13800001234"] * 2


def test_another_phone_is_not_slowed_down(desk: Desk) -> None:
    desk.deliver(released(desk.world, "a"), released(desk.world, "b"), released(desk.world, "c"))
    assert len(desk.sms.delivered) == 3


def test_no_row_holds_a_phones_number(desk: Desk) -> None:
    desk.deliver(released(desk.world))
    written = [json.dumps(row, ensure_ascii=False) for row in desk.world.deps.table.everything() if row["kind"] == "sends"]
    assert len(written) == 1
    assert "13800001234" not in written[0]


def test_what_a_message_costs_stands_in_its_row_and_in_the_journal(desk: Desk) -> None:
    values = replace(desk.world.deps.secrets.values(), sms={"provider": "fake", "price": "0.045"})
    desk.world.deps.secrets = FixedSecrets(values)
    desk.deliver(released(desk.world))
    told = desk.notices()["sms"]
    (event,) = changes.events({**told.to_row(), "state": "sending"}, told.to_row(), "2026-11-24T06:05:00Z")
    assert (event["body"]["cost"], event["body"]["vendor_id"]) == ("0.090", "vendor-1")


def test_a_hospitals_own_template_goes_by_its_id(desk: Desk) -> None:
    desk.rule(templates={"released/sms/zh-CN": "SMS_77", "released/wechat/zh-CN": "T-77"})
    desk.deliver(released(desk.world))
    (message,) = desk.sms.delivered
    assert (message.template, message.parameters["code"]) == ("SMS_77", desk.world.token("a"))
    assert message.text.startswith("【佛山市示例医院】")


def test_now_is_afternoon_in_china() -> None:
    """What the tests of quiet hours stand on."""
    assert (NOW.hour, NOW.minute) == (6, 5)
