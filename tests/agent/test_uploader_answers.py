"""Sending to a cloud and a vault that refuse, fail, forget or do not finish: what will pass is waited out, the rest is parked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.heartbeat import Heartbeat
from edge_agent.spool.states import State
from edge_agent.uploader import ASK_SLOWEST_S
from tests.agent.building import STUDY, Clock, image, keep
from tests.agent.cloud_server import name_of, validator
from tests.agent.uploading import agent, send_next, spooled, states


def test_failures_are_waited_out_with_growing_pauses(tmp_path, cloud):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse = lambda route, body: (500, {}) if route == "grants" else None
        waits = []
        for _ in range(4):
            assert send_next(spool, uploader)
            assert not send_next(spool, uploader)
            waits.append(spool.shipments[0].not_before_s - clock.now)
            clock.now = spool.shipments[0].not_before_s
        assert waits == pytest.approx([0.5, 1, 2, 4])
        assert uploader.trouble.error.code == "CloudUnreachable"
        cloud.refuse = lambda route, body: None
        assert send_next(spool, uploader)
        assert uploader.trouble.error is None
        assert states(spool) == {State.UPLOADED}


def test_a_quarantined_manifest_parks_its_objects_with_the_reason(tmp_path, cloud):
    clock = Clock()
    cloud.verdict = lambda sha256, body: {"state": "quarantined", "reason": "parcel_damaged"}
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        uploader.ask()
        assert states(spool) == {State.PARKED}
        assert spool.items[0].reason == "parcel_damaged"
        assert spool.object_path(0).exists()


def test_a_manifest_that_the_cloud_lost_is_sent_again(tmp_path, cloud):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        cloud.states.clear()
        cloud.objects.clear()
        uploader.ask()
        assert states(spool) == {State.PACKED}
        send_next(spool, uploader)
        uploader.ask()
        assert states(spool) == {State.SENT}


def test_a_refusal_for_good_parks_and_the_next_shipment_goes_on(tmp_path, cloud):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse = lambda route, body: (400, {"code": "document_invalid"}) if route == "manifests" else None
        send_next(spool, uploader)
        assert states(spool) == {State.PARKED}
        assert spool.items[0].reason == "400 document_invalid"
        cloud.refuse = lambda route, body: None
        spooled(spool, clock, 2)
        packer.pack_next()
        send_next(spool, uploader)
        assert spool.items[max(spool.items)].state is State.UPLOADED


def test_a_cloud_that_was_set_up_anew_is_believed_about_its_names(tmp_path, cloud):
    """Names are the cloud's; a manifest with yesterday's names would be quarantined."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spool.name({STUDY: "a" * 32, "1.2.3.4.1": "b" * 32})
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        assert states(spool) == {State.PACKED}
        assert not cloud.objects
        clock.now += 1
        send_next(spool, uploader)
        assert states(spool) == {State.UPLOADED}
        assert cloud.documents("manifest")[0]["study"] == name_of(STUDY)


# -- what the vault says


