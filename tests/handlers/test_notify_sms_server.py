"""The generic HTTP provider against the local gateway, over a real socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from functions.adapters.clock import FakeClock, SystemClock
from functions.adapters.sms.generic_http import GenericHttp
from functions.adapters.sms.port import Fate, Receipt, SmsBusy, SmsFateUnknown, SmsMessage, SmsRefused
from functions.adapters.sms.providers import provider
from functions.core.notice.receipts import Delivery
from iac.local.sms_server import UNREACHABLE, Inbox, create_app
from tests.cloud import eventually
from tests.fakes import NOW

KEY = bytes(range(32))
MESSAGE = SmsMessage("request-1", "13800001234", "【市一】结果已可查看：https://film.example.cn/e#t=abc 请勿转发")


class Running:
    """The gateway on a free port of 127.0.0.1."""

    def __init__(self, folder: Path, faults: Iterator[int] | None = None) -> None:
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.server = uvicorn.Server(
            uvicorn.Config(create_app(folder, {"local": KEY}, faults), log_level="warning", lifespan="off")
        )
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]}, daemon=True)
        self.thread.start()

    def provider(self, key: bytes = KEY) -> GenericHttp:
        return GenericHttp({"url": self.url, "key_id": "local", "key": key.hex()}, SystemClock())

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.listener.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.stop()


@pytest.mark.req("NTF-02")
def test_a_message_arrives_and_is_found_by_its_request_id(gateway, tmp_path):
    sender = gateway.provider()
    assert sender.look_up(MESSAGE, 0) is Fate.NEVER_ARRIVED
    sender.send(MESSAGE)
    assert sender.look_up(MESSAGE, 0) is Fate.TAKEN
    (message,) = Inbox(tmp_path).all()
    assert (message["phone"], message["text"]) == (MESSAGE.phone, MESSAGE.text)


@pytest.mark.req("NTF-05")
def test_the_same_request_id_is_the_same_message(gateway, tmp_path):
    sender = gateway.provider()
    for _ in range(3):
        sender.send(MESSAGE)
    (message,) = Inbox(tmp_path).all()
    assert message["sends"] == 3, "what is sent once too often is seen"


@pytest.mark.req("NTF-05")
def test_a_message_arrives_after_a_moment_and_at_a_dead_phone_never(gateway):
    sender, dead = gateway.provider(), SmsMessage("request-2", UNREACHABLE, "x")
    for one in (MESSAGE, dead):
        sender.send(one)
        assert sender.delivery(one, 0, "") is None
    assert eventually(lambda: sender.delivery(MESSAGE, 0, "")) == Receipt(Delivery.DELIVERED, "DELIVRD")
    assert eventually(lambda: sender.delivery(dead, 0, "")) == Receipt(Delivery.UNDELIVERED, "UNDELIV")


def test_a_wrong_key_is_refused(gateway, tmp_path):
    with pytest.raises(SmsRefused):
        gateway.provider(key=bytes(32)).send(MESSAGE)
    assert Inbox(tmp_path).all() == []


def test_a_signature_of_another_day_is_refused(gateway):
    stale = GenericHttp({"url": gateway.url, "key_id": "local", "key": KEY.hex()}, FakeClock(NOW.replace(year=2020)))
    with pytest.raises(SmsRefused):
        stale.send(MESSAGE)


def test_a_number_that_is_none_is_refused_for_good(gateway):
    with pytest.raises(SmsRefused):
        gateway.provider().send(SmsMessage("request-2", "call me", "x"))


def test_a_gateway_that_is_busy_has_taken_nothing_and_one_behind_a_proxy_may_have(tmp_path):
    gateway = Running(tmp_path, iter([503, 504]))
    try:
        with pytest.raises(SmsBusy):
            gateway.provider().send(MESSAGE)
        with pytest.raises(SmsFateUnknown):
            gateway.provider().send(MESSAGE)
        gateway.provider().send(MESSAGE)
    finally:
        gateway.stop()


def test_a_gateway_that_is_not_there_has_surely_taken_nothing():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(SmsBusy):
            GenericHttp({"url": url, "key_id": "local", "key": KEY.hex()}, SystemClock()).send(MESSAGE)


@pytest.mark.req("NTF-05")
def test_an_answer_that_breaks_off_leaves_the_fate_unknown():
    """The request went out; whether it was read nobody knows."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(SmsFateUnknown):
            GenericHttp({"url": url, "key_id": "local", "key": KEY.hex()}, SystemClock()).send(MESSAGE)
        thread.join()


@pytest.mark.parametrize("counted", [True, False])
def test_messages_outlive_the_gateway_and_the_phone_lists_them(tmp_path, counted):
    """Also those that a demo kept before it counted how often each was sent: its phone opened no more."""
    import urllib.request

    first = Running(tmp_path)
    first.provider().send(MESSAGE)
    first.stop()
    if not counted:
        next(tmp_path.glob("*.sends")).unlink()
    second = Running(tmp_path)
    try:
        with urllib.request.urlopen(f"{second.url}/feed") as answer:
            feed = json.load(answer)
        assert [message["text"] for message in feed["messages"]] == [MESSAGE.text]
        with urllib.request.urlopen(second.url) as answer:
            assert "text/html" in answer.headers["Content-Type"]
    finally:
        second.stop()


def test_plain_http_is_for_this_machine_only():
    with pytest.raises(ValueError, match="https"):
        GenericHttp({"url": "http://sms.example.cn", "key_id": "k", "key": "00"}, SystemClock())


def test_a_deployment_without_sms_settings_sends_none():
    assert provider({}, SystemClock()) is None
    with pytest.raises(KeyError):
        provider({"provider": "pigeon"}, SystemClock())


def test_a_message_never_shows_itself_in_a_log():
    assert "138" not in repr(MESSAGE)
    assert "film" not in repr(MESSAGE)
