"""Pixels and films open only with a signature that is ours, unaltered, in time and for that very folder [SEC-04]."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from iac.aws.secrets import new_secrets
from tests.security.gateway_cases import KEY_ID, OBJECT, ORIGIN, OTHER_SERIES, SERIES, Behind, as_header, cookies_for, gateway

pytestmark = pytest.mark.req("SEC-04")


def altered(cookies: dict[str, str], name: str, value: str) -> dict[str, str]:
    return {**cookies, name: value}


def widened() -> dict[str, str]:
    """The policy of one series, rewritten by its holder to cover the whole bucket; the signature stays."""
    policy = {"Statement": [{"Resource": f"{ORIGIN}/pixels/*", "Condition": {"DateLessThan": {"AWS:EpochTime": 4_000_000_000}}}]}
    text = base64.b64encode(json.dumps(policy).encode()).translate(bytes.maketrans(b"+=/", b"-_~")).decode()
    return altered(cookies_for(), "CloudFront-Policy", text)


def flipped() -> dict[str, str]:
    cookies = cookies_for()
    signature = cookies["CloudFront-Signature"]
    return altered(cookies, "CloudFront-Signature", ("B" if signature[0] == "A" else "A") + signature[1:])


ATTACKS = {
    "unsigned": {},
    "expired": cookies_for(expires_in_s=-1),
    "expires this second": cookies_for(expires_in_s=0),
    "another series": cookies_for(OTHER_SERIES),
    "another hospital": cookies_for(SERIES.replace("renhe", "other")),
    "another site": cookies_for(origin="https://evil.example"),
    "plain http": cookies_for(origin=ORIGIN.replace("https", "http")),
    "bit flipped in the signature": flipped(),
    "policy rewritten": widened(),
    "signed by a stranger": cookies_for(key=new_secrets(KEY_ID)["signing_key"].encode()),
    "unknown key id": altered(cookies_for(), "CloudFront-Key-Pair-Id", "KOTHER"),
    "no signature": {name: value for name, value in cookies_for().items() if not name.endswith("Signature")},
    "empty policy": altered(cookies_for(), "CloudFront-Policy", ""),
    "not base64": altered(cookies_for(), "CloudFront-Policy", "!!!"),
    "only a session": {"__Host-lightbox": "x" * 27},
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_not_signed_for_this_folder_now_gets_403_and_storage_is_not_even_asked(name: str, tmp_path: Path) -> None:
    """A copied address, a kept cookie and a rewritten policy are all the same: nothing."""
    behind = Behind()
    answer = gateway(tmp_path, behind).get(OBJECT, headers=as_header(ATTACKS[name]))
    assert answer.status_code == 403
    assert behind.requests == []


def test_the_right_cookies_open_the_series(tmp_path: Path) -> None:
    """Without this, refusing everything would pass."""
    behind = Behind()
    answer = gateway(tmp_path, behind).get(OBJECT, headers=as_header(cookies_for()))
    assert (answer.status_code, answer.content) == (200, b"pixels")
    assert str(behind.requests[0].url) == f"http://storage.behind/bucket-pixels{OBJECT}"


DETOURS = [
    SERIES + "../" + "b" * 32 + "/x.low",
    SERIES + "..%2F" + "b" * 32 + "/x.low",
    SERIES + "%2e%2e/" + "b" * 32 + "/x.low",
    SERIES + "..%252F" + "b" * 32 + "/x.low",
    SERIES + "..\\" + "b" * 32 + "\\x.low",
    OTHER_SERIES + "x.low",
    "/pixels/" + OBJECT,
    OBJECT.replace("/pixels/", "/pixels//"),
    OBJECT.replace("/pixels/", "/derived/"),
]


@pytest.mark.parametrize("path", DETOURS)
def test_no_detour_leads_from_one_series_to_another(path: str, tmp_path: Path) -> None:
    """The policy names a folder; a path that means another one after decoding must not pass as that folder's."""
    behind = Behind()
    answer = gateway(tmp_path, behind).get(path, headers=as_header(cookies_for()))
    assert answer.status_code in (403, 404)
    assert all("b" * 32 not in str(request.url) and "derived" not in str(request.url) for request in behind.requests)


def test_a_signed_address_opens_the_same_without_cookies(tmp_path: Path) -> None:
    """The form for embedding: the same three values, in the query."""
    cookies = cookies_for()
    query = {name.removeprefix("CloudFront-"): value for name, value in cookies.items()}
    client = gateway(tmp_path, Behind())
    assert client.get(OBJECT, params=query).status_code == 200
    assert client.get(OBJECT, params={**query, "Signature": "A" + query["Signature"][1:]}).status_code == 403


def test_a_bad_signature_in_the_address_is_not_saved_by_good_cookies(tmp_path: Path) -> None:
    """One set of credentials is checked, never parts of two."""
    answer = gateway(tmp_path, Behind()).get(
        OBJECT, params={"Policy": "x", "Signature": "y", "Key-Pair-Id": KEY_ID}, headers=as_header(cookies_for())
    )
    assert answer.status_code == 403


def test_session_and_signature_stay_at_the_gateway(tmp_path: Path) -> None:
    """Storage learns neither who looks nor with what; its logs could be read by others."""
    behind = Behind()
    cookies = {**cookies_for(), "__Host-lightbox": "session-token"}
    gateway(tmp_path, behind).get(OBJECT, headers={**as_header(cookies), "range": "bytes=0-5", "x-forwarded-for": "10.0.0.1"})
    asked = behind.requests[0].headers
    assert asked["range"] == "bytes=0-5"
    assert "cookie" not in asked
    assert "x-forwarded-for" not in asked
    assert "session-token" not in str(asked)


def test_refusals_are_logged_with_their_reason_and_without_query_or_cookie(tmp_path: Path) -> None:
    """An attack is seen; what the log holds opens nothing."""
    client = gateway(tmp_path, Behind())
    client.get(OBJECT, params={"Policy": "secret-policy", "Signature": "s", "Key-Pair-Id": KEY_ID})
    client.get(OBJECT, headers=as_header(cookies_for(expires_in_s=-1)))
    text = (tmp_path / "access.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["status"] for line in lines] == [403, 403]
    assert lines[1]["refused"] == "expired"
    assert "secret-policy" not in text
    assert cookies_for()["CloudFront-Signature"][:20] not in text
