"""One message per person and event, whatever is delivered twice, late, shuffled or lost [NTF-02, NTF-05]."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import dataclass, field, replace

import pytest

from functions.adapters import links as link_rows
from functions.adapters.queues import per_record
from functions.adapters.sms.port import Fate, Receipt, SmsBusy, SmsFateUnknown, SmsMessage, SmsRefused, Taken
from functions.core.access import links
from functions.core.access.links import Link
from functions.core.access.tokens import exam_code, token_digest
from functions.core.notice.notices import LEASE_S, MAX_ATTEMPTS, MAX_LOOK_UPS, SETTLE_S, Notice
from functions.core.study import changes, keys
from functions.core.study.hospitals import Hospital
from functions.core.study.records import Exam, Patient
from functions.notify.notifying import Notifier, notify
from tests.fakes import SETTINGS, sqs_event
from tests.handlers.patient_world import LINK_KEY, World, world_of_three


@dataclass
class FakeProvider:
    """Answers with `script` first, then takes everything. `delivered` is what reached phones."""

    script: list[Exception | None] = field(default_factory=list)
    fates: list[Fate | Exception] = field(default_factory=list)
    sent: list[SmsMessage] = field(default_factory=list)
    delivered: list[SmsMessage] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    receipts: list[Receipt | Exception | None] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # request id, phone, the provider's id

    def send(self, message: SmsMessage) -> Taken:
        self.sent.append(message)
        answer = self.script.pop(0) if self.script else None
        if answer is not None:
            raise answer
        self.delivered.append(message)
        return Taken(f"vendor-{len(self.delivered)}")

    def look_up(self, message: SmsMessage, tried_at: int) -> Fate:
        self.looked_up.append(message.request_id)
        answer = self.fates.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def delivery(self, message: SmsMessage, tried_at: int, vendor_id: str) -> Receipt | None:
        self.asked.append((message.request_id, message.phone, vendor_id))
        answer = self.receipts.pop(0) if self.receipts else None
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def world() -> World:
    return world_of_three()


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


def released(world: World, nick: str = "a") -> dict[str, object]:
    """The event that publish makes of the exam's row."""
    case = world.cases[nick]
    row = world.deps.table.get(keys.exam_pk(case.tenant, case.exam), "EXAM")
    held = {**row, "release": "held"}
    (event,) = changes.events(held, row, "2026-11-24T06:05:00Z")
    return event


def deliver(world: World, provider: FakeProvider, *events: object, wrapped: bool = False) -> list[str]:
    """As SQS delivers a batch; returns the ids that failed."""
    bodies = [json.dumps({"detail-type": "exam_released", "detail": event} if wrapped else event) for event in events]
    notifier = Notifier(world.deps, provider, pause=lambda _: None)
    return [
        one["itemIdentifier"]
        for one in per_record(sqs_event(*bodies), notify, notifier, world.deps.own_queue)["batchItemFailures"]
    ]


def notice(world: World, nick: str = "a") -> Notice:
    case = world.cases[nick]
    (row,) = world.deps.table.rows(keys.exam_pk(case.tenant, case.exam), "NOTICE#")
    return Notice.from_row(row)


@pytest.mark.req("NTF-02")
def test_the_sms_goes_to_the_registered_phone_with_the_link_and_nothing_else(world, provider):
    assert deliver(world, provider, released(world), wrapped=True) == []
    (message,) = provider.delivered
    assert message.phone == "13800001234"
    link = f"{SETTINGS.origin}/e#t={world.token('a')}"
    assert link in message.text
    assert message.text.startswith("【佛山市示例医院】")
    rest = message.text.replace(link, "")
    for secret in (
        "张",
        "三丰",
        "肺",
        "CT",
        "A-a",
        "1963",
        "13800001234",
        exam_code(LINK_KEY, tenant="shiyi", exam=world.cases["a"].exam),
    ):
        assert secret not in rest


@pytest.mark.req("NTF-05")
def test_a_provider_that_fails_twice_gives_one_delivery_and_three_attempts_in_the_log(world, provider):
    provider.script = [SmsBusy(reason="status 503"), SmsBusy(reason="status 503")]
    assert deliver(world, provider, released(world)) == []
    assert len(provider.delivered) == 1
    told = notice(world)
    assert (told.state, told.attempts) == ("sent", 3)
    assert [entry["event"] for entry in told.log] == ["taken", "busy", "taken", "busy", "taken", "accepted"]
    assert len({message.request_id for message in provider.sent}) == 1
    assert len({message.text for message in provider.sent}) == 1


@pytest.mark.req("NTF-02", "NTF-05")
def test_any_number_of_deliveries_in_any_order_send_one_sms_each(world, provider):
    events = [released(world, nick) for nick in "abc"]
    for order in itertools.permutations(events * 2, 4):
        assert deliver(world, provider, *order) == []
    assert sorted(message.phone for message in provider.delivered) == ["13700009999", "13800001234", "13900005678"]


