"""What an agent signs is what edge_api verifies, and nothing else passes."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from functions.core.signing import request as signing

PRIVATE = ec.generate_private_key(ec.SECP256R1())
NOW = datetime(2026, 11, 24, 6, 5, tzinfo=UTC)
NONCE = "abcdefghijKLMNOPQRSTUV0123"
REQUEST = ("POST", "/edge/v1/grants", b'{"objects":[]}')


def signed(**changes: str) -> str:
    fields = {"nonce": NONCE, "key": "K7", "token": "T" * 27} | changes
    return signing.sign(PRIVATE, *REQUEST, now=NOW, **fields)  # type: ignore[arg-type]


def test_the_canonical_form_is_the_one_written_down():
    """Both sides are deployed apart; a silent change of this form would lock every agent out."""
    assert signing.canonical("post", "/api/edge/v1/tokens?x=1", b"{}", "2026-11-24T06:05:00Z", NONCE, "K7", "") == (
        b"LB1\nPOST\n/edge/v1/tokens\n44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n"
        b"2026-11-24T06:05:00Z\n" + NONCE.encode() + b"\nK7\n"
    )


@pytest.mark.req("EDGE-15")
def test_a_signed_request_verifies():
    """The plain good case, header and back."""
    authorization = signing.parse(signed())
    assert (authorization.key, authorization.time, authorization.token) == ("K7", "2026-11-24T06:05:00Z", "T" * 27)
    signing.verify(PRIVATE.public_key(), authorization, *REQUEST)


@pytest.mark.req("EDGE-15")
@pytest.mark.parametrize(
    "altered",
    [
        {"method": "GET"},
        {"path": "/edge/v1/manifests"},
        {"body": b'{"objects":[1]}'},
        {"time": "2026-11-24T06:05:01Z"},
        {"nonce": NONCE[::-1]},
        {"key": "K8"},
        {"token": ""},
        {"signature": b"0" * 70},
    ],
    ids=lambda altered: next(iter(altered)),
)
def test_one_altered_field_is_refused(altered):
    """Each field is there because an attacker would gain by changing it."""
    method, path, body = REQUEST
    sent = {"method": method, "path": path, "body": body}
    authorization = signing.parse(signed())
    for name, value in altered.items():
        if name in sent:
            sent[name] = value
        else:
            authorization = dataclasses.replace(authorization, **{name: value})
    with pytest.raises(signing.SignatureWrong):
        signing.verify(PRIVATE.public_key(), authorization, **sent)


def test_another_key_does_not_verify():
    """A revoked or foreign agent cannot speak for this one."""
    with pytest.raises(signing.SignatureWrong):
        signing.verify(ec.generate_private_key(ec.SECP256R1()).public_key(), signing.parse(signed()), *REQUEST)


@pytest.mark.parametrize("header", [None, "", "Bearer abc", 'LightboxX key="a"'])
def test_no_authorization_is_told_apart_from_a_bad_one(header):
    """The agent's operator needs to know which of the two happened."""
    with pytest.raises(signing.AuthorizationMissing):
        signing.parse(header)


@pytest.mark.parametrize(
    "change",
    [
        lambda h: h.replace('key="K7", ', ""),
        lambda h: h + ', key="K8"',
        lambda h: h + ', extra="1"',
        lambda h: h.replace('key="K7"', "key=K7"),
        lambda h: h.replace("T06:05:00Z", " 06:05"),
        lambda h: h.replace("2026-11-24", "2026-13-24"),
        lambda h: h.replace(NONCE, "short"),
        lambda h: h.replace('signature="', 'signature="*'),
        lambda h: h[: len(h) // 2],
        lambda h: h + " " * 2000,
    ],
)
def test_a_malformed_header_is_refused_before_any_cryptography(change):
    """Parsing is the part that strangers reach."""
    with pytest.raises(signing.AuthorizationMalformed):
        signing.parse(change(signed()))


def test_every_shorter_header_is_refused():
    """A cut connection must not look like a shorter, valid request."""
    whole = signed()
    for length in range(len(whole)):
        with pytest.raises(signing.RequestRefused):
            signing.parse(whole[:length])


@pytest.mark.parametrize(("off_s", "good"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_clock_may_be_five_minutes_off_and_no_more(off_s, good):
    """A recorded request must grow stale; a hospital's clock may drift a little."""
    authorization = signing.parse(signed())
    now = NOW + timedelta(seconds=off_s)
    if good:
        signing.check_clock(authorization, now)
    else:
        with pytest.raises(signing.ClockSkewed):
            signing.check_clock(authorization, now)


def test_a_field_that_could_not_be_parsed_back_is_never_signed():
    """Otherwise the agent would send requests that can only fail."""
    with pytest.raises(ValueError, match="nonce"):
        signed(nonce="with space and more of it")
