"""Alibaba's, Tencent's and WeChat's own protocols against servers that check them, over real sockets [NTF-02, NTF-05]."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from functions.adapters.clock import FakeClock
from functions.adapters.sms.aliyun import LISTED_AFTER_S, Aliyun
from functions.adapters.sms.port import Fate, Receipt, SmsBusy, SmsFateUnknown, SmsMessage, SmsProvider, SmsRefused
from functions.adapters.sms.tencent import Tencent
from functions.adapters.table.memory import MemoryTable
from functions.adapters.wechat.official_account import SAME_NAME_S, OfficialAccount, account_of
from functions.core.errors import WechatRefused
from functions.core.notice.receipts import Delivery
from tests.fakes import NOW
from tests.handlers.sms_vendors import HANG_UP, AliyunServer, TencentServer, Vendor, WechatServer

TOKEN = "0Abc" * 6 + "xyz"
AT = int(NOW.timestamp())


def message(to: str = "13800001234") -> SmsMessage:
    parameters = {"hospital": "佛山市示例医院", "code": TOKEN}
    return SmsMessage("r" * 32, to, "…", url=f"https://film.example/e#t={TOKEN}", parameters=parameters)


class Bench:
    """The three services, each with our side of it."""

    def __init__(self, stack: ExitStack) -> None:
        self.clock, self.table = FakeClock(NOW), MemoryTable()
        wall = lambda: self.clock.now().timestamp()  # noqa: E731
        self.aliyun, self.tencent, self.wechat = AliyunServer(clock=wall), TencentServer(clock=wall), WechatServer()
        for server in (self.aliyun, self.tencent, self.wechat):
            stack.enter_context(server.listening())

    def by_aliyun(self, **more: Any) -> Aliyun:
        settings = {"access_key_id": "LTAI-test", "access_key_secret": "aliyun-secret", "sign_name": "示例医院"}
        return Aliyun({**settings, "templates": {"released/zh-CN": "SMS_1"}, "endpoint": self.aliyun.url, **more}, self.clock)

    def by_tencent(self, **more: Any) -> Tencent:
        settings = {"secret_id": "AKID-test", "secret_key": "tencent-secret", "app_id": "1400006666", "sign_name": "示例医院"}
        return Tencent({**settings, "templates": {"released/zh-CN": "17"}, "endpoint": self.tencent.url, **more}, self.clock)

    def by_wechat(self, **more: Any) -> OfficialAccount:
        settings = {"app_id": "wx-test", "secret": "wechat-secret", "templates": {"released/zh-CN": "T-1"}}
        return OfficialAccount({**settings, "endpoint": self.wechat.url, **more}, self.clock, self.table)

    def each(self) -> list[tuple[SmsProvider, Vendor, SmsMessage]]:
        return [
            (self.by_aliyun(), self.aliyun, message()),
            (self.by_tencent(), self.tencent, message()),
            (self.by_wechat(), self.wechat, message("o-zhang")),
        ]


@pytest.fixture
def bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(stack)


@pytest.mark.req("NTF-02")
def test_alibaba_takes_the_template_with_the_links_code_as_its_parameter(bench: Bench) -> None:
    """No address may stand in a parameter: the approved words hold it, and end it with the code."""
    assert bench.by_aliyun().send(message()).vendor_id == "biz^0"
    (sent,) = bench.aliyun.messages
    assert (sent["PhoneNumbers"], sent["SignName"], sent["TemplateCode"]) == ("13800001234", "示例医院", "SMS_1")
    assert sent["parameters"] == {"hospital": "佛山市示例医院", "code": TOKEN}


@pytest.mark.req("NTF-02")
def test_tencent_takes_the_numbers_country_and_numbered_parameters(bench: Bench) -> None:
    assert bench.by_tencent().send(message()).parts == 2
    (sent,) = bench.tencent.messages
    assert sent["PhoneNumberSet"] == ["+8613800001234"]
    assert sent["TemplateParamSet"] == ["佛山市示例医院", TOKEN]


@pytest.mark.req("NTF-01")
def test_wechat_takes_a_template_message_that_opens_the_link(bench: Bench) -> None:
    assert bench.by_wechat().send(message("o-zhang")).vendor_id == "1"
    (sent,) = bench.wechat.messages
    assert (sent["touser"], sent["template_id"], sent["url"]) == ("o-zhang", "T-1", message().url)
    assert sent["data"] == {"thing1": {"value": "佛山市示例医院"}}


def test_a_wrong_secret_is_refused_by_every_service(bench: Bench) -> None:
    wrong = [bench.by_aliyun(access_key_secret="x"), bench.by_tencent(secret_key="x"), bench.by_wechat(secret="x")]
    for provider in wrong:
        with pytest.raises(SmsRefused):
            provider.send(message("o-zhang"))
    assert bench.aliyun.messages == bench.tencent.messages == bench.wechat.messages == []


def test_a_message_without_an_approved_template_never_leaves(bench: Bench) -> None:
    for provider in (bench.by_aliyun(templates={}), bench.by_tencent(templates={}), bench.by_wechat(templates={})):
        with pytest.raises(SmsRefused):
            provider.send(message())
    assert bench.aliyun.calls == bench.tencent.calls == bench.wechat.calls == []


@pytest.mark.req("NTF-05")
def test_an_answer_that_was_lost_leaves_the_fate_unknown_at_every_service(bench: Bench) -> None:
    for provider, server, one in bench.each():
        if isinstance(server, WechatServer):
            bench.by_wechat().send(message("o-zhang"))  # the token is here: what is lost is the message's own answer
        server.script = [HANG_UP]
        with pytest.raises(SmsFateUnknown):
            provider.send(one)
        assert len(server.messages) == 1


@pytest.mark.req("NTF-05")
def test_half_an_answer_or_a_gateways_page_leaves_the_fate_unknown(bench: Bench) -> None:
    bench.by_wechat().send(message("o-zhang"))
    for provider, server, one in bench.each():
        for answer in ((200, {}), (502, {})):
            server.script = [answer]
            with pytest.raises(SmsFateUnknown):
                provider.send(one)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", SmsBusy),
        ("Throttling.User", SmsBusy),
        ("isv.AMOUNT_NOT_ENOUGH", SmsBusy),
        ("isp.SYSTEM_ERROR", SmsFateUnknown),
        ("isv.MOBILE_NUMBER_ILLEGAL", SmsRefused),
        ("isv.SMS_TEMPLATE_ILLEGAL", SmsRefused),
        ("SignatureDoesNotMatch", SmsRefused),
    ],
)
def test_alibabas_codes_say_whether_to_wait_ask_or_give_up(bench: Bench, code: str, kind: type[Exception]) -> None:
    bench.aliyun.script = [(200, {"Code": code})]
    with pytest.raises(kind):
        bench.by_aliyun().send(message())


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", SmsBusy),
        ("FailedOperation.InsufficientBalanceInSmsPackage", SmsBusy),
        ("InternalError.Timeout", SmsFateUnknown),
        ("InvalidParameterValue.IncorrectPhoneNumber", SmsRefused),
        ("FailedOperation.PhoneNumberInBlacklist", SmsRefused),
    ],
)
def test_tencents_codes_say_whether_to_wait_ask_or_give_up(bench: Bench, code: str, kind: type[Exception]) -> None:
    """Also where the call as a whole succeeded and only its one number did not."""
    bench.tencent.code = code
    with pytest.raises(kind):
        bench.by_tencent().send(message())
    bench.tencent.script = [(200, {"Response": {"Error": {"Code": code}}})]
    with pytest.raises(kind):
        bench.by_tencent().send(message())


def test_wechats_codes_say_whether_to_wait_ask_or_give_up(bench: Bench) -> None:
    bench.by_wechat().send(message("o-zhang"))
    for code, kind in ((45011, SmsBusy), (-1, SmsFateUnknown), (43004, SmsRefused), (43101, SmsRefused), (45009, SmsRefused)):
        bench.wechat.script = [(200, {"errcode": code})]
        with pytest.raises(kind):
            bench.by_wechat().send(message("o-zhang"))


@pytest.mark.req("NTF-05")
def test_alibaba_is_asked_by_our_own_name_and_says_never_arrived_only_when_its_list_is_complete(bench: Bench) -> None:
    sender = bench.by_aliyun()
    with pytest.raises(SmsBusy):
        sender.look_up(message(), AT)
    bench.clock.advance(LISTED_AFTER_S)
    assert sender.look_up(message(), AT) is Fate.NEVER_ARRIVED
    bench.clock.advance(-LISTED_AFTER_S)
    sender.send(message())
    assert sender.look_up(message(), AT) is Fate.TAKEN
    bench.aliyun.messages[0]["status"] = 2
    assert sender.look_up(message(), AT) is Fate.REFUSED


@pytest.mark.req("NTF-05")
def test_alibaba_counts_days_in_china(bench: Bench) -> None:
    """NOW is 14:05 there; ten hours later it is tomorrow there and today in UTC."""
    bench.clock.advance(10 * 3600 + 1800)
    bench.by_aliyun().send(message())
    assert bench.by_aliyun().look_up(message(), AT + 10 * 3600 + 1800) is Fate.TAKEN


@pytest.mark.req("NTF-05")
def test_tencent_cannot_say_that_a_message_never_arrived(bench: Bench) -> None:
    """It lists only what a carrier has answered: silence is no leave to send again."""
    sender = bench.by_tencent()
    sender.send(message())
    bench.clock.advance(7200)
    with pytest.raises(SmsBusy):
        sender.look_up(message(), AT)
    bench.tencent.receipts["r" * 32] = "SUCCESS"
    assert sender.look_up(message(), AT) is Fate.TAKEN


@pytest.mark.req("NTF-05")
def test_wechat_sends_a_repeated_name_once_and_may_be_repeated_only_as_long_as_it_remembers(bench: Bench) -> None:
    sender = bench.by_wechat()
    sender.send(message("o-zhang"))
    assert sender.look_up(message("o-zhang"), AT) is Fate.NEVER_ARRIVED
    sender.send(message("o-zhang"))
    assert len(bench.wechat.messages) == 1
    bench.clock.advance(SAME_NAME_S)
    with pytest.raises(SmsBusy):
        sender.look_up(message("o-zhang"), AT)


def test_receipts_tell_what_the_carrier_said(bench: Bench) -> None:
    ali, ten = bench.by_aliyun(), bench.by_tencent()
    biz, serial = ali.send(message()).vendor_id, ten.send(message()).vendor_id
    assert (ali.delivery(message(), AT, biz), ten.delivery(message(), AT, serial)) == (None, None)
    bench.aliyun.messages[0] |= {"status": 3, "code": "DELIVERED"}
    bench.tencent.receipts["r" * 32] = "FAIL"
    bench.clock.advance(3 * 86400)  # a phone that was off for so long
    assert ali.delivery(message(), AT, biz) == Receipt(Delivery.DELIVERED, "DELIVERED")
    assert ten.delivery(message(), AT, serial) == Receipt(Delivery.UNDELIVERED, "MK:0001")


@pytest.mark.req("NTF-05")
def test_a_receipt_that_cannot_be_had_is_no_receipt(bench: Bench) -> None:
    """Throttled, half an answer, a gateway's page, a line that broke: nothing is known, and it can be asked again."""
    for provider, server in ((bench.by_aliyun(), bench.aliyun), (bench.by_tencent(), bench.tencent)):
        provider.send(message())
        throttled = {"Code": "Throttling.User", "Response": {"Error": {"Code": "RequestLimitExceeded"}}}
        for answer in ((400, throttled), (200, {}), (502, {}), HANG_UP):
            server.script = [answer]
            with pytest.raises(SmsBusy):
                provider.delivery(message(), AT, "")