@pytest.mark.req("NTF-05")
def test_deliveries_at_the_same_moment_send_one_sms(world, provider):
    event = released(world)
    gate = threading.Barrier(8)

    def one() -> None:
        gate.wait()
        deliver(world, provider, event)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(provider.sent) == 1


@pytest.mark.req("NTF-05")
def test_an_answer_that_was_lost_is_looked_up_and_not_sent_again(world, provider):
    provider.script = [SmsFateUnknown(reason="TimeoutError")]
    provider.fates = [Fate.TAKEN]
    assert deliver(world, provider, released(world)) == ["message-0"]
    assert notice(world).state == "unknown"
    assert deliver(world, provider, released(world)) == ["message-0"], "it may still be on its way"
    assert provider.looked_up == []
    world.deps.clock.advance(60)
    assert deliver(world, provider, released(world)) == []
    assert notice(world).state == "sent"
    assert provider.looked_up == [provider.sent[0].request_id]
    assert len(provider.sent) == 1


@pytest.mark.req("NTF-05")
def test_a_lost_answer_comes_again_when_it_can_be_looked_up(world, provider):
    """Coming sooner would only use up the queue's deliveries; waiting for its long timeout would leave the patient without."""
    provider.script = [SmsFateUnknown(reason="TimeoutError")]
    deliver(world, provider, released(world))
    deliver(world, provider, released(world))
    assert [pause for _, pause in world.deps.own_queue.postponed] == [SETTLE_S + 5] * 2
    world.deps.clock.advance(SETTLE_S + 5)
    provider.fates = [Fate.TAKEN]
    assert deliver(world, provider, released(world)) == []


def test_a_notice_that_another_delivery_holds_comes_again_when_its_lease_is_over(world, provider):
    event = released(world)
    fresh = Notice("shiyi", world.cases["a"].exam, event["id"], "sms", 1, state="sending", attempts=1)
    world.put(replace(fresh, changed_at=int(world.deps.clock.now().timestamp())))
    deliver(world, provider, event)
    assert [pause for _, pause in world.deps.own_queue.postponed] == [LEASE_S + 5]
    world.deps.clock.advance(LEASE_S + 5)
    assert deliver(world, provider, event) == ["message-0"]
    assert notice(world).state == "unknown", "one more delivery, after the provider has settled, looks it up"
    assert world.deps.own_queue.postponed[-1] == ("message-0", SETTLE_S + 5)


def test_an_outage_of_half_an_hour_delays_the_sms_and_nothing_more(world, provider):
    event, waited = released(world), 0
    while True:
        provider.script = [SmsBusy(reason="ConnectionRefusedError")] * (3 if waited < 1800 else 0)
        if not deliver(world, provider, event):
            break
        pause = world.deps.own_queue.postponed[-1][1]
        waited += pause
        world.deps.clock.advance(pause)
    assert notice(world).state == "sent"
    assert len(provider.delivered) == 1
    assert waited < 2 * 3600


def test_a_provider_that_cannot_tell_is_asked_again_after_minutes(world, provider):
    """Five look-ups within seconds would hand every hiccup of the provider to a person."""
    provider.script = [SmsFateUnknown(reason="TimeoutError")]
    provider.fates = [SmsBusy(reason="status 503")]
    deliver(world, provider, released(world))
    world.deps.clock.advance(60)
    deliver(world, provider, released(world))
    assert world.deps.own_queue.postponed[-1] == ("message-0", 300)


def test_a_message_that_never_arrived_is_sent_again(world, provider):
    provider.script = [SmsFateUnknown(reason="RemoteDisconnected")]
    provider.fates = [Fate.NEVER_ARRIVED]
    deliver(world, provider, released(world))
    world.deps.clock.advance(60)
    assert deliver(world, provider, released(world)) == []
    assert len(provider.sent) == 2
    assert len(provider.delivered) == 1


@pytest.mark.req("NTF-05")
def test_a_fate_that_nobody_tells_is_held_for_a_person(world, provider):
    provider.script = [SmsFateUnknown(reason="TimeoutError")]
    provider.fates = [SmsBusy(reason="status 503") for _ in range(MAX_LOOK_UPS)]
    deliver(world, provider, released(world))
    for _ in range(MAX_LOOK_UPS):
        world.deps.clock.advance(360)
        deliver(world, provider, released(world))
    assert notice(world).state == "held"
    world.deps.clock.advance(360)
    assert deliver(world, provider, released(world)) == []
    assert len(provider.sent) == 1