@pytest.mark.parametrize("code", ["RequestTimeout", "IncompleteBody", "ExpiredToken", ""])
def test_an_answer_of_400_that_will_pass_is_waited_out(tmp_path, cloud, code):
    """S3 says 400 to a slow link and to an expired session too; parked, it would wait for a person."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse_put = lambda kind: (400, code)
        send_next(spool, uploader)
        assert states(spool) == {State.PACKED}
        cloud.refuse_put = lambda kind: None
        clock.now += 1
        send_next(spool, uploader)
        assert states(spool) == {State.UPLOADED}


@pytest.mark.parametrize("code", ["BadDigest", "EntityTooLarge"])
def test_an_object_that_the_vault_never_takes_is_parked(tmp_path, cloud, code):
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse_put = lambda kind: (400, code)
        send_next(spool, uploader)
        assert states(spool) == {State.PARKED}
        assert spool.items[0].reason == f"400 {code}"


def test_nothing_is_put_to_an_address_that_others_can_listen_to(tmp_path, cloud):
    clock = Clock()
    cloud.vault_url = "http://vault.example"
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        assert states(spool) == {State.PACKED}
        assert "not https" in str(uploader.trouble.error)


# -- what the cloud does not finish


def test_what_stays_queued_is_confirmed_again_and_shown(tmp_path, cloud):
    """A message may be lost, or lie with the cloud's dead letters; asking alone would go on for ever."""
    clock = Clock()
    cloud.verdict = lambda sha256, body: {"state": "queued"}
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)

        def confirmed() -> int:
            return [route for route, _ in cloud.requests].count("manifests")

        clock.now += 599
        uploader.ask()
        assert confirmed() == 1
        clock.now += 2
        uploader.ask()
        uploader.ask()
        assert confirmed() == 2
        facts = Heartbeat(spool, None, uploader.trouble, 60.0).facts()
        assert facts["overdue"] == 1
        assert validator("edge_heartbeat_request.v1").is_valid(facts)
        clock.now += 600
        cloud.verdict = lambda sha256, body: {"state": "indexed"}
        uploader.ask()
        uploader.ask()
        assert confirmed() == 3
        assert states(spool) == {State.SENT}


def test_what_was_just_sent_is_asked_about_soon_and_never_later_because_more_is_sent(tmp_path, cloud):
    """A steady stream of uploads must not keep the agent from asking; an old straggler must not make it ask rarely."""
    clock = Clock()
    cloud.verdict = lambda sha256, body: {"state": "queued"}
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        clock.now += 100
        uploader.ask()
        assert uploader._ask_at_s == clock.now + ASK_SLOWEST_S
        for number in (2, 3, 4):
            keep(spool, image(number, series=f"1.2.3.4.{number}"))
        clock.now += 3
        due_s = clock.now + 0.5
        while packer.pack_next():
            send_next(spool, uploader)
            assert uploader._ask_at_s == due_s
            clock.now += 0.1


def test_a_second_confirmation_that_is_refused_for_good_parks(tmp_path, cloud):
    clock = Clock()
    cloud.verdict = lambda sha256, body: {"state": "queued"}
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        clock.now += 601
        cloud.refuse = lambda route, body: (400, {"code": "document_invalid"}) if route == "manifests" else None
        uploader.ask()
        assert states(spool) == {State.PARKED}


# -- who the agent is


@pytest.mark.req("EDGE-15")
@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ({"code": "key_revoked"}, "KeyRevoked", "no longer accepts"),
        ({"code": "key_unknown"}, "KeyUnknown", "does not know"),
        ({"code": "signature_wrong"}, "AgentRevoked", "signature_wrong"),
        ({"code": "clock_skewed", "now": "2001-01-01T00:00:00Z"}, "ClockSkewed", "clock is"),
    ],
)
def test_refused_identity_holds_everything_back_and_parks_nothing(tmp_path, cloud, answer, code, words):
    """It is the agent that is refused, not what it sends; all of it goes when the operator has helped."""
    clock = Clock()
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        cloud.refuse = lambda route, body: (401, answer)
        send_next(spool, uploader)
        assert states(spool) == {State.PACKED}
        assert uploader.trouble.error.code == code
        assert words in str(uploader.trouble.error)


@pytest.mark.req("EDGE-15")
def test_a_skewed_clock_is_told_in_seconds(tmp_path, cloud):
    clock = Clock()
    cloud.now = lambda: datetime.now(UTC) + timedelta(hours=1)
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        assert abs(uploader.trouble.error.details["skew_s"] + 3600) < 5


@pytest.mark.req("EDGE-15")
def test_an_expired_token_is_renewed_once_and_the_request_repeated(tmp_path, cloud):
    clock = Clock()
    expired = iter([(401, {"code": "token_expired"})])
    cloud.refuse = lambda route, body: next(expired, None) if route == "grants" else None
    with agent(tmp_path / "spool", cloud, clock) as (spool, packer, uploader):
        spooled(spool, clock, 1)
        packer.pack_next()
        send_next(spool, uploader)
        assert states(spool) == {State.UPLOADED}
    assert [route for route, _ in cloud.requests].count("tokens") == 2