@pytest.mark.req("NTF-01", "NTF-05")
def test_an_access_token_is_shared_and_one_that_ended_is_replaced_once(bench: Bench) -> None:
    bench.by_wechat().send(message("o-zhang"))
    bench.by_wechat().send(message("o-zhang"))
    assert bench.wechat.calls.count("/cgi-bin/stable_token") == 1
    bench.wechat.rotate()  # somebody else asked for a new one
    bench.by_wechat().send(message("o-zhang"))
    assert bench.wechat.calls.count("/cgi-bin/stable_token") == 2
    bench.clock.advance(7200)
    bench.by_wechat().send(message("o-zhang"))
    assert bench.wechat.calls.count("/cgi-bin/stable_token") == 3


def test_a_token_that_wechat_itself_gave_and_refuses_is_made_anew(bench: Bench) -> None:
    bench.by_wechat().send(message("o-zhang"))
    bench.wechat.script = [(200, {"errcode": 40001})]
    bench.by_wechat().send(message("o-zhang"))
    assert bench.wechat.tokens == 2


def test_a_login_code_tells_an_open_id_once(bench: Bench) -> None:
    bench.wechat.codes["c-1"] = "o-zhang"
    assert bench.by_wechat().open_id("c-1") == "o-zhang"
    for code in ("c-1", "forged"):
        with pytest.raises(WechatRefused):
            bench.by_wechat().open_id(code)


def test_a_hospitals_own_account_comes_before_the_deployments(bench: Bench) -> None:
    settings = {"shiyi": {"app_id": "own", "secret": "s"}, "*": {"app_id": "all", "secret": "s"}}
    chosen = [account_of(settings, tenant, bench.clock, bench.table) for tenant in ("shiyi", "eryuan")]
    assert [one.app_id for one in chosen if one] == ["own", "all"]
    assert account_of({}, "shiyi", bench.clock, bench.table) is None