@pytest.mark.req("NTF-05")
def test_a_crash_while_sending_is_an_unknown_fate(world, provider):
    """The process may have died after the provider took the message."""
    event = released(world)
    fresh = Notice("shiyi", world.cases["a"].exam, event["id"], "sms", 1, state="sending", attempts=1)
    world.put(replace(fresh, changed_at=int(world.deps.clock.now().timestamp())))
    assert deliver(world, provider, event) == ["message-0"], "another delivery may be at it"
    world.deps.clock.advance(91)
    assert deliver(world, provider, event) == ["message-0"]
    world.deps.clock.advance(60)
    provider.fates = [Fate.TAKEN]
    assert deliver(world, provider, event) == []
    assert provider.sent == []
    assert notice(world).state == "sent"


def test_a_refused_message_is_not_tried_again(world, provider):
    provider.script = [SmsRefused(reason="status 400")]
    assert deliver(world, provider, released(world)) == []
    assert deliver(world, provider, released(world)) == []
    assert len(provider.sent) == 1
    assert notice(world).state == "failed"


def test_a_provider_that_is_down_for_long_is_given_up_and_said_so(world, provider):
    provider.script = [SmsBusy(reason="ConnectionRefusedError") for _ in range(100)]
    for _ in range(20):
        deliver(world, provider, released(world))
    assert len(provider.sent) == MAX_ATTEMPTS
    row = world.deps.table.get(*notice(world).key())
    (event,) = changes.events({**row, "state": "pending"}, row, "2026-11-24T07:00:00Z")
    assert event["type"] == "notice_failed"


@pytest.mark.parametrize("change", [{"release": "hidden"}, {"release": "held"}, {"release_serial": 2}])
@pytest.mark.req("EDGE-07")
def test_what_was_taken_back_meanwhile_is_not_told(world, provider, change):
    event, case = released(world), world.cases["a"]
    world.change(Exam, keys.exam_pk(case.tenant, case.exam), "EXAM", **change)
    assert deliver(world, provider, event) == []
    assert provider.sent == []


def test_a_second_release_is_a_second_event_with_the_same_link(world, provider):
    case = world.cases["a"]
    deliver(world, provider, released(world))
    world.change(Exam, keys.exam_pk(case.tenant, case.exam), "EXAM", release_serial=2)
    world.deps.clock.advance(60)
    deliver(world, provider, released(world))
    first, second = provider.delivered
    assert first.request_id != second.request_id
    assert first.text == second.text


def test_a_replayed_event_tells_nobody(world, provider):
    """A rebuild of the index sends no message."""
    assert deliver(world, provider, {**released(world), "replayed": True}) == []
    assert provider.sent == []


def test_nobody_is_told_where_no_phone_is_known(world, provider):
    world.exam("d", "shiyi", phone="")
    assert deliver(world, provider, released(world, "d")) == []
    assert provider.sent == []


@pytest.mark.req("PAT-03")
def test_a_new_sms_opens_a_locked_link(world, provider):
    case = world.cases["a"]
    now = int(world.deps.clock.now().timestamp())
    link = Link.from_row(world.deps.table.get(keys.link_pk(token_digest(world.token("a"))), "LINK"))
    for _ in range(5):
        link = links.take_try(link, now)
    world.put(link)
    deliver(world, provider, released(world))
    about = {"tenant": "shiyi", "exam": case.exam, "patient": link.patient, "channel": "sms"}
    _, opened = link_rows.standing_link(world.deps.table, LINK_KEY, **about, now=now)
    assert not links.is_locked(opened, now)
    assert opened.tries == 0


def test_a_hospital_writes_its_own_text(world, provider):
    world.change(
        Hospital,
        keys.hospital_pk("shiyi"),
        "HOSPITAL",
        sms={"template": "【市一医院】结果已出 {url} 退订回T", "language": "zh-CN"},
    )
    deliver(world, provider, released(world))
    assert provider.delivered[0].text == f"【市一医院】结果已出 {SETTINGS.origin}/e#t={world.token('a')} 退订回T"


def test_an_event_of_another_form_fails_its_record_and_only_it(world, provider):
    assert deliver(world, provider, {"type": "exam_released"}, released(world)) == ["message-0"]
    assert len(provider.delivered) == 1


def test_the_log_says_about_which_exam_and_studies_somebody_was_told(world, provider, caplog):
    deliver(world, provider, released(world))
    (line,) = [vars(one) for one in caplog.records if one.message == "notice"]
    case = world.cases["a"]
    assert (line["tenant"], line["exam"], line["studies"], line["state"]) == (case.tenant, case.exam, [case.study], "sent")


@pytest.mark.req("SEC-07")
def test_no_log_line_holds_phone_link_or_text(world, provider, capsys):
    provider.script = [SmsBusy(reason="status 503"), SmsFateUnknown(reason="TimeoutError")]
    deliver(world, provider, released(world))
    world.change(
        Patient, keys.patient_pk("shiyi", world.deps.naming.patient("shiyi", issuer="his", patient_id="a")), "PATIENT", name=""
    )
    written = "".join(capsys.readouterr())
    assert written
    for secret in ("13800001234", "1234", world.token("a"), "检查结果"):
        assert secret not in written
